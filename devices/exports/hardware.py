"""The tables of Hardware as sheets: what is shown, or every field that a device has."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import translation

from accounts.access import PersonRequest
from accounts.keyset import Ways
from devices.listing import exported
from devices.models import Device, Note
from devices.tables import Table

from .sheet import Cell, Row, Sheet, in_chunks

# Headings and fields. An import knows the former (devices/importing/columns.py), so that what was taken out can be
# brought back; it leaves aside what it doesn't know.
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
    "Holder email": "holder_user__email",
    "Holder name": "holder_user__full_name",
    "Space": "holder_space__name",
    "Payor": "payor__name",
    "Status": "status",
    "Status since": "status_since",
    "Reported by": "reported_by__full_name",
    "Previous holder": "last_holder_user__full_name",
    "Previous space": "last_holder_space__name",
    "Previous payor": "last_payor__name",
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
        return _read(Device.objects.visible_to(request.user).filter(pk__in=keys))

    order = table.order(request.GET.get("sort", ""))
    chunks = in_chunks(request.user.company_id, rows, order, read)
    return Sheet(f"{table.slug}-all-columns", title, [*FIELDS, NOTES], chunks)


def _read(devices: Any) -> dict[int, Row]:
    statuses = {status.value: str(status.label) for status in Device.Status}
    status = list(FIELDS.values()).index("status")
    found: dict[int, list[Cell]] = {
        key: list(values) for key, *values in devices.order_by().values_list("pk", *FIELDS.values())
    }
    notes = _notes(list(found))
    for key, values in found.items():
        values[status] = statuses[str(values[status])]
        values.append(notes.get(key))
    return found  # type: ignore[return-value]


def _notes(devices: list[int]) -> dict[int, str]:
    """The notes on these devices, the oldest first."""
    notes = defaultdict(list)
    for device, text in Note.objects.filter(device__in=devices).order_by("pk").values_list("device", "text"):
        notes[device].append(text)
    return {device: "\n\n".join(texts) for device, texts in notes.items()}
