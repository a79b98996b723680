"""Lines that somebody writes into the log themselves: what happened earlier, and what a line got wrong."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts import clock
from accounts.models import User
from accounts.models.closable import require_admin

from .changing import Changing
from .event import Event

LONGEST_TEXT = 1000
# Nothing that Velory keeps happened before; the year 1 in some time zones is no date at all.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


class Correcting(Changing):
    """Late entries and corrections. Nothing is rewritten: each is a new line, recorded now.

    They are open for archived devices too: the log goes on telling of them.
    """

    if TYPE_CHECKING:  # what Device brings along
        company_id: int

    class Meta:
        abstract = True

    def add_late_entry(self, text: str, occurred_at: datetime, *, by: User) -> Self:
        """Tell of what happened at an earlier moment. Returns the fresh device. Raises ValidationError for a moment
        that is not past, PermissionDenied for anybody but an admin."""
        if not EARLIEST <= occurred_at <= clock.now():
            raise ValidationError({"occurred_at": _("Choose a moment in the past, from 1990 on.")})
        with self.changing(by=by) as device:
            require_admin(by, device.company_id)
            device.record("late_entry", by=by, occurred_at=occurred_at, text=text)
        return device

    def correct_line(self, line: int, text: str, *, by: User) -> Self:
        """Say what is wrong with the line of this number. Returns the fresh device. Raises Event.DoesNotExist where
        there is no such line, PermissionDenied for anybody but an admin."""
        with self.changing(by=by) as device:
            require_admin(by, device.company_id)
            if not 1 <= line <= device.log_sequence:
                raise Event.DoesNotExist
            device.record("correction", by=by, line=line, text=text)
        return device


def mark_corrected(events: Iterable[Event]) -> None:
    """Set on each of these lines, of one device, which lines have corrected it: `corrected_by`. One query."""
    by_number = {event.sequence: event for event in events}
    for event in by_number.values():
        event.corrected_by = []
    device = next(iter(by_number.values())).device_id if by_number else None
    found = Event.objects.filter(device=device, kind="correction", details__line__in=list(by_number))
    for line, sequence in found.order_by("sequence").values_list("details__line", "sequence"):
        by_number[line].corrected_by.append(sequence)
