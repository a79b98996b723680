"""Which devices have stood longer in their status than nine of ten did at the same company."""

from collections.abc import Iterable
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import models
from django.utils.functional import cached_property
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from accounts import clock
from accounts.models import Company

from .models import Device
from .signals import paces_wanted

# The statuses that a device passes through. How long one is in use says nothing of anybody's pace.
PASSED = (Device.Status.NEEDS_REPAIR, Device.Status.IN_REPAIR)


class Paces:
    """What the company's own history says, for a table of these statuses."""

    def __init__(self, company_id: int, statuses: Iterable[str]) -> None:
        self._company_id, self._now = company_id, clock.now()
        self._statuses = [status for status in PASSED if status in statuses]

    @cached_property
    def columns(self) -> dict[str, models.expressions.RawSQL]:
        """By name, an expression for each of the statuses: how many seconds nine of ten stood in it at most; null where
        too little is known. They name no column of what they stand beside, so that a table's rows bring them along at
        the cost of one look, and the page needs no statement for them."""
        if not self._statuses:
            return {}
        answers: list[tuple[Any, Any]] = paces_wanted.send(sender=Device, company_id=self._company_id)
        told = {status: longest for _receiver, answer in answers for status, longest in answer.items()}
        return {_column(status): told[status] for status in self._statuses if status in told}

    def slow_among(self, rows: Iterable[Any]) -> dict[int, str]:
        """By its key, of each of these rows (with `columns`) that belongs to the slowest tenth, in words what it is
        slower than."""
        words: dict[str, str] = {}
        slow = {}
        for row in rows:
            longest = _time(getattr(row, _column(row.status), None))
            if longest is not None and self._now - row.status_since > longest:
                if row.status not in words:
                    words[row.status] = self._in_words(longest)
                slow[row.id] = words[row.status]
        return slow

    def _in_words(self, longest: timedelta) -> str:
        longest_shown = timesince(self._now - longest, self._now, depth=1)
        return _("Longer than 9 of 10 at your company (%(duration)s)") % {"duration": longest_shown}

    # For the filter, which has to know before any row is read

    @cached_property
    def _longest(self) -> dict[str, timedelta]:
        """Without the statuses of which too little is known. One statement."""
        if not self.columns:
            return {}
        found = Company.objects.filter(pk=self._company_id).annotate(**self.columns).values(*self.columns).get()
        times = {status: _time(found[_column(status)]) for status in self._statuses}
        return {status: longest for status, longest in times.items() if longest is not None}

    @property
    def are_known(self) -> bool:
        """Whether the history says enough of any status."""
        return bool(self._longest)

    @property
    def slow(self) -> models.Q:
        """The devices of the slowest tenth; none where too little is known."""
        ways = [
            models.Q(status=status, status_since__lt=self._now - longest) for status, longest in self._longest.items()
        ]
        return reduce(or_, ways, models.Q(pk=None))


def _column(status: str) -> str:
    return f"longest_{status}"


def _time(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=float(seconds))
