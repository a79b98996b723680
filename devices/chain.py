"""The logs of devices, walked (accounts/chain.py): all of a company, or one as its page shows it."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from django.db.models import F, QuerySet

from accounts.chain import CHUNK, Chain, Fault, with_plates
from accounts.models import Company

from .models import Device, Event, Nameplate


class ByDevice:
    """Rows in the order of their devices, handed out device by device."""

    def __init__(self, rows: Iterable) -> None:
        self._groups = groupby(rows, key=lambda row: row.device_id)
        self._next = next(self._groups, None)

    def of(self, device: Device) -> Iterator:
        """The rows of this device. Ask for devices in ascending order, and use up one's rows before the next."""
        while self._next is not None and self._next[0] < device.pk:
            self._next = next(self._groups, None)  # rows of another company's device, which check_register reports
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
        logs = ByDevice(with_plates(self._counted(events), Nameplate, self.company.pk))
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
    return with_plates(lines.iterator(chunk_size=CHUNK), Nameplate, device.company_id)


def first_fault(device: Device) -> Fault | None:
    """The first broken line of this device's log as it stands now, or None: it is intact."""
    return next(_faults(device), None)


def _faults(device: Device) -> Iterator[Fault]:
    walk, head = Chain(device.uuid.hex), (device.log_sequence, device.log_digest)
    for event in lines_with_head(device):
        head = event.head_sequence, event.head_digest  # type: ignore[attr-defined]
        yield from walk.follow(event)
    yield from walk.end(*head)
