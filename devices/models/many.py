"""Many devices of a company changed at once, in about as few statements as one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from accounts import clock
from accounts.models import Company, Payor, Space, User

from .changing import HOLDERS_AND_PAYORS
from .device import Device
from .event import Event, lines_of_many


def locked_in_order(company_id: int, keys: Iterable[int]) -> dict[int, Device]:
    """These devices of a company by key, their rows locked until the transaction ends. On SQLite the IMMEDIATE
    transaction is the lock."""
    rows = Device.objects.filter(company_id=company_id, pk__in=set(keys)).order_by("pk")
    return {device.pk: device for device in rows.select_for_update(no_key=True)}


Given = tuple[User | Space, Payor]


def holders_and_payors(company: Company, wanted: Iterable[Given]) -> dict[Given, Given]:
    """Who is to get devices of a company and who is to pay for them, as they are now: read anew and locked, so that
    nobody closes or renames them between this look and the commit. Raises ValidationError where one of them can't be
    chosen any more."""
    wanted = set(wanted)
    people = _held({to.pk for to, _payor in wanted if isinstance(to, User)}, User, company, is_active=True)
    spaces = _held({to.pk for to, _payor in wanted if isinstance(to, Space)}, Space, company, closed_at=None)
    payors = {payor: payor.pinned() for payor in sorted({payor for _to, payor in wanted}, key=lambda payor: payor.pk)}
    now: dict[Given, Given] = {}
    for to, payor in wanted:
        holder = (people if isinstance(to, User) else spaces).get(to.pk)
        pays = payors[payor]
        if holder is None or pays is None or pays.company_id != company.pk or not pays.is_open:
            raise ValidationError(_("Somebody or something can't be chosen any more."))
        if pays.is_employee and isinstance(to, Space):
            raise ValidationError(_("Employee pays only for what a person holds. Choose another payor."))
        now[to, payor] = holder, pays
    return now


def _held(keys: set[int], model: type[models.Model], company: Company, **wanted: Any) -> dict[int, Any]:
    """Those of these rows that are there and as wanted, locked in order."""
    rows = model._default_manager.filter(company=company, pk__in=keys, **wanted).order_by("pk")
    return {row.pk: row for row in rows.select_for_update(no_key=True)}


@contextmanager
def kept_together(devices: Sequence[Device], *, by: User) -> Iterator[None]:
    """`Changing.kept` for several devices, which come from `locked_in_order`: at the end write the lines and save
    what changed, of all at once."""
    before = [device.begin_to_keep(by=by) for device in devices]
    prefetch_related_objects(devices, *HOLDERS_AND_PAYORS)
    yield
    for device, values in zip(devices, before, strict=True):
        device.refresh_keys_if_changed(values)
    if logs := [(device, device.lines) for device in devices if device.lines]:
        Event.objects.bulk_create(lines_of_many(logs, clock.now()))
    to_save: dict[tuple[str, ...], list[Device]] = defaultdict(list)
    for device, values in zip(devices, before, strict=True):
        to_save[tuple(device.changed_since(values))].append(device)
    for columns, same in to_save.items():
        if columns:
            _save(same, columns)


def _save(devices: Sequence[Device], columns: Sequence[str]) -> None:
    """By hand: to write one statement for a hundred rows, as `bulk_update` does, takes Django longer than to store
    them. The databases take one statement for many rows without a round trip for each."""
    fields = [Device._meta.get_field(column) for column in columns]
    quote = connection.ops.quote_name
    values = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)  # type: ignore[union-attr]
    sql = f"UPDATE {quote(Device._meta.db_table)} SET {values} WHERE company_id = %s AND id = %s"
    with connection.cursor() as cursor:
        cursor.executemany(sql, [[*_as_stored(device, fields), device.company_id, device.pk] for device in devices])


def _as_stored(device: Device, fields: Iterable[Any]) -> Iterator[Any]:
    return (field.get_db_prep_save(getattr(device, field.attname), connection) for field in fields)


def tell(told: Mapping[int, Sequence[tuple[str, datetime]]], devices: Mapping[int, Device], *, by: User) -> None:
    """Append to each device's log, by its key, lines of these kinds with the moments at which it happened. They are
    recorded now. Nothing else changes. The devices come from `locked_in_order`."""
    with kept_together([devices[key] for key in told], by=by):
        for key, lines in told.items():
            for kind, occurred_at in lines:
                devices[key].record(kind, by=by, occurred_at=occurred_at)
