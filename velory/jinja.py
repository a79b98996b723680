"""Jinja2, beside Django's own templates, for what is drawn many times on a page."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.utils import timezone, translation
from django.utils.safestring import SafeString
from jinja2 import Environment

from velory.templatetags.ui import exactly, how_long


def environment(**options: Any) -> Environment:
    """What a template of Jinja2 finds: filters for times."""
    environment = Environment(**options)
    environment.filters |= {"day": day, "how_long": how_long}
    return environment


def day(moment: datetime) -> SafeString:
    """The day of this moment, as the reader writes it."""
    return _day(timezone.localtime(moment).date(), translation.get_language())


@lru_cache(maxsize=10_000)
def _day(day: date, language: str | None) -> SafeString:
    return SafeString(exactly(day, "j M Y"))
