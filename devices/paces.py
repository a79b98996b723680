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
    def _told(self) -> dict[str, models.Expression]:
        """By status, what says how many seconds nine of ten stood in it at most; null where too little is known."""
        if not self._statuses:
            return {}
        answers: list[tuple[Any, Any]] = paces_wanted.send(sender=Device, company_id=self._company_id)
        told = {status: longest for _receiver, answer in answers for status, longest in answer.items()}
        return {status: told[status] for status in self._statuses if status in told}

    def __bool__(self) -> bool:
        """Whether a device of these statuses can be slow at all."""
        return bool(self._told)

    @property
    def longest(self) -> models.Expression:
        """The same for the status that a row has, as a column: the rows bring it along, and the page needs no statement
        for it. What it asks names nothing of the row, so a database asks it once, and not where no row wants it."""
        ways = [models.When(status=status, then=longest) for status, longest in self._told.items()]
        return models.Case(*ways, output_field=models.FloatField())

    def slow_among(self, rows: Iterable[Any]) -> dict[int, str]:
        """By its key, of each of these rows (with their `longest`) that belongs to the slowest tenth, in words what it
        is slower than."""
        words: dict[str, str] = {}
        slow = {}
        for row in rows:
            if row.longest is None:
                continue
            longest = timedelta(seconds=row.longest)
            if self._now - row.status_since > longest:
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
        if not self:
            return {}
        found = Company.objects.filter(pk=self._company_id).values_list(*self._told.values()).get()
        known = zip(self._told, found, strict=True)
        return {status: timedelta(seconds=longest) for status, longest in known if longest is not None}

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
