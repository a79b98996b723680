"""How text is compared: names, addresses, serial numbers."""

import re
import unicodedata

_BLANKS_AND_HYPHENS = re.compile(r"[\s\-\u00ad\u2010-\u2015\u2212\ufe58\ufe63\uff0d]+")


def identifier_key(text: str) -> str:
    """A serial number or asset tag as it is compared: NFKC, without blanks and hyphens, upper case."""
    return _BLANKS_AND_HYPHENS.sub("", unicodedata.normalize("NFKC", text)).upper()


def name_key(text: str) -> str:
    """A name as it is compared: NFKC, single blanks, letter case ignored."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def clean_email(text: str) -> str:
    """An email address as it is stored: trimmed, lower case."""
    return text.strip().lower()


# Whoever runs the server and works there by commands, as logs and mails name them.
CONSOLE = "Velory’s console"

LONGEST_SEARCH = 200


def clean_search(text: str | None) -> str:
    """What somebody searches for: trimmed, not endless, and without NULs, which no text of ours holds and which
    PostgreSQL refuses even to compare with."""
    return (text or "").replace("\0", "").strip()[:LONGEST_SEARCH]
