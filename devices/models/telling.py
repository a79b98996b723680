"""Lines in the logs of many devices at once, of what happened to them earlier."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from accounts import clock
from accounts.models import User

from .device import Device
from .event import Event, Line, lines_of_many


def locked_in_order(company_id: int, keys: Iterable[int]) -> dict[int, Device]:
    """These devices of a company by key, their rows locked until the transaction ends. On SQLite the IMMEDIATE
    transaction is the lock."""
    rows = Device.objects.filter(company_id=company_id, pk__in=set(keys)).order_by("pk")
    return {device.pk: device for device in rows.select_for_update(no_key=True)}


def tell(told: Mapping[int, Sequence[tuple[str, datetime]]], devices: Mapping[int, Device], *, by: User) -> None:
    """Append to each device's log, by its key, lines of these kinds with the moments at which it happened. They are
    recorded now. Nothing else changes. The devices come from `locked_in_order`."""
    logs = [
        (devices[key], [Line(kind, by, occurred_at, {}, "") for kind, occurred_at in lines])
        for key, lines in told.items()
    ]
    if logs:
        Event.objects.bulk_create(lines_of_many(logs, clock.now()))
        Device.objects.bulk_update([device for device, _lines in logs], ["log_sequence", "log_digest"])
