"""The icons of heroicons, of which a page draws thirty: each refers to its picture in static/img/icons.svg, which
browsers keep, instead of bringing it along. `manage.py draw_icons` draws that file. In settings this stands in for the
package's own tags."""

import re
from functools import cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from heroicons.templatetags import heroicons

register = template.Library()

SPRITE = "img/icons.svg"

# Those that pages use, by style.
ICONS = {
    "outline": (
        "archive-box",
        "arrow-up-tray",
        "bars-3",
        "clock",
        "cog-6-tooth",
        "computer-desktop",
        "credit-card",
        "cube",
        "device-phone-mobile",
        "device-tablet",
        "envelope",
        "inbox",
        "magnifying-glass",
        "map-pin",
        "printer",
        "puzzle-piece",
        "rectangle-stack",
        "user",
        "user-circle",
        "users",
        "wrench",
        "x-mark",
    ),
    "mini": (
        "archive-box",
        "arrow-down-tray",
        "arrow-left",
        "arrow-right-circle",
        "arrow-up-tray",
        "bookmark",
        "building-office",
        "check-circle",
        "chevron-down",
        "chevron-up",
        "clipboard-document",
        "exclamation-triangle",
        "funnel",
        "information-circle",
        "magnifying-glass",
        "pencil-square",
        "plus",
        "printer",
        "view-columns",
    ),
    "micro": (
        "archive-box",
        "check",
        "check-circle",
        "clock",
        "document-text",
        "exclamation-triangle",
        "map-pin",
        "minus",
        "pencil-square",
        "wrench",
        "x-mark",
    ),
}

# Those that the stylesheet draws, in rows of which there are many.
IN_STYLES = ("archive-box", "check", "clock", "exclamation-triangle", "map-pin", "wrench")


@register.simple_tag
def heroicon_micro(name: str, size: int = 16, **attributes: Any) -> SafeString:
    """An icon for the line of a chip, 16 pixels."""
    return _drawn("micro", name, size, **attributes)


@register.simple_tag
def heroicon_mini(name: str, size: int = 20, **attributes: Any) -> SafeString:
    """An icon for a button, 20 pixels unless `size` says otherwise."""
    return _drawn("mini", name, size, **attributes)


@register.simple_tag
def heroicon_outline(name: str, size: int = 24, **attributes: Any) -> SafeString:
    """An icon in lines, 24 pixels unless `size` says otherwise."""
    return _drawn("outline", name, size, **attributes)


@cache
def _drawn(style: str, name: str, size: int, **attributes: Any) -> SafeString:
    """Raises LookupError for an icon that is not among ICONS."""
    if name not in ICONS[style]:
        raise LookupError(f"Add the icon {name} to ICONS[{style!r}] and run manage.py draw_icons.")
    more = SafeString("").join(format_html(' {}="{}"', key, value) for key, value in attributes.items())
    svg = '<svg width="{0}" height="{0}" aria-hidden="true"{1}><use href="{2}#{3}-{4}"/></svg>'
    return format_html(svg, size, more, static(SPRITE), style, name)


def pictures() -> dict[str, str]:
    """The files that icons refer to, by their path among the static ones: `SPRITE`, and one for each of `IN_STYLES`."""
    note = "<!-- Heroicons, MIT License, drawn by manage.py draw_icons -->"
    symbols = (
        _svg(style, name).replace("<svg ", f'<symbol id="{style}-{name}" ').replace("</svg>", "</symbol>")
        for style, names in ICONS.items()
        for name in names
    )
    sprite = "\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', note, *symbols, "</svg>", ""])
    alone = {
        f"img/icons/{name}.svg": f"{note}\n{_svg('micro', name)}\n".replace(
            "<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '
        )
        for name in IN_STYLES
    }
    return {SPRITE: sprite, **alone}


def _svg(style: str, name: str) -> str:
    svg: str = getattr(heroicons, f"heroicon_{style}")(name, size=None)
    return re.sub(r' aria-hidden="true"|\n\s*', "", svg)
