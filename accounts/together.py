"""Several short lists by one statement."""

from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, router
from django.db.models import QuerySet


class Statement(NamedTuple):
    """What Django can't write: a SELECT of so many columns."""

    sql: str
    parameters: list[Any]
    width: int = 1


def read_together(first: QuerySet[Any], *others: QuerySet[Any] | Statement) -> list[list[tuple[Any, ...]]]:
    """The rows of each of these querysets of values, whose columns are of the same types one by one, as far as each
    has them: of texts and whole numbers, as nothing is converted."""
    lists = first, *others
    alias = router.db_for_read(first.model) or DEFAULT_DB_ALIAS
    parts: dict[int, Statement] = {}
    for number, rows in enumerate(lists):
        try:
            parts[number] = rows if isinstance(rows, Statement) else _written(rows, alias)
        except EmptyResultSet:  # nothing can match, which Django knows by itself
            continue
    found: list[list[tuple[Any, ...]]] = [[] for _rows in lists]
    if parts:
        widest = max(part.width for part in parts.values())
        selects = (
            f"SELECT {number}, part{number}.*{', NULL' * (widest - part.width)} FROM ({part.sql}) AS part{number}"
            for number, part in parts.items()
        )
        parameters = [value for part in parts.values() for value in part.parameters]
        with connections[alias].cursor() as cursor:
            cursor.execute(" UNION ALL ".join(selects), parameters)
            for number, *row in cursor.fetchall():
                found[number].append(tuple(row[: parts[number].width]))
    return found


def _written(rows: QuerySet[Any], alias: str) -> Statement:
    compiler = rows.query.get_compiler(alias)
    sql, parameters = compiler.as_sql()
    return Statement(sql, list(parameters), len(compiler.select))
