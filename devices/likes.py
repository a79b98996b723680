"""How somebody likes the tables of Hardware: which columns, and how close the rows stand.

It stands on the person's own row (`User.tables`), which every request reads anyway, so a table asks nothing more.
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from accounts.models import User


class Likes:
    """What this person has chosen, or not. What is stored is taken for what it may be: a column may be gone since."""

    def __init__(self, user: User) -> None:
        self._stored = _dict(user.tables)

    @property
    def chosen(self) -> dict[str, Any]:
        """Columns by the table."""
        return _dict(self._stored.get("columns"))

    @property
    def is_compact(self) -> bool:
        return self._stored.get("density") == "compact"

    def columns(self, table: str) -> frozenset[str] | None:
        """The columns of this table by their slugs; None where nothing was chosen."""
        chosen = self.chosen.get(table)
        return frozenset(map(str, chosen)) if isinstance(chosen, list) else None


def _dict(stored: Any) -> dict[str, Any]:
    return stored if isinstance(stored, dict) else {}


@transaction.atomic
def remember(user: User, table: str, columns: Iterable[str] | None, *, is_compact: bool) -> None:
    """From now on this person sees the table with these columns, with the standard ones where they are None, and every
    table as compact as this."""
    row = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    chosen = {**Likes(row).chosen, table: None if columns is None else sorted(columns)}
    chosen = {name: slugs for name, slugs in chosen.items() if slugs is not None}
    row.tables = {"columns": chosen, "density": "compact" if is_compact else "comfortable"}
    row.save(update_fields=["tables"])
