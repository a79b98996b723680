"""Which devices have stood longer in their status than nine of ten did at the same company."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import lru_cache, reduce
from operator import or_
from typing import Any, NamedTuple

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


# Seconds for which a process goes by what it has read: half an hour more or less makes no device slow.
KEPT = 300


@lru_cache(maxsize=1000)
def longest_of(company_id: int, period: int) -> Mapping[str, timedelta]:
    """How long nine of ten stood in each status at most, without those of which too little is known. One statement in
    each period of `KEPT` seconds, as often as a table is opened."""
    answers: list[tuple[Any, Any]] = paces_wanted.send(sender=Device, company_id=company_id)
    told = {status: longest for _receiver, answer in answers for status, longest in answer.items()}
    if not told:
        return {}
    found = Company.objects.filter(pk=company_id).values_list(*told.values()).get()
    return {
        status: timedelta(seconds=longest) for status, longest in zip(told, found, strict=True) if longest is not None
    }


class Slow(NamedTuple):
    """The keys of rows of the slowest tenth, and in words what they are slower than, by status."""

    keys: frozenset[int]
    words: list[str]


class Paces:
    """What the company's own history says, for a table of these statuses."""

    def __init__(self, company_id: int, statuses: Iterable[str]) -> None:
        self._company_id, self._now = company_id, clock.now()
        self.statuses = [status for status in PASSED if status in statuses]

    @cached_property
    def _longest(self) -> dict[str, timedelta]:
        if not self.statuses:
            return {}
        found = longest_of(self._company_id, int(self._now.timestamp() // KEPT))
        return {status: found[status] for status in self.statuses if status in found}

    @property
    def are_known(self) -> bool:
        """Whether the history says enough of any status."""
        return bool(self._longest)

    def slow_among(self, rows: Iterable[Any]) -> Slow:
        """Those of these rows that belong to the slowest tenth."""
        slow = [row for row in rows if self._now - row.status_since > self._longest.get(row.status, timedelta.max)]
        words = [self._in_words(status) for status in dict.fromkeys(row.status for row in slow)]
        return Slow(frozenset(row.id for row in slow), words)

    def _in_words(self, status: str) -> str:
        duration = timesince(self._now - self._longest[status], self._now, depth=1)
        return _("%(status)s: longer than 9 of 10 at your company (%(duration)s)") % {
            "status": Device.Status(status).label,
            "duration": duration,
        }

    @property
    def slow(self) -> models.Q:
        """The devices of the slowest tenth; none where too little is known."""
        ways = [
            models.Q(status=status, status_since__lt=self._now - longest) for status, longest in self._longest.items()
        ]
        return reduce(or_, ways, models.Q(pk=None))
