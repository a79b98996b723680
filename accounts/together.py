"""Several short lists by one statement."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, router
from django.db.models import QuerySet


def read_together(*lists: QuerySet[Any]) -> list[list[tuple[Any, ...]]]:
    """The rows of each of these querysets of values, which have columns of the same types: of texts and whole numbers,
    as nothing is converted."""
    alias = router.db_for_read(lists[0].model) or DEFAULT_DB_ALIAS
    parts: list[str] = []
    parameters: list[Any] = []
    for number, rows in enumerate(lists):
        try:
            sql, its_own = rows.query.get_compiler(alias).as_sql()
        except EmptyResultSet:  # nothing can match, which Django knows by itself
            continue
        parts.append(f"SELECT {number}, part{number}.* FROM ({sql}) AS part{number}")
        parameters += its_own
    found: list[list[tuple[Any, ...]]] = [[] for _rows in lists]
    if parts:
        with connections[alias].cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), parameters)
            for number, *row in cursor.fetchall():
                found[number].append(tuple(row))
    return found
