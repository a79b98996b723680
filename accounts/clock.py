"""One clock for moves, events and deadlines, so that a history can be played and a test can stand at any time."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.utils import timezone

_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


def now() -> datetime:
    """The time that Velory goes by: an aware datetime in UTC."""
    return _moment.get() or timezone.now()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Within the block, `now()` is `moment` (an aware datetime). It does not run on by itself."""
    token = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(token)
