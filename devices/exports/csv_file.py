"""A sheet as CSV."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.formulas import guarded

from .sheet import Sheet


def csv_file(sheet: Sheet) -> Iterator[bytes]:
    """The file in pieces, as its rows are read. It begins with a byte order mark, by which spreadsheets know UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    written = _by_type()
    text.write("\ufeff")
    writer.writerow(sheet.headings)
    yield text.getvalue().encode()
    for rows in sheet.chunks:
        text.seek(0)
        text.truncate()
        columns = (_column(cells, written) for cells in zip(*rows, strict=True))
        writer.writerows(zip(*columns, strict=True))
        yield text.getvalue().encode()


def _column(cells: Sequence[Any], written: Mapping[type, Callable[[Any], str]]) -> list[str]:
    """A column's cells as they are written. What stands in it often is written once."""
    known = {cell: written.get(type(cell), guarded)(cell) for cell in set(cells)}
    return [known[cell] for cell in cells]


def _by_type() -> dict[type, Callable[[Any], str]]:
    """How a cell is written, by its type. Whatever isn't here is a text, and might begin a formula."""
    zone = timezone.get_current_timezone()
    return {
        datetime: lambda moment: moment.astimezone(zone).isoformat(" ", "minutes")[:16],
        date: date.isoformat,
        Decimal: str,
        int: str,
        type(None): lambda _nothing: "",
    }
