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

from .models import Device
from .signals import paces_wanted

# The statuses that a device passes through. How long one is in use says nothing of anybody's pace.
PASSED = (Device.Status.NEEDS_REPAIR, Device.Status.IN_REPAIR)


class Paces:
    """The company's own history, asked for once, and only where there is something to hold against it."""

    def __init__(self, company_id: int) -> None:
        self.company_id, self._now = company_id, clock.now()

    @cached_property
    def _longest(self) -> dict[str, timedelta]:
        """How long nine of ten stood in a status at most, by the status; without those of which too little is known."""
        answers: list[tuple[Any, Any]] = paces_wanted.send(sender=Device, company_id=self.company_id)
        return {status: longest for _receiver, answer in answers for status, longest in answer.items()}

    @property
    def are_known(self) -> bool:
        """Whether the history says enough of any status."""
        return bool(self._longest)

    def slow_among(self, rows: Iterable[Any]) -> dict[int, str]:
        """By its key, of each of these devices that belongs to the slowest tenth, in words what it is slower than."""
        passing = [row for row in rows if row.status in PASSED]
        if not passing:
            return {}
        words = {
            status: _("Longer than 9 of 10 at your company (%(duration)s)")
            % {"duration": timesince(self._now - longest, self._now, depth=1)}
            for status, longest in self._longest.items()
        }
        return {
            row.id: words[row.status]
            for row in passing
            if row.status in words and self._now - row.status_since > self._longest[row.status]
        }

    @property
    def slow(self) -> models.Q:
        """The devices of the slowest tenth; none where too little is known."""
        ways = [
            models.Q(status=status, status_since__lt=self._now - longest) for status, longest in self._longest.items()
        ]
        return reduce(or_, ways, models.Q(pk=None))
