"""What stands in a cell, as plain text. Exports put HTML, formulas and invisible characters round it."""

import html
import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.formulas import unguarded
from accounts.models import User
from accounts.text import clean_email, without_unseen

_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]\w{1,31});", re.IGNORECASE)
# Up to the next one that begins, so that no text is looked at twice, however many begin and never end.
_UNSEEN_ELEMENT = re.compile(r"<(script|style)\b[^<>]*>(?:(?!<(?:script|style)\b).)*?</\1>", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<(?:br|/p|/div|/li|/tr|/h[1-6])\b[^<>]*>", re.IGNORECASE)
# Only what really is HTML: "a <b and c> d" in a note is not.
_TAG = re.compile(
    r"</?(?:a|abbr|b|button|code|dd|del|div|dl|dt|em|font|h[1-6]|hr|i|img|input|ins|label|li|mark|ol|p|pre|s|small|"
    r"span|strong|sub|sup|svg|path|table|tbody|td|th|thead|time|tr|u|ul)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_QUOTED_FORMULA = re.compile(r'="([^"]*)"')


class BadCell(ValueError):
    """What stands in a cell can't be taken over. `str()` says why and what helps."""


def line(cell: str) -> str:
    """The cell's text on one line."""
    return " ".join(text(cell).split())


def text(cell: str) -> str:
    """The cell's text: HTML as plain text, lines kept."""
    cell = without_unseen(cell).replace("\r\n", "\n").replace("\r", "\n").strip()
    # ="00123" keeps a spreadsheet from spoiling a number.
    cell = formula[1] if (formula := _QUOTED_FORMULA.fullmatch(cell)) else unguarded(cell)
    if "<" in cell:
        cell = _TAG.sub("", _BREAK.sub("\n", _UNSEEN_ELEMENT.sub("", cell)))
    if "&" in cell:
        cell = without_unseen(_ENTITY.sub(lambda entity: html.unescape(entity[0]), cell))
    return cell.strip()


def email(cell: str) -> str:
    """The address as it is stored. Raises BadCell when it is none."""
    address = clean_email(line(cell))
    try:
        User._meta.get_field("email").clean(address, None)
    except ValidationError:
        raise BadCell(_("“%(text)s” is no email address.") % {"text": shortened(address)}) from None
    return address


def shortened(text: str) -> str:
    """What a message quotes of a cell."""
    return text if len(text) <= 60 else f"{text[:59]}…"
