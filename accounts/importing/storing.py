"""All or nothing, or the good rows by choice."""

from collections.abc import Callable, Sequence
from typing import Protocol

from django.db import transaction

from .report import Remark


class Planned(Protocol):
    """A row that has been planned: with problems it is refused."""

    problems: list[Remark]


def carry_out(rows: Sequence[Planned], store: Callable[[], None], *, dry_run: bool, skip_bad: bool) -> bool:
    """Store, unless rows are refused and may not be skipped; a dry run stores too, and takes it back. Belongs inside
    the `atomic()` in which the plan was made. Returns whether the import is accepted: a refused one leaves nothing."""
    if accepted := _acceptable(rows, skip_bad):
        store()  # may refuse more
        accepted = _acceptable(rows, skip_bad)
    if dry_run or not accepted:
        transaction.set_rollback(True)
    return accepted


def _acceptable(rows: Sequence[Planned], skip_bad: bool) -> bool:
    bad = sum(bool(row.problems) for row in rows)
    return not bad or (skip_bad and bad < len(rows))
