"""A short round with the suite, the same every time; a long one where VELORY_HOSTILE says about how many inputs."""

import os
import sys
from contextlib import contextmanager

from django.db import transaction
from hypothesis import HealthCheck, Phase, settings

INPUTS = int(os.environ.get("VELORY_HOSTILE", 0))


def rounds(examples):
    """Hypothesis, without files of its own."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=not INPUTS,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink] if INPUTS else [Phase.generate],
    )


@contextmanager
def taken_back():
    """Whatever happens to the database in the block has not happened afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def foreign_keys(world):
    """Keys of another company's rows, in every form in which ours send keys."""
    keys = [world.globex_employee.pk, world.globex_shelf.pk, world.globex_payor.pk, world.globex_laptop.pk]
    return [*map(str, keys), f"user-{keys[0]}", f"space-{keys[1]}"]


def tell(capsys, text):
    """Whoever runs the long round reads what there was."""
    if INPUTS:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}\n")
