"""Categories are free text; the well-known ones have a picture and a name in every language."""

from django.utils.translation import gettext_lazy as _

KNOWN = {
    "Laptop": _("Laptop"),
    "Desktop": _("Desktop"),
    "Phone": _("Phone"),
    "Tablet": _("Tablet"),
    "Monitor": _("Monitor"),
    "Printer": _("Printer"),
    "Headset": _("Headset"),
    "Accessory": _("Accessory"),
}


def label(category: str) -> str:
    """A category in the reader's language."""
    return str(KNOWN.get(category, category))


def canonical(text: str) -> str:
    """A category as it is stored: a well-known one by its English name, whichever language it was typed in."""
    text = " ".join(text.split())
    for name, translated in KNOWN.items():
        if text.casefold() in (name.casefold(), str(translated).casefold()):
            return name
    return text


def known(text: str) -> list[str]:
    """The well-known categories whose names, in English or in the reader's language, begin with this, be it one or many
    of them."""
    begins = tuple(one.casefold() for one in _one_or_many(text))
    return [
        name
        for name, translated in KNOWN.items()
        if begins and any(one.casefold().startswith(begins) for one in (name, str(translated)))
    ]


def spelled(text: str) -> list[str]:
    """How a category that the company has thought of may be spelled."""
    ways = (way for one in _one_or_many(text) for way in (one, one.capitalize(), one.title(), one.lower()))
    return list(dict.fromkeys(ways))


def _one_or_many(text: str) -> list[str]:
    """What was typed, and what may be the one of these many; nothing of less than three letters."""
    typed = " ".join(text.split())
    return [one for one in (typed, typed.removesuffix("s"), typed.removesuffix("ies")) if len(one) >= 3]
