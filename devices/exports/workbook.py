"""A sheet as a workbook (XLSX), written as its rows are read.

The libraries for this collect the rows in a file and make the archive when the last one is there: over a million rows
a browser would wait for minutes without a byte, and its proxy would give up. What a plain table needs of the format is
little, a part for each sheet and a few that hardly change. Text is text here and never a formula, and a number that is
a name, such as a serial number, stays what it is.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

from django.utils import timezone

from .sheet import Row, Sheet
from .sink import Sink

# What the format and Excel can take: rows and characters. A part of 2 GB would need an archive that Excel refuses.
MOST_ROWS = 1_048_576
LONGEST_TEXT = 32_767
LARGEST_PART = 1_900_000_000
LONGEST_TITLE = 31

_WORTH_SENDING = 2**16  # bytes
_WIDTHS = (9, 50)  # characters
_FAST = 2  # of zlib's levels: the file is a tenth larger than at its own, and made in half the time

# The styles by their place in `_STYLES`.
_TEXT, _DAY, _MOMENT, _AMOUNT, _HEADING = 1, 2, 3, 4, 5
# Days count from here. (Excel takes 1900 for a leap year, so what is before March of that year is written as text.)
_DAY_ZERO, _FIRST_DAY = date(1899, 12, 30).toordinal(), date(1900, 3, 1).toordinal()

# What XML can't hold as it is, and what Excel would take for its own way of writing that.
_UNUSUAL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")
_MARKUP = re.compile("[&<>]")

_BEGINS = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
CONTENT_TYPE = f"{_TYPE}.sheet"

# It comes first, when nobody knows how many sheets there will be: a part is a sheet unless it is named.
_CONTENT_TYPES = (
    f'{_BEGINS}<Types xmlns="{_PACKAGE}/content-types">'
    f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Default Extension="xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>'
)
_ROOT = (
    f'{_BEGINS}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
_STYLES = (
    f'{_BEGINS}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    + "".join(
        f'<xf numFmtId="{form}" fontId="{font}" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>'
        for form, font in ((49, 0), (164, 0), (165, 0), (4, 0), (49, 1))
    )
    + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def workbook(sheet: Sheet) -> Iterator[bytes]:
    """The file in pieces, as its rows are read: its memory does not grow with them. Where there are more than a sheet
    takes, another one goes on."""
    sink, pages = Sink(), 0
    with ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=_FAST) as archive:
        for name, text in (("[Content_Types].xml", _CONTENT_TYPES), ("_rels/.rels", _ROOT), ("xl/styles.xml", _STYLES)):
            archive.writestr(name, text)
        writer = _RowWriter(sheet.headings)
        chunks = filter(None, sheet.chunks)
        rows: list[Row] = list(next(chunks, []))
        head = _head(sheet.headings, rows)
        while not pages or rows:
            pages += 1
            with archive.open(f"xl/worksheets/sheet{pages}.xml", "w") as file:
                size = file.write(head.encode())
                writer.begin()
                size += file.write(writer.heading().encode())
                while rows and writer.number < MOST_ROWS and size < LARGEST_PART:
                    fitting, rows = rows[: MOST_ROWS - writer.number], rows[MOST_ROWS - writer.number :]
                    size += file.write(writer.lines(fitting).encode())
                    rows = rows or list(next(chunks, []))
                    if sink.size > _WORTH_SENDING:
                        yield sink.take()
                file.write(b"</sheetData></worksheet>")
        archive.writestr("xl/workbook.xml", _contents(sheet.title, pages))
        archive.writestr("xl/_rels/workbook.xml.rels", _places(pages))
    yield sink.take()


class _RowWriter:
    """Writes rows one below the other, with the place of each cell. `number` is that of the last row."""

    def __init__(self, headings: Sequence[str]) -> None:
        self._headings = headings
        self._letters = [_letters(place) for place in range(len(headings))]
        self._zone = timezone.get_current_timezone()
        self.number = 0

    def begin(self) -> None:
        self.number = 0

    def heading(self) -> str:
        self.number += 1
        cells = zip(self._letters, self._headings, strict=True)
        return _row(self.number, "".join(_text(f"{letter}{self.number}", text, _HEADING) for letter, text in cells))

    def lines(self, rows: Sequence[Row]) -> str:
        return "".join(map(self._line, rows))

    def _line(self, row: Row) -> str:
        self.number += 1
        number, written = str(self.number), self._written
        return _row(
            number,
            "".join(
                [
                    written(letter + number, cell)
                    for letter, cell in zip(self._letters, row, strict=True)
                    if cell is not None and cell != ""
                ]
            ),
        )

    def _written(self, place: str, cell: Any) -> str:
        kind = type(cell)
        if kind is str:
            return _text(place, cell, _TEXT)
        if kind is datetime:
            moment = cell.astimezone(self._zone)
            days = moment.toordinal() - _DAY_ZERO
            minutes = moment.hour * 60 + moment.minute
            return f'<c r="{place}" s="{_MOMENT}"><v>{days + minutes / 1440}</v></c>'
        if kind is date and cell.toordinal() >= _FIRST_DAY:
            return f'<c r="{place}" s="{_DAY}"><v>{cell.toordinal() - _DAY_ZERO}</v></c>'
        if kind is int:
            return f'<c r="{place}"><v>{cell}</v></c>'
        if kind is Decimal:
            return f'<c r="{place}" s="{_AMOUNT}"><v>{cell}</v></c>'
        return _text(place, str(cell), _TEXT)


def _row(number: int | str, cells: str) -> str:
    return f'<row r="{number}">{cells}</row>'


def _text(place: str, text: str, style: int) -> str:
    if 2 * len(text) > LONGEST_TEXT:
        text = _shortened(text)
    if _UNUSUAL.search(text):
        text = _UNUSUAL.sub(lambda letter: f"_x{ord(letter[0]):04X}_", text)
    if _MARKUP.search(text):
        text = escape(text)
    kept = ' xml:space="preserve"' if text != text.strip() else ""
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t{kept}>{text}</t></is></c>'


def _shortened(text: str) -> str:
    """The text, not longer than a cell may be. Excel counts as UTF-16 does, where an emoji is two."""
    coded = text.encode("utf-16-le", "surrogatepass")
    if len(coded) <= 2 * LONGEST_TEXT:
        return text
    return coded[: 2 * LONGEST_TEXT - 2].decode("utf-16-le", "ignore") + "…"


def _letters(place: int) -> str:
    """The column's name: A to Z, AA and so on."""
    above, letter = divmod(place, 26)
    return (_letters(above - 1) if above else "") + chr(ord("A") + letter)


def _head(headings: Sequence[str], rows: Sequence[Row]) -> str:
    """What stands before the rows: the first one stays in sight, columns are as wide as what is in the first rows."""
    least, most = _WIDTHS
    widths = [
        min(max(least, len(heading), *(len(str(row[place])[:most]) for row in rows[:200]), 0) + 2, most)
        for place, heading in enumerate(headings)
    ]
    columns = "".join(
        f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>' for place, width in enumerate(widths, 1)
    )
    return (
        f'{_BEGINS}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>"
    )


def _contents(title: str, pages: int) -> str:
    """The workbook: its sheets by name."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", title)
    names = [plain[:LONGEST_TITLE], *(f"{plain[: LONGEST_TITLE - 5]} {page}" for page in range(2, pages + 1))]
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{page}" r:id="rId{page}"/>' for page, name in enumerate(names, 1)
    )
    return f'{_BEGINS}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{sheets}</sheets></workbook>'


def _places(pages: int) -> str:
    """Which part each sheet is."""
    sheets = "".join(
        f'<Relationship Id="rId{page}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{page}.xml"/>'
        for page in range(1, pages + 1)
    )
    styles = f'<Relationship Id="rId{pages + 1}" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
    return f'{_BEGINS}<Relationships xmlns="{_PACKAGE}/relationships">{sheets}{styles}</Relationships>'
