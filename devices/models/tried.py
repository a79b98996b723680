"""How moves end, told to whoever counts them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied

from devices import signals

from .changing import MoveRefused


@contextmanager
def tried(verb: str) -> Iterator[None]:
    """Within the block a move is tried. How it ended goes out as `move_tried`; what was raised goes on."""
    outcome = "failed"
    try:
        yield
        outcome = "done"
    except MoveRefused:
        outcome = "refused"
        raise
    except PermissionDenied:
        outcome = "forbidden"
        raise
    finally:
        signals.move_tried.send(sender=None, verb=verb, outcome=outcome)
