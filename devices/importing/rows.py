"""Rows of the file as they were read, without a look at the database."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.importing import cells
from accounts.importing.cells import BadCell
from accounts.importing.columns import Columns, header_key
from accounts.importing.report import Remark
from accounts.spreadsheets import Row
from accounts.text import identifier_key
from devices import categories
from devices.models import Device

from .values import DateOrder, read_cost, read_date, read_identifier, read_imei, read_months, read_number

# A list export wraps the holder's name into a link, which says what kind of holder it is.
_LINK = re.compile(r"""href=["'][^"']*/(users|locations|hardware)/\d+["']""", re.IGNORECASE)
_FIELDS = {field.name: field for field in Device._meta.fields if field.name in Device.DESCRIPTION}
# What device managers write where nobody has chosen one.
_NO_CATEGORIES = {"unknown", "unassigned", "none", "n/a", "-"}
LONGEST_NAME, LONGEST_SPACE, LONGEST_NOTE = 150, 100, 5000


class Kind(StrEnum):
    """What the row says about who has the device."""

    NOBODY = ""
    PERSON = "person"
    SPACE = "space"
    EITHER = "person or space"  # a name, and no word on whose
    LOCATION = "location"  # nobody has it; this is where it lies
    ASSET = "asset"  # another device has it, which Velory doesn't know


_KINDS = {
    "": Kind.NOBODY,
    "user": Kind.PERSON,
    "users": Kind.PERSON,
    "person": Kind.PERSON,
    "employee": Kind.PERSON,
    "location": Kind.SPACE,
    "locations": Kind.SPACE,
    "space": Kind.SPACE,
    "asset": Kind.ASSET,
    "hardware": Kind.ASSET,
}


@dataclass(frozen=True)
class Holder:
    """Who has the device, as the file says it. `column` is the header to name in a message."""

    kind: Kind = Kind.NOBODY
    email: str = ""
    name: str = ""
    column: str = ""


@dataclass
class DeviceRow:
    """One row: what the file fills in, and what is wrong with it. Blank cells are simply not there."""

    line: int
    cells: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    warranty_months: int | None = None
    holder: Holder = field(default_factory=Holder)
    payor: str = ""
    status: str = ""
    status_since: date | None = None
    notes: list[str] = field(default_factory=list)
    uuid: UUID | None = None
    problems: list[Remark] = field(default_factory=list)


class RowReader:
    """Turns the rows of one file into DeviceRows."""

    def __init__(self, columns: Columns, dates: DateOrder | None, emptied: Collection[str] = ()) -> None:
        """`emptied` are the fields that an empty cell empties; others keep what they hold."""
        self._columns = columns
        self._emptied = emptied

        def as_date(cell: str) -> Any:
            return read_date(cell, dates)

        self._date = as_date
        self._readers: dict[str, Callable[[str], Any]] = {
            name: cells.line for name in Device.DESCRIPTION if name in columns
        }
        special = {
            "category": lambda cell: categories.canonical(cells.line(cell)),
            "serial_number": read_identifier,
            "asset_tag": read_identifier,
            "model_number": read_number,
            "order_number": read_number,
            "imei": read_imei,
            "purchase_cost": read_cost,
            "purchase_date": as_date,
            "warranty_end": as_date,
            "renewal_date": as_date,
        }
        self._readers |= {name: read for name, read in special.items() if name in columns}

    def key(self, row: Row, name: str) -> str:
        """Serial number or asset tag as it is compared; blank where there is none that can be read."""
        try:
            return identifier_key(read_identifier(self._columns.cell(row.cells, name))) if not row.problem else ""
        except BadCell:
            return ""

    def uuid(self, row: Row) -> UUID | None:
        """The Velory ID, by which an export knows a device; None where there is none that can be read."""
        try:
            return UUID(self._line(row, "uuid")) if not row.problem else None
        except ValueError:
            return None

    def read(self, row: Row) -> DeviceRow:
        """The row; its problems name the file's own headers."""
        device = DeviceRow(row.line, row.cells)
        if row.problem:
            device.problems.append(Remark(row.line, row.column, row.problem))
            return device
        for name in self._readers:
            self._take(device, row, name, partial(self._field, device, name))
        self._take(device, row, "warranty_months", partial(self._warranty, device))
        for name in ("note", "model_note"):
            self._take(device, row, name, partial(self._note, device))
        self._take(device, row, self._holder_column(row), lambda _cell: self._held(device, row))
        device.uuid = self.uuid(row)
        device.payor = self._line(row, "payor")
        device.status = self._line(row, "status")
        self._take(device, row, "status_since", partial(self._since, device))
        return device

    def _take(self, device: DeviceRow, row: Row, name: str, take: Callable[[str], None]) -> None:
        """Let `take` have the cell; what it raises becomes a problem of the row."""
        column = self._columns.header(name)
        try:
            take(self._columns.cell(row.cells, name))
        except BadCell as problem:
            device.problems.append(Remark(row.line, column, str(problem)))
        except ValidationError as error:
            device.problems += [Remark(row.line, column, message) for message in error.messages]

    def _line(self, row: Row, name: str) -> str:
        return cells.line(self._columns.cell(row.cells, name))

    def _field(self, device: DeviceRow, name: str, cell: str) -> None:
        text = cells.text(cell)
        if name == "category" and text.casefold() in _NO_CATEGORIES:
            return
        if text:
            device.fields[name] = _FIELDS[name].clean(self._readers[name](cell), None)
        elif name in self._emptied:
            device.fields[name] = None if _FIELDS[name].null else ""

    def _since(self, device: DeviceRow, cell: str) -> None:
        if cells.text(cell):
            device.status_since = self._date(cell)

    def _warranty(self, device: DeviceRow, cell: str) -> None:
        if cells.text(cell):
            device.warranty_months = read_months(cell)

    def _note(self, device: DeviceRow, cell: str) -> None:
        note = cells.text(cell)
        if len(note) > LONGEST_NOTE:
            raise BadCell(_("The note has more than %(count)d characters.") % {"count": LONGEST_NOTE})
        if note and note not in device.notes:
            device.notes.append(note)

    # Who has it

    def _holder_column(self, row: Row) -> str:
        """Where a message about the holder points: the first filled column that speaks of one."""
        names = ("email", "holder", "full_name", "first_name", "username", "space", "checkout")
        return next((name for name in names if self._line(row, name)), "location")

    def _held(self, device: DeviceRow, row: Row) -> None:
        column = self._columns.header(self._holder_column(row))
        username, space, location, someone = (
            self._line(row, name) for name in ("username", "space", "location", "holder")
        )
        email = self._line(row, "email") or (username if "@" in username else "")
        both = f"{self._line(row, 'first_name')} {self._line(row, 'last_name')}".strip()
        name = self._line(row, "full_name") or both
        kind = self._kind(row) or _likely_kind(email or name or username, space, someone, location)
        if kind == Kind.PERSON:
            name = name or someone
            if not email and not name:
                raise BadCell(_("The row says that a person has it, but gives neither email address nor name."))
            device.holder = Holder(kind, cells.email(email) if email else "", _short(name, LONGEST_NAME), column)
        elif kind == Kind.SPACE and (space or someone or location):
            device.holder = Holder(kind, name=_short(space or someone or location, LONGEST_SPACE), column=column)
        elif kind == Kind.EITHER:
            device.holder = Holder(kind, name=someone, column=column)
        elif kind in (Kind.LOCATION, Kind.ASSET):
            device.holder = Holder(kind, name=_short(location, LONGEST_SPACE), column=column)

    def _kind(self, row: Row) -> Kind:
        """What the row itself says, in a column of its own or by the link round the holder's name."""
        said = header_key(self._line(row, "checkout"))
        if said not in _KINDS:
            words = {"text": cells.shortened(said), "column": self._columns.header("checkout")}
            raise BadCell(_("“%(text)s” in %(column)s is neither User nor Location.") % words)
        if not said and (link := _LINK.search(self._columns.cell(row.cells, "holder"))):
            said = link[1].lower()
        return _KINDS[said]


def _likely_kind(person: str, space: str, someone: str, location: str) -> Kind:
    """The kind of holder by which columns are filled. Raises BadCell when two of them contradict each other."""
    if person and space:
        raise BadCell(_("A person or a space can hold the device, not both."))
    if person:
        return Kind.PERSON
    if space:
        return Kind.SPACE
    if someone:
        return Kind.EITHER
    return Kind.LOCATION if location else Kind.NOBODY


def _short(name: str, longest: int) -> str:
    """The name, if it fits. Raises BadCell."""
    if len(name) > longest:
        raise BadCell(_("The name has more than %(count)d characters.") % {"count": longest})
    return name
