"""How text is compared, and what a name may not hold: names, addresses, serial numbers."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Characters of a text that are compared, more than any name or number has. To normalise a text takes time by the square
# of its length where marks follow marks.
LONGEST_COMPARED = 1000

_BLANKS_AND_HYPHENS = re.compile(r"[\s\-\u00ad\u2010-\u2015\u2212\ufe58\ufe63\uff0d]+")


def identifier_key(text: str) -> str:
    """A serial number or asset tag as it is compared: NFKC, without blanks and hyphens, upper case."""
    return _BLANKS_AND_HYPHENS.sub("", unicodedata.normalize("NFKC", text[:LONGEST_COMPARED])).upper()


def name_key(text: str) -> str:
    """A name as it is compared: NFKC, single blanks, letter case ignored."""
    return " ".join(unicodedata.normalize("NFKC", text[:LONGEST_COMPARED]).split()).casefold()


_NUMBER = re.compile(r"\d+", re.ASCII)
# As long as a column of such keys may be.
SORT_KEY_LENGTH = 200


def sort_key(text: str) -> str:
    """A name as tables sort it: letter case and blanks ignored, numbers by their value ("Laptop 9" before "Laptop 10").
    Blank for a blank text alone."""
    return _NUMBER.sub(lambda number: number[0].zfill(10), name_key(text))[:SORT_KEY_LENGTH]


def search_key(text: str) -> str:
    """A text as a search compares it: letter case, accents and blanks ignored."""
    letters = unicodedata.normalize("NFKD", text)
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).casefold().split())


def key_in(text: str) -> int | None:
    """The key of a row, as a form or an address has it; None where it is none that a database could look up."""
    return int(text) if text.isdecimal() and len(text) < 19 else None


def clean_email(text: str) -> str:
    """An email address as it is stored: trimmed, lower case."""
    return text.strip().lower()


def readable_domain(name: str) -> str:
    """A domain with the letters that `xn--` spells out, as people know it."""
    try:
        return name.encode("ascii").decode("idna")
    except UnicodeError:
        return name


# Whoever runs the server and works there by commands, as logs and mails name them.
CONSOLE = "Velory’s console"

# Characters that can't be seen and make a name look like another one, or turn the text around it: those that set the
# direction of writing by force, those of no width, fillers, control characters. What languages and emoji need stays:
# the joiners (U+200C, U+200D), the marks of direction (U+200E, U+200F, U+061C), variants, and the tags of a flag.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0001]"
    "|(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0020-\U000e007f]+"
)


def without_unseen(text: str) -> str:
    """The text without characters that can't be seen, such as lists from elsewhere bring along."""
    return _UNSEEN.sub("", text)


def refuse_unseen(text: str) -> None:
    """Raises ValidationError for a name that holds a character which can't be seen."""
    if found := _UNSEEN.search(text):
        raise ValidationError(
            _("There is a character in it that can’t be seen (U+%(code)s). Type it anew, without that."),
            params={"code": f"{ord(found[0][0]):04X}"},
            code="unseen",
        )


LONGEST_SEARCH = 200


def clean_search(text: str | None) -> str:
    """What somebody searches for: trimmed, not endless, and without NULs, which no text of ours holds and which
    PostgreSQL refuses even to compare with."""
    return (text or "").replace("\0", "").strip()[:LONGEST_SEARCH]
