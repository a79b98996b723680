"""The tables of Hardware as sheets: what is shown, or every field that a device has."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import translation

from accounts.access import PersonRequest
from accounts.keyset import Ways
from devices.listing import exported
from devices.models import Device, Note
from devices.models.device import DeviceQuerySet
from devices.tables import Table

from .sheet import Cell, Row, Sheet, among, in_chunks

# Headings, each with a field of the device, or what it refers to and a field of that. An import knows the headings
# (devices/importing/columns.py), so that what was taken out can be brought back; it leaves aside what it doesn't know.
FIELDS = {
    "Name": "name",
    "Category": "category",
    "Manufacturer": "manufacturer",
    "Model": "model",
    "Model number": "model_number",
    "Serial number": "serial_number",
    "Asset tag": "asset_tag",
    "IMEI": "imei",
    "Supplier": "supplier",
    "Order number": "order_number",
    "Purchase date": "purchase_date",
    "Purchase cost": "purchase_cost",
    "Warranty ends": "warranty_end",
    "Renewal date": "renewal_date",
    "Holder email": "holder_user.email",
    "Holder name": "holder_user.full_name",
    "Space": "holder_space.name",
    "Payor": "payor.name",
    "Status": "status",
    "Status since": "status_since",
    "Reported by": "reported_by.full_name",
    "Previous holder": "last_holder_user.full_name",
    "Previous space": "last_holder_space.name",
    "Previous payor": "last_payor.name",
    "Registered": "registered_at",
    "Archived": "archived_at",
    "Velory ID": "uuid",
}
# An import would add it as one note more.
NOTES = "All notes"


def hardware_sheet(table: Table, rows: Ways, request: PersonRequest, *, all_columns: bool) -> Sheet:
    """These devices, in the order that the request asks for."""
    with translation.override("en"):
        title = str(table.title)
        shown = [str(column.heading) for column in table.exported]
    if not all_columns:
        return Sheet(table.slug, title, shown, exported(table, rows, request))

    def read(keys: Sequence[int]) -> Mapping[int, Row]:
        return _read(Device.objects.visible_to(request.user), request.user.company_id, keys)

    order = table.order(request.GET.get("sort", ""))
    chunks = in_chunks(request.user.company_id, rows, order, read)
    return Sheet(f"{table.slug}-all-columns", title, [*FIELDS, NOTES], chunks)


def _read(devices: DeviceQuerySet, company_id: int, keys: Sequence[int]) -> dict[int, Row]:
    """Names are read on their own: six joins with policies on each are more than PostgreSQL plans well."""
    fields = [path.partition(".")[0] for path in FIELDS.values()]
    rows = list(devices.filter(pk__in=among(keys)).order_by().values_list("pk", *fields))
    numbers, *columns = zip(*rows, strict=True) if rows else [()] * (len(fields) + 1)
    notes = _notes(company_id, keys)
    written = [_column(company_id, path, list(cells)) for path, cells in zip(FIELDS.values(), columns, strict=True)]
    written.append([notes.get(number) for number in numbers])
    return dict(zip(numbers, zip(*written, strict=True), strict=True))


def _column(company_id: int, path: str, cells: list[Any]) -> list[Cell]:
    name, _dot, field = path.partition(".")
    if field:
        referred: Any = Device._meta.get_field(name).related_model
        keys = list({cell for cell in cells if cell is not None})
        known = referred.objects.filter(company=company_id, pk__in=among(keys))
        names = dict(known.order_by().values_list("pk", field))
        return [names.get(cell) for cell in cells]
    if name == "status":
        words = {status.value: str(status.label) for status in Device.Status}
        return [words[cell] for cell in cells]
    return cells


def _notes(company_id: int, devices: Sequence[int]) -> dict[int, str]:
    """The notes on these devices, the oldest first."""
    notes = defaultdict(list)
    rows = Note.objects.filter(company=company_id, device__in=among(devices)).order_by("pk")
    for device, text in rows.values_list("device", "text"):
        notes[device].append(text)
    return {device: "\n\n".join(texts) for device, texts in notes.items()}
