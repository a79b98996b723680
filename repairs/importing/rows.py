"""Rows of the file as they were read, without a look at the database."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import clock
from accounts.importing import cells
from accounts.importing.cells import BadCell
from accounts.importing.columns import Columns
from accounts.importing.report import Remark
from accounts.spreadsheets import Row
from devices.importing.values import DateOrder, read_cost, read_date, read_identifier, read_number
from repairs.models import Repair

LONGEST_TEXT = 2000
# How a repair is told from others where it has no reference.
_TELLING = ("reported_on", "started_on", "completed_on", "title", "description", "feedback", "type", "supplier")
DATES = ("reported_on", "started_on", "completed_on")
PEOPLE = ("reporter", "technician", "completed_by")
_NUMBERS = ("serial_number", "asset_tag")


@dataclass
class RepairRow:
    """One row: what the file says of a repair, and what is wrong with it. Blank cells are simply not there."""

    line: int
    cells: list[str] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)  # of the device: serial number, asset tag
    device: str = ""  # its name, or one of these
    reference: str = ""
    description: str = ""
    cost: Decimal | None = None
    status: str = ""
    dates: dict[str, date] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    problems: list[Remark] = field(default_factory=list)


class RowReader:
    """Turns the rows of one file into RepairRows."""

    def __init__(self, columns: Columns, dates: DateOrder | None, status_field: str) -> None:
        """`status_field` is the field whose texts say how a repair ended."""
        self._columns, self._order, self._status_field = columns, dates, status_field

    def read(self, row: Row) -> RepairRow:
        repair = RepairRow(line=row.line, cells=row.cells)
        if row.problem:
            repair.problems.append(Remark(row.line, row.column, row.problem))
            return repair
        for name in _NUMBERS:
            self._take(repair, name, read_identifier, repair.numbers)
        for name in DATES:
            self._take(repair, name, self._date, repair.dates)
        for name in PEOPLE:
            self._take(repair, name, cells.line, repair.people)
        facts: dict[str, Any] = {}
        self._take(repair, "reference", _reference, facts)
        self._take(repair, "cost", read_cost, facts)
        repair.reference, repair.cost = facts.get("reference", ""), facts.get("cost")
        repair.device, repair.status = self.line(row, "device"), self.line(row, self._status_field)
        repair.description = self._description(row)
        if len(repair.description) > LONGEST_TEXT:
            reason = _("The text has more than %(count)d characters.") % {"count": LONGEST_TEXT}
            repair.problems.append(Remark(row.line, self._columns.header("description", "title"), reason))
        return repair

    def line(self, row: Row, name: str) -> str:
        return cells.line(self._columns.cell(row.cells, name))

    def told_by(self, row: Row) -> str:
        """The row's cells that tell which repair of which device it is."""
        names = ("reference",) if self.line(row, "reference") else _TELLING
        return "\0".join(self.line(row, name) for name in (*_NUMBERS, "device", *names))

    def _take(self, repair: RepairRow, name: str, read: Callable[[str], Any], into: dict[str, Any]) -> None:
        """What a cell that isn't blank holds; what `read` raises becomes a problem of the row."""
        cell = self._columns.cell(repair.cells, name)
        if not cells.text(cell):
            return
        try:
            into[name] = read(cell)
        except BadCell as problem:
            repair.problems.append(Remark(repair.line, self._columns.header(name), str(problem)))
        except ValidationError as error:
            repair.problems += [Remark(repair.line, self._columns.header(name), text) for text in error.messages]

    def _date(self, cell: str) -> date:
        day = read_date(cell, self._order)
        if day > timezone.localtime(clock.now()).date():
            raise BadCell(_("“%(text)s” is not past.") % {"text": cells.shortened(cells.line(cell))})
        return day

    def _description(self, row: Row) -> str:
        """Title and texts; type and supplier under the file's own headers."""
        parts = [self.line(row, "title")]
        parts += [cells.text(self._columns.cell(row.cells, name)) for name in ("description", "feedback")]
        for name in ("type", "supplier"):
            if text := self.line(row, name):
                header = self._columns.own_header(name)
                parts.append(f"{header}: {text}" if header else text)
        return "\n".join(dict.fromkeys(filter(None, parts)))


def _reference(cell: str) -> str:
    number = read_number(cell)
    Repair._meta.get_field("reference").clean(number, None)
    return number
