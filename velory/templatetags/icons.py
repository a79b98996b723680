"""The icons of heroicons, each drawn once: the package parses and writes its XML anew every time, which adds up on a
page with thirty. In settings this stands in for the package's own tags."""

from functools import cache
from typing import Any

from django import template
from django.utils.safestring import SafeString
from heroicons.templatetags import heroicons

register = template.Library()


@cache
def _drawn(style: str, name: str, **attributes: Any) -> SafeString:
    return SafeString(getattr(heroicons, f"heroicon_{style}")(name, **attributes))


@register.simple_tag
def heroicon_micro(name: str, **attributes: Any) -> SafeString:
    """An icon for the line of a chip, 16 pixels."""
    return _drawn("micro", name, **attributes)


@register.simple_tag
def heroicon_mini(name: str, **attributes: Any) -> SafeString:
    """An icon for a button, 20 pixels unless `size` says otherwise."""
    return _drawn("mini", name, **attributes)


@register.simple_tag
def heroicon_outline(name: str, **attributes: Any) -> SafeString:
    """An icon in lines, 24 pixels unless `size` says otherwise."""
    return _drawn("outline", name, **attributes)
