"""A table on its way out: what is in it, and how its rows are read."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models.expressions import RawSQL
from django.utils import translation

from accounts.keyset import Order, Ways, keys_in_order
from accounts.scope import company_scope
from accounts.snapshot import snapshot

# A moment is a datetime, which is a date, too.
Cell = str | int | Decimal | date | UUID | None
Row = Sequence[Cell]

ROWS_AT_ONCE = 5000


@dataclass(frozen=True)
class Sheet:
    """`slug` names its file; `headings` stand above the rows, which `chunks` reads some at a time, once."""

    slug: str
    title: str
    headings: Sequence[str]
    chunks: Iterable[Sequence[Row]]


def in_chunks(
    company_id: int, rows: Ways, order: Order, read: Callable[[Sequence[int]], Mapping[int, Row]]
) -> Iterator[Sequence[Row]]:
    """All rows in this order: `read` makes of some keys what a file says of them, in English.

    Which rows there are is decided at one moment. They are read as somebody takes them, which may last, so each reading
    is a transaction of its own: none stays open meanwhile, none is lost or there twice, and each row is of one moment.
    """
    with snapshot(), company_scope(company_id):
        keys = keys_in_order(rows, order)
    for start in range(0, len(keys), ROWS_AT_ONCE):
        wanted = keys[start : start + ROWS_AT_ONCE]
        with company_scope(company_id), translation.override("en"):
            found = read(wanted)
        yield [found[key] for key in wanted if key in found]


def among(keys: Sequence[int]) -> Any:
    """These keys, for a filter `…__in`. To PostgreSQL they go as one array: to write thousands of parameters into a
    statement takes longer than to read the rows."""
    if connection.vendor != "postgresql":
        return keys
    return RawSQL("SELECT unnest(%s::bigint[])", [f"{{{','.join(map(str, keys))}}}"])
