"""SQLite folds only the letters of ASCII, so a search for "åsa" would miss "Åsa", and both could be names of spaces.
PostgreSQL folds them all."""

import re
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


@lru_cache(maxsize=256)
def _compiled(pattern: str, escape: str) -> re.Pattern[str]:
    """A LIKE pattern as a regular expression over case-folded text."""
    parts, letters = [], iter(pattern.casefold())
    for letter in letters:
        if letter == escape:
            parts.append(re.escape(next(letters, "")))
        else:
            parts.append({"%": ".*", "_": "."}.get(letter, re.escape(letter)))
    return re.compile("".join(parts), re.DOTALL)


def like(pattern: Any, text: Any, escape: str = "") -> bool | None:
    """`text LIKE pattern ESCAPE escape`, whatever the alphabet. NULL gives NULL."""
    if pattern is None or text is None:
        return None
    return _compiled(str(pattern), escape).fullmatch(str(text).casefold()) is not None


def lower(text: Any) -> str | None:
    """`LOWER(text)`, whatever the alphabet. NULL gives NULL."""
    return None if text is None else str(text).lower()


def teach(sender: Any, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Give each new connection to SQLite our LIKE and LOWER."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("lower", 1, lower, deterministic=True)
        connection.connection.create_function("like", 2, like, deterministic=True)
        connection.connection.create_function("like", 3, like, deterministic=True)
