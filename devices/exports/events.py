"""The event logs of a company's devices as a sheet: a row for each line, in the order in which they were recorded."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from accounts import clock
from accounts.keyset import Order
from accounts.models import Company
from devices.models import Event

from .sheet import Row, Sheet, among, in_chunks

HEADINGS = [
    "Recorded at",
    "Occurred at",
    "Device",
    "Serial number",
    "Asset tag",
    "Who",
    "Event",
    "Line",
    "Digest",
    "Velory ID",
]

# Before any line.
FIRST_DAY = date(1970, 1, 1)


def events_sheet(company: Company, since: date | None, until: date | None) -> Sheet:
    """The lines that were recorded from the beginning of one day to the end of another, all without these. They say
    what the log says: names as they were then, and of who was erased, that."""
    lines = Event.objects.filter(company=company)
    # The first and the last days of the calendar have no midnight in every time zone; and no line is of these.
    if since:
        lines = lines.filter(recorded_at__gte=_begin(max(since, FIRST_DAY)))
    if until:
        last = min(until, timezone.localdate(clock.now()))
        lines = lines.filter(recorded_at__lt=_begin(max(last, FIRST_DAY) + timedelta(days=1)))

    def read(keys: Sequence[int]) -> dict[int, Row]:
        found = Event.objects.filter(company=company, pk__in=among(keys)).select_related("device").order_by()
        return {event.pk: _cells(event) for event in found.with_names()}

    return Sheet("events", "Event logs", HEADINGS, in_chunks(company.pk, lines, Order(("pk",)), read))


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _cells(event: Event) -> Row:
    device = event.device
    return [
        event.recorded_at,
        event.occurred_at,
        device.name,
        device.serial_number,
        device.asset_tag,
        event.plates[event.actor_id].shown,
        event.sentence,
        event.sequence,
        event.digest,
        device.uuid,
    ]
