"""Tables as CSV files that a spreadsheet opens without running anything in them."""

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from django.http import StreamingHttpResponse

from accounts import clock


class _Echo:
    """A file that hands each written line back."""

    def write(self, line: str) -> str:
        return line


# A cell may begin at the value's start, and wherever a spreadsheet may divide it after all: at a line's end, at a tab,
# and at the semicolon that separates cells where the comma is the decimal sign. There comes, perhaps behind blanks,
# quotation marks and characters that nobody sees, the sign with which a formula begins, in either width. A tab or
# carriage return at the very start is skipped by some spreadsheets.
_CELL_BEGINS = r"\A|(?<=[;\t\r\n\v\f\x85\u2028\u2029])"
_SKIPPED = r"[\" \u00a0\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3000\ufe00-\ufe0f\ufeff]*"
_FORMULA = re.compile(rf"(?:{_CELL_BEGINS})(?={_SKIPPED}[=+\-@＝＋－＠])|\A(?=[\t\r])")


def guarded(value: Any) -> str:
    """The value as text. Whatever in it a spreadsheet would take for the beginning of a formula is preceded by an
    apostrophe, with which it is text."""
    return _FORMULA.sub("'", "" if value is None else str(value))


def csv_response(name: str, headings: Iterable[Any], rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """A download of the rows, written as they are read. With a byte order mark, by which spreadsheets know UTF-8."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield "\ufeff"
        for row in chain([headings], rows):
            yield writer.writerow([guarded(value) for value in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{clock.now():%Y-%m-%d}.csv"'
    return response
