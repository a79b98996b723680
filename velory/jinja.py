"""Jinja2, beside Django's own templates, for what is drawn many times on a page."""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils import timezone, translation
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from jinja2 import Environment

from velory.templatetags.ui import exactly, how_long


def environment(**options: Any) -> Environment:
    """What a template of Jinja2 finds: filters for times."""
    environment = Environment(**options)
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
    return SafeString(exactly(day, "j M Y"))
