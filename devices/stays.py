"""How long a device has stood in each status, as its event log tells it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts import clock

from .models import Device
from .models.status import Status

# The status that a line begins. Only `assigned_repaired` may find the device in it already: it says that the repair is
# over where no other line does.
BEGINS = {
    "registered": Status.ACTIVE,
    "imported": Status.ACTIVE,
    "imported_needs_repair": Status.NEEDS_REPAIR,
    "imported_in_repair": Status.IN_REPAIR,
    "reported": Status.NEEDS_REPAIR,
    "not_in_repair": Status.ACTIVE,
    "taken_in": Status.IN_REPAIR,
    "assigned_repaired": Status.ACTIVE,
    "removed": Status.RECYCLED,
    "restored": Status.ACTIVE,
}


@dataclass(frozen=True)
class Stay:
    """One stay in a status; `until` is None for the one that lasts."""

    status: Status
    since: datetime
    until: datetime | None

    @property
    def took(self) -> timedelta:
        return (self.until or clock.now()) - self.since


@dataclass(frozen=True)
class Time:
    """All that a device has spent in a status: how many stays, how long together, and the latest of them."""

    stays: list[Stay]

    @property
    def latest(self) -> Stay:
        return self.stays[-1]

    @property
    def began(self) -> datetime:
        """As if it had all been one stay that ends now: what a page needs to say how long that is."""
        return clock.now() - sum((stay.took for stay in self.stays), timedelta())


def stays_of(device: Device) -> list[Stay]:
    """From the first on. The last began when the device says so, as the tables do."""
    lines = device.events.filter(kind__in=BEGINS).order_by("sequence")
    began = [
        (BEGINS[kind], _began(occurred_at, since))
        for kind, occurred_at, since in lines.values_list("kind", "occurred_at", "details__since")
    ]
    changes = [one for n, one in enumerate(began) if n == 0 or one[0] != began[n - 1][0]]
    if changes:
        changes[-1] = (changes[-1][0], device.status_since)
    return list(_between(changes))


def _began(occurred_at: datetime, since: Any) -> datetime:
    """The line of an import is of its day, and may know since when the device had been in the status. What cannot be
    read, where somebody has tampered with it, is for the log's proof to name."""
    try:
        began = datetime.fromisoformat(since)
    except (TypeError, ValueError):
        return occurred_at
    return began if began.tzinfo is not None else occurred_at


def _between(changes: list[tuple[Status, datetime]]) -> Iterator[Stay]:
    ends = [*(moment for _status, moment in changes[1:]), None]
    for (status, since), until in zip(changes, ends, strict=False):  # no line, no stay
        yield Stay(status, since, until)


def times_of(device: Device) -> list[Time]:
    """By the status, in which the device is now first, then the one before, and so on."""
    by_status: dict[Status, list[Stay]] = {}
    for stay in stays_of(device):
        by_status.setdefault(stay.status, []).append(stay)
    return sorted(map(Time, by_status.values()), key=lambda time: time.latest.since, reverse=True)
