"""Does a log prove itself? Each line beside the one before, the head that the device keeps, and the names on it.

Lines are read as a stream and forgotten again, so memory does not grow with the log. docs/event-log.md describes the
chain for those who check it without Velory.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Company

from .exports import batched
from .models import Device, Event, Nameplate

CHUNK = 1000

WORDS = {
    "missing": _("line %(line)d of the log is missing"),
    "does not follow": _("line %(line)d of the log does not follow the one before"),
    "changed": _("line %(line)d of the log has been changed"),
    "no plate": _("line %(line)d of the log names a plate that is not there"),
    "another name": _("line %(line)d of the log holds a name that is not the one that was sealed"),
    "tail": _("the log ends with line %(line)d, the device says %(head)d"),
    "another head": _("line %(line)d, the last of the log, is not the one that the device holds"),
}


class Fault(NamedTuple):
    """What is wrong with a line: its number, a key of `WORDS`, and the number that the device keeps as its last."""

    line: int
    kind: str
    head: int = 0

    def __str__(self) -> str:
        return str(WORDS[self.kind]) % self._asdict()


class Chain:
    """The walk along one log: `follow` each line from the first on, then `end` it at the head."""

    def __init__(self, device_uuid: str) -> None:
        self.device_uuid = device_uuid
        self.sequence, self.digest = 0, ""

    def follow(self, event: Event) -> Iterator[Fault]:
        """What is wrong with the next line. It comes from `with_plates`."""
        if event.sequence != self.sequence + 1:
            yield Fault(self.sequence + 1, "missing")
        elif event.previous != self.digest:
            yield Fault(event.sequence, "does not follow")
        if event.digest != event.compute_digest(self.device_uuid):
            yield Fault(event.sequence, "changed")
        plates = [event.plates.get(key) for key in (event.actor_id, *sorted(event.plate_ids))]
        if None in plates:
            yield Fault(event.sequence, "no plate")
        if not all(plate.is_whole for plate in plates if plate is not None):
            yield Fault(event.sequence, "another name")
        self.sequence, self.digest = event.sequence, event.digest

    def end(self, sequence: int, digest: str) -> Iterator[Fault]:
        """What is wrong with the end: `sequence` and `digest` are the head that stands on the device, whose log begins
        when it is registered."""
        if self.sequence == sequence == 0:
            yield Fault(1, "missing")
        elif self.sequence != sequence:
            yield Fault(self.sequence, "tail", sequence)
        elif self.digest != digest:
            yield Fault(self.sequence, "another head")


def with_plates(events: Iterable[Event], company_id: int) -> Iterator[Event]:
    """The events, each with the plates that it names: one query for a thousand lines."""
    for some in batched(events, CHUNK):
        keys = {key for event in some for key in (event.actor_id, *event.plate_ids)}
        plates = Nameplate.objects.filter(company_id=company_id).in_bulk(keys)
        for event in some:
            event.plates = plates
            yield event


class ByDevice:
    """Rows in the order of their devices, handed out device by device."""

    def __init__(self, rows: Iterable) -> None:
        self._groups = groupby(rows, key=lambda row: row.device_id)
        self._next = next(self._groups, None)

    def of(self, device: Device) -> Iterator:
        """The rows of this device. Ask for devices in ascending order, and use up one's rows before the next."""
        while self._next is not None and self._next[0] < device.pk:
            self._next = next(self._groups, None)  # rows of another company's device: `declared` tells
        if self._next is None or self._next[0] != device.pk:
            return
        yield from self._next[1]
        self._next = next(self._groups, None)


class Walk:
    """All logs of a company, within one snapshot. `devices` and `lines` count what was read."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.devices = self.lines = 0

    def first_faults(self) -> Iterator[tuple[Device, Fault]]:
        """Each device whose log is broken, with the first broken line."""
        events = Event.objects.filter(company=self.company).order_by("device_id", "sequence")
        logs = ByDevice(with_plates(self._counted(events), self.company.pk))
        devices = Device.objects.filter(company=self.company).order_by("pk")
        for device in devices.iterator(chunk_size=CHUNK):
            self.devices += 1
            walk = Chain(device.uuid.hex)
            faults: list[Fault] = []
            for event in logs.of(device):
                faults += [] if faults else walk.follow(event)
            faults += [] if faults else walk.end(device.log_sequence, device.log_digest)
            if faults:
                yield device, faults[0]

    def _counted(self, events: QuerySet[Event]) -> Iterator[Event]:
        for event in events.iterator(chunk_size=CHUNK):
            self.lines += 1
            yield event


def lines_with_head(device: Device) -> Iterator[Event]:
    """A device's lines from the first on, each with its plates and with the head of the device as `head_sequence` and
    `head_digest`. One statement reads both, so whoever writes a line meanwhile does not break what is read."""
    lines = Event.objects.filter(device=device, company_id=device.company_id).order_by("sequence")
    lines = lines.annotate(head_sequence=F("device__log_sequence"), head_digest=F("device__log_digest"))
    return with_plates(lines.iterator(chunk_size=CHUNK), device.company_id)


def first_fault(device: Device) -> Fault | None:
    """The first broken line of this device's log as it stands now, or None: it is intact."""
    return next(_faults(device), None)


def _faults(device: Device) -> Iterator[Fault]:
    walk, head = Chain(device.uuid.hex), (device.log_sequence, device.log_digest)
    for event in lines_with_head(device):
        head = event.head_sequence, event.head_digest  # type: ignore[attr-defined]
        yield from walk.follow(event)
    yield from walk.end(*head)
