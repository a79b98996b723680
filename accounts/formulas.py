"""Texts that a spreadsheet opens without running anything in them."""

import re
from typing import Any

# A cell may begin at the value's start, and wherever a spreadsheet may divide it after all: at a line's end, at a tab,
# and at the semicolon that separates cells where the comma is the decimal sign. There comes, perhaps behind blanks,
# quotation marks and characters that nobody sees, the sign with which a formula begins, in either width. A tab or
# carriage return at the very start is skipped by some spreadsheets.
_ENDS = r";\t\r\n\v\f\x85\u2028\u2029"
_CELL_BEGINS = rf"\A|(?<=[{_ENDS}])"
_SKIPPED = r"[\" \u00a0\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3000\ufe00-\ufe0f\ufeff]*"
_SIGN = rf"(?={_SKIPPED}[=+\-@＝＋－＠])"
_FORMULA = re.compile(rf"(?:{_CELL_BEGINS}){_SIGN}|\A(?=[\t\r])")
_GUARDED = re.compile(rf"(?:{_CELL_BEGINS})'{_SIGN}")
# Most values begin with a letter or a digit and can't be divided: to see that takes a tenth of the time.
_PLAIN = re.compile(rf"\w[^{_ENDS}]*\Z")


def guarded(value: Any) -> str:
    """The value as text. Whatever in it a spreadsheet would take for the beginning of a formula is preceded by an
    apostrophe, with which it is text."""
    text = "" if value is None else str(value)
    return text if not text or _PLAIN.match(text) else _FORMULA.sub("'", text)


def unguarded(text: str) -> str:
    """The text without the apostrophes that an export puts before formulas."""
    return _GUARDED.sub("", text) if "'" in text else text
