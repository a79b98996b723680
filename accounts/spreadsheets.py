"""Reading a table from a CSV file, however the spreadsheet or register that wrote it does that.

Encoding, delimiter and line ends are recognised; what can't be read as a table is one clear error. Rows come one by
one, so a large file needs no more memory than a small one.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
LONGEST_LINE = 2**22  # characters; beyond 131,072 in a cell the csv module goes no further
# Characters of a cell, as many as spreadsheets hold: what is to be read may take its time, but not for hours.
LONGEST_CELL = 32_767
# A page has a field for each to choose by, and Django takes no more than 1,000 fields.
MOST_COLUMNS = 500
# Empty ones as well: a file of nothing but line ends would keep a page waiting for minutes.
MOST_ROWS = 2_000_000

_CHUNK = 2**20
_SEPARATOR_LINE = re.compile(r'"?sep=([^"\r\n])"?\s*', re.IGNORECASE)
_WORD = re.compile(r"\w")
_DAMAGED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_ENCODINGS_BY_MARK = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_ENCODING_NAMES = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "mac_roman": "Mac Roman"}
# In words: what Mac Roman has as letters, and Windows-1252 as signs (of which quotation marks stand beside words, and ’
# within them); and what Windows-1252 has as letters, and Mac Roman mostly as signs.
_MAC_LETTERS = re.compile(
    rb"[\x80\x81\x85\x86](?=[a-z])|(?<=[A-Za-z])[\x87-\x90\x98-\x9f](?=[a-z, ;\t\r\n])"
    rb"|(?<=[A-Za-z])[\x91\x93-\x97](?=[a-z])"
)
_WINDOWS_LETTERS = re.compile(rb"[\xc0-\xdf](?=[a-z])|(?<=[A-Za-z])[\xe0-\xff]")


class NotATable(Exception):
    """The file can't be read as a table. `str()` tells whoever brought it why, and what helps."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row and the line of the file on which it begins. One that can't be read carries a problem, and the column
    where there is one; its cells are as many as came."""

    line: int
    cells: list[str]
    problem: str = ""
    column: str = ""


class Table:
    """A CSV file's headers, and its rows in order, as often as they are asked for. Empty rows are left out; each row
    that has no problem has as many cells as there are headers."""

    def __init__(self, file: BinaryIO) -> None:
        """`file` can be sought in and stays open for as long as rows are read. Raises NotATable, here or later."""
        head = file.read(4096)
        _refuse_other_formats(head)
        encoding = _encoding(file, head)
        self.encoding = _ENCODING_NAMES.get(encoding, "Windows-1252")
        file.seek(0)
        self._text = io.TextIOWrapper(file, encoding, newline="")
        self._delimiter = self._named_delimiter() or self._likely_delimiter()
        self.delimiter = DELIMITERS.get(self._delimiter, self._delimiter)
        self._begin(self._delimiter)
        self.headers = self._headers()
        if len(self.headers) > MOST_COLUMNS:
            problem = _("The file has %(count)d columns. Velory reads up to %(most)d.")
            raise NotATable(problem % {"count": len(self.headers), "most": MOST_COLUMNS})

    def __iter__(self) -> Iterator[Row]:
        self._begin(self._delimiter)
        self._headers()
        for line, cells in self._records():
            if cells is None:
                yield Row(line, [], _("The quotation marks in this row don't match up."))
            elif any(map(str.strip, cells)):
                yield self._row(line, cells)

    def _row(self, line: int, cells: list[str]) -> Row:
        width = len(self.headers)
        if len(cells) < width or any(map(str.strip, cells[width:])):
            problem = ngettext(
                "The row has %(cells)d cell, the header has %(headers)d.",
                "The row has %(cells)d cells, the header has %(headers)d.",
                len(cells),
            )
            return Row(line, cells, problem % {"cells": len(cells), "headers": width})
        for header, cell in zip(self.headers, cells, strict=False):
            if len(cell) > LONGEST_CELL:
                problem = _("The cell has more than 32,767 characters. Is a quotation mark missing there?")
                return Row(line, cells, problem, column=header)
            if _DAMAGED.search(cell):
                problem = _("The cell holds characters that are no text: the file is damaged here.")
                return Row(line, cells, problem, column=header)
        return Row(line, cells[:width])

    # Records: what the csv module makes of the lines

    def _begin(self, delimiter: str) -> None:
        """Start anew at the first line, behind Excel's `sep=;` where there is one."""
        self._text.seek(0)
        self._lines_before = 0
        self._lines_ended = False
        if self._separator() is not None:
            self._lines_before = 1
        else:
            self._text.seek(0)
        self._reader = csv.reader(self._lines(), delimiter=delimiter, strict=True, skipinitialspace=True)

    def _lines(self) -> Iterator[str]:
        while line := self._text.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise NotATable(_("The file has a line of more than four million characters. It is no CSV table."))
            yield line
        self._lines_ended = True

    def _records(self) -> Iterator[tuple[int, list[str] | None]]:
        """Each record with the line on which it begins; without cells where quotation marks are out of place."""
        cells: list[str] | None
        for number in count(1):
            line = self._lines_before + self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                if self._lines_ended:
                    raise NotATable(
                        _(
                            "A quotation mark that is opened on line %(line)d is never closed. "
                            "Has the file been cut off?"
                        )
                        % {"line": line}
                    ) from error
                if "limit" in str(error):
                    raise NotATable(
                        _(
                            "Line %(line)d holds a cell of more than 131,072 characters. "
                            "Is a quotation mark missing there?"
                        )
                        % {"line": line}
                    ) from error
                cells = None
            if number > MOST_ROWS:
                raise NotATable(_("The file has more than two million rows. Divide it into smaller lists."))
            yield line, cells

    # Headers and delimiter

    def _headers(self) -> list[str]:
        for _line, cells in self._records():
            if cells is None:
                raise NotATable(_("The quotation marks in the first row don't match up."))
            headers = [_clean_header(cell) for cell in cells]
            while headers and not headers[-1]:
                headers.pop()
            if any(map(_WORD.search, headers)):
                return headers
        raise NotATable(_("The file is empty."))

    def _separator(self) -> str | None:
        match = _SEPARATOR_LINE.fullmatch(self._text.readline(LONGEST_LINE))
        return match[1] if match else None

    def _named_delimiter(self) -> str | None:
        self._text.seek(0)
        return self._separator()

    def _likely_delimiter(self) -> str:
        """The one that divides the headers into most columns; a comma where none does."""
        widths = {}
        for delimiter in DELIMITERS:
            self._begin(delimiter)
            try:
                widths[delimiter] = len(self._headers())
            except NotATable:
                widths[delimiter] = 0
        return max(DELIMITERS, key=lambda delimiter: widths[delimiter])


def _clean_header(cell: str) -> str:
    return " ".join(_DAMAGED.sub("", cell.replace("\ufeff", "")).split())


def _refuse_other_formats(head: bytes) -> None:
    """Raises NotATable for what is known by its first bytes to be something else, and for what is no text at all."""
    if not head.strip():
        raise NotATable(_("The file is empty."))
    for mark, problem in (
        (b"PK\x03\x04", _("This is a workbook (.xlsx, .ods) or a ZIP archive. Save the sheet as CSV.")),
        (b"\xd0\xcf\x11\xe0", _("This is an Excel workbook (.xls). Save the sheet as CSV.")),
        (b"\x1f\x8b", _("This is a compressed file. Unpack it first.")),
        (b"%PDF", _("This is a PDF. Export the list as CSV instead.")),
        (b"\x89PNG", _("This is an image. Export the list as CSV instead.")),
        (b"\xff\xd8\xff", _("This is an image. Export the list as CSV instead.")),
        (b"GIF8", _("This is an image. Export the list as CSV instead.")),
    ):
        if head.startswith(mark):
            raise NotATable(problem)
    marked = head.startswith(tuple(_ENCODINGS_BY_MARK))
    damaged = 0 if marked else len(_DAMAGED.findall(head.decode("latin-1")))
    if damaged > 3 and damaged * 100 > len(head):
        raise NotATable(_("This is no text, or of a kind that can't be told. Export the list as CSV in UTF-8."))


def _encoding(file: BinaryIO, head: bytes) -> str:
    """UTF-8 and UTF-16 by their mark; else UTF-8 if the whole file is, else whichever of Mac Roman and Windows-1252 has
    letters where letters are. Raises NotATable."""
    marks = (name for mark, name in _ENCODINGS_BY_MARK.items() if head.startswith(mark))
    marked = next(marks, None)
    for encoding in (marked,) if marked else ("utf-8",):
        if _decodes(file, encoding):
            return encoding
    if marked is None:
        if _looks_like_mac(file):
            return "mac_roman"  # every byte is a character there
        if _decodes(file, "cp1252"):
            return "cp1252"
    raise NotATable(_("The file's characters can't be read. Save it as “CSV UTF-8”."))


def _looks_like_mac(file: BinaryIO) -> bool:
    mac = windows = 0
    file.seek(0)
    while chunk := file.read(_CHUNK):
        mac += len(_MAC_LETTERS.findall(chunk))
        windows += len(_WINDOWS_LETTERS.findall(chunk))
    return mac > windows


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    has_accents = False
    file.seek(0)
    try:
        while chunk := file.read(_CHUNK):
            has_accents |= not decoder.decode(chunk).isascii()
    except UnicodeDecodeError:
        return False
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        if has_accents:
            raise NotATable(_("The file ends in the middle of a character. Has it been cut off?")) from None
        return False
    return True
