"""Jinja2, beside Django's own templates, for what is drawn many times on a page."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils import timezone, translation
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from jinja2 import Environment

from accounts import clock
from velory.templatetags import icons, ui


def environment(**options: Any) -> Environment:
    """What a template of Jinja2 finds: filters for times, words in the reader's language, icons, headings that sort."""
    environment = Environment(**options)
    environment.globals |= {"_": gettext, "heroicon_mini": icons.heroicon_mini, "sort_heading": ui.sort_heading}
    environment.filters |= {"amount": amount, "day": day, "how_long": how_long}
    return environment


def amount(value: Decimal | None) -> str:
    """With two decimals, as the reader writes it; nothing where there is none."""
    return "" if value is None else number_format(value, 2, force_grouping=True)


def day(moment: date | None) -> SafeString:
    """The day of this moment, or this day, as the reader writes it; nothing where there is none."""
    if moment is None:
        return SafeString("")
    one = timezone.localtime(moment).date() if isinstance(moment, datetime) else moment
    return _day(one, translation.get_language())


@lru_cache(maxsize=10_000)
def _day(day: date, language: str | None) -> SafeString:
    return SafeString(ui.written(day, "j M Y"))


def how_long(start: datetime) -> str:
    """The time from `start` until now (ui.how_long). From a day on, the two dates tell it, and whether the last day is
    whole; so it is reckoned once for all rows of a date."""
    now = clock.now()
    if now - start < timedelta(days=1):
        return ui.how_long(start, now)
    start = start.astimezone(UTC)
    return _how_long(start.date(), now.date(), now.time() < start.time(), translation.get_language())


@lru_cache(maxsize=10_000)
def _how_long(start: date, end: date, is_short: bool, language: str | None) -> str:
    return ui.how_long(datetime.combine(start, time(0, int(is_short)), UTC), datetime.combine(end, time(), UTC))
