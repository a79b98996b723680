"""Dates, costs, months and identifiers as registers write them. What can be read in two ways is refused."""

import re
from calendar import monthrange
from datetime import MAXYEAR, date, datetime, time
from decimal import Decimal
from enum import StrEnum

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import clock
from accounts.importing.cells import BadCell, line, shortened
from accounts.text import identifier_key


class DateOrder(StrEnum):
    """How a file writes dates that are not in ISO form: one choice for the whole file."""

    US = "us"
    DAY_FIRST = "day-first"


_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})\.?(?:[T ].*)?")
_NUMERIC = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})\.?(?: .*)?")
_MONTHS = re.compile(r"(\d{1,3})(?:\.0+)?\s*(?:months?|mo\.?|m)?", re.IGNORECASE)
_SPOILT = re.compile(r"\d+(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_SPOILT_IDENTIFIER = re.compile(r"\d+(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
_SYMBOL = r"[$¢£¤¥\u20a0-\u20cf]"
_CODE = r"(?:[^\W\d_]{1,3}\.?)?"  # EUR, kr., zł, Kč
_CURRENCY_BEFORE = re.compile(rf"^{_CODE}{_SYMBOL}?\s*")
_CURRENCY_BEHIND = re.compile(rf"(?:[.,:]-)?\s*{_SYMBOL}?\s*{_CODE}$")
_AMOUNT = re.compile(r"[ .,'’]*[0-9][0-9 .,'’]*")
_WHOLE = re.compile(r"[0-9]*|[0-9]{1,3}([ .,'’])[0-9]{3}(?:\1[0-9]{3})*")
# As they are compared; blank is what is left of a hyphen.
_NO_IDENTIFIERS = {"", "NA", "N/A", "NONE", "NULL", "UNKNOWN", "TBD", "NOSERIAL", "NOTSPECIFIED", "NOTAVAILABLE"} | {
    "TOBEFILLEDBYO.E.M.", "TOBEFILLEDBYOEM", "DEFAULTSTRING", "SYSTEMSERIALNUMBER", "INVALID", "0"
}  # fmt: skip


def read_date(cell: str, order: DateOrder | None) -> date:
    """The date in a cell: with the year first always; 1/31/26 and 31/1/26 only in the order that was chosen. Two-digit
    years are those from 1969 to 2068, as POSIX has it. A time behind the date is left away. Raises BadCell."""
    text = line(cell)
    words = {"text": shortened(text)}
    if iso := _YEAR_FIRST.fullmatch(text):
        year, month, day = (int(iso[place]) for place in (1, 3, 4))
    elif numeric := _NUMERIC.fullmatch(text):
        if order is None:
            raise BadCell(
                _(
                    "“%(text)s” is no date like 2026-01-31. "
                    "Say how the file writes its dates: the month first, or the day first."
                )
                % words
            )
        first, _mark, second, last = numeric.groups()
        month, day = map(int, (first, second) if order == DateOrder.US else (second, first))
        year = int(last) if len(last) == 4 else int(last) + (1900 if int(last) >= 69 else 2000)
    else:
        raise BadCell(_("“%(text)s” is no date like 2026-01-31.") % words)
    try:
        found = date(year, month, day)
    except ValueError:
        if order == DateOrder.US and not iso:
            raise BadCell(_("“%(text)s” is no date with the month first.") % words) from None
        if not iso:
            raise BadCell(_("“%(text)s” is no date with the day first.") % words) from None
        raise BadCell(_("“%(text)s” is no date of the calendar.") % words) from None
    if not 1970 <= found.year < 2200:
        raise BadCell(_("“%(text)s” is too far away to be right.") % words)
    return found


def moment_of(day: date) -> datetime:
    """When something was on a day of which no time is known: at noon, where that is past, else now."""
    return min(timezone.make_aware(datetime.combine(day, time(12))), clock.now())


def has_to_be_ordered(cell: str) -> bool:
    """Whether somebody has to say how the date in a cell is meant."""
    return _NUMERIC.fullmatch(line(cell)) is not None


def given_away(cell: str) -> DateOrder | None:
    """The order in which alone the date in a cell is one: 31/1/2026 has the day first."""
    if not (numeric := _NUMERIC.fullmatch(line(cell))):
        return None
    first, second = int(numeric[1]) <= 12, int(numeric[3]) <= 12
    if first == second:
        return None
    return DateOrder.US if first else DateOrder.DAY_FIRST


def read_cost(cell: str) -> Decimal:
    """An amount: 2266.13 · 2,266.13 · 2.266,13 · 2 266,13 kr · $2266. The currency is left away. Raises BadCell, also
    for "1,234", which is 1234 to some and 1.234 to others."""
    text = line(cell)
    words = {"text": shortened(text)}
    if _SPOILT.fullmatch(text):
        raise BadCell(spoilt(text))
    amount = _CURRENCY_BEHIND.sub("", _CURRENCY_BEFORE.sub("", text))
    dots, commas = amount.count("."), amount.count(",")
    # Of two marks the last one divides off the decimals; one mark that comes twice groups thousands.
    mark = max(".,", key=amount.rfind) if (dots and commas) or dots + commas == 1 else ""
    whole, _mark, part = amount.rpartition(mark) if mark else (amount, "", "")
    if dots + commas == 1 and len(part) == 3 and re.fullmatch(r"[1-9][0-9]{0,2}", whole):
        words |= {"large": f"{whole}{part}", "small": f"{whole}.{part}"}
        raise BadCell(_("“%(text)s” can be %(large)s or %(small)s. Write it with two decimals.") % words)
    if not (_AMOUNT.fullmatch(amount) and _WHOLE.fullmatch(whole) and re.fullmatch("[0-9]*", part)):
        raise BadCell(_("“%(text)s” is no amount.") % words)
    if part[2:].strip("0"):
        raise BadCell(_("“%(text)s” has more than two decimals.") % words)
    digits = re.sub("[^0-9]", "", whole).lstrip("0")
    if len(digits) > 10:
        raise BadCell(_("“%(text)s” is too much to be right.") % words)
    return Decimal(f"{digits or 0}.{part[:2]:0<2}")


def read_months(cell: str) -> int | None:
    """A number of months, as in 24 or "24 months"; None for 0. Raises BadCell."""
    text = line(cell)
    if match := _MONTHS.fullmatch(text):
        return int(match[1]) or None
    raise BadCell(_("“%(text)s” is no number of months.") % {"text": shortened(text)})


def read_number(cell: str) -> str:
    """A number that is a name: of a model, of an order. Raises BadCell for one that a spreadsheet has spoilt."""
    text = line(cell)
    if _SPOILT_IDENTIFIER.fullmatch(text):
        raise BadCell(spoilt(text))
    return text


def read_identifier(cell: str) -> str:
    """A serial number or asset tag. Raises BadCell as `read_number` does, and for words that stand for none."""
    text = read_number(cell)
    if identifier_key(text) in _NO_IDENTIFIERS:
        raise BadCell(_("“%(text)s” is no number of one device. Leave the cell empty.") % {"text": shortened(text)})
    return text


def read_imei(cell: str) -> str:
    """An IMEI's digits. Raises BadCell when they are too few or too many, as when a spreadsheet took a zero away."""
    text = read_identifier(cell)
    digits = re.sub(r"[\s/-]", "", text)
    if not re.fullmatch(r"[0-9]{14,16}", digits):
        raise BadCell(_("“%(text)s” is no IMEI, which has 15 digits.") % {"text": shortened(text)})
    return digits


def months_after(start: date, months: int) -> date | None:
    """The same day so many months later, or the last day of that month; None where the calendar ends before."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if year > MAXYEAR:
        return None
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def spoilt(text: str) -> str:
    """Why a number like 1.02E+15 can't be taken over."""
    return _(
        "A spreadsheet has shortened this number to “%(text)s”. "
        "Format the column as text there, enter it again and save the file anew."
    ) % {"text": shortened(text)}
