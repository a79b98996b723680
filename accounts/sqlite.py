"""SQLite's LIKE folds only the letters of ASCII, so a search for "åsa" would miss "Åsa". PostgreSQL folds them all."""

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


def teach(sender: Any, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Give each new connection to SQLite our LIKE."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("like", 2, like, deterministic=True)
        connection.connection.create_function("like", 3, like, deterministic=True)
