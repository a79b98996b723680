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


def meant(text: str) -> str | None:
    """The well-known category whose name, in English or in the reader's language, begins with this, be it one or many;
    None where that is less than three letters, or no category."""
    begin = " ".join(text.split()).casefold()
    begins = tuple(one for one in (begin, begin.removesuffix("s"), begin.removesuffix("ies")) if len(one) >= 3)
    for name, translated in KNOWN.items():
        if begins and any(one.casefold().startswith(begins) for one in (name, str(translated))):
            return name
    return None
