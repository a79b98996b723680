"""Pages of rows that cost the same wherever they are: each begins behind the last row of the one before, and not after
so many rows that have to be counted first. While others work, no row is shown twice or left out because of that."""

import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from typing import Any, NamedTuple

from django.core import signing
from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, models, router
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.formats import number_format

Rows = models.QuerySet[Any]
# A queryset, or several that follow one another, each made only when its turn comes.
Ways = Rows | Sequence[Callable[[], Rows]]
# Beyond, a page says "10,000+": counting would cost more than reading.
MOST_COUNTED = 10_000
_SIGNER = signing.Signer(salt="accounts.keyset")


class KeyField(models.CharField):
    """A text that is only sorted and compared: byte by byte, so that both databases agree, and that an index knows what
    begins with something (`begins_with`)."""

    def db_parameters(self, connection: Any) -> Any:
        collation = "C" if connection.vendor == "postgresql" else None
        return {**super().db_parameters(connection), "collation": collation}


def begins_with(field: str, text: str) -> models.Q:
    """Rows whose KeyField begins with this. Two comparisons and no LIKE, for which row level security uses no index: it
    might tell of rows that the policy hides."""
    return models.Q(**{f"{field}__gte": text, f"{field}__lt": text + chr(sys.maxunicode)})


@dataclass(frozen=True)
class Order:
    """An order of rows: fields, of which the last is different for each row. Rows whose first field is `blank` stand at
    the end, upwards and downwards."""

    fields: tuple[str, ...]
    is_down: bool = False
    may_be_blank: bool = False
    blank: str | None = None

    def parts(self) -> list[tuple[models.Q, tuple[str, ...]]]:
        """What is read one after the other: which rows, and the fields by which these are sorted."""
        first, *others = self.fields
        if not self.may_be_blank:
            return [(models.Q(), self.fields)]
        if self.blank is None:
            filled = models.Q(**{f"{first}__isnull": False})
        else:
            filled = models.Q(**{f"{first}__gt": self.blank})
        return [(filled, self.fields), (models.Q(**{first: self.blank}), tuple(others))]


class Place(NamedTuple):
    """A row from which a page is read: its part of the order, its values there, and how many rows came before it on the
    way that led there."""

    part: int
    values: list[Any]
    number: int


class KeysetPage:
    """One page of `rows`, and where to go from it. They give out objects on which the fields of the order stand.
    `place` is what the address says: nothing for the first page, else one of the three places below."""

    def __init__(self, rows: Ways, order: Order, size: int, place: str) -> None:
        self._order, self._size = order, size
        self._parts = [(way, which, fields) for way in _ways(rows) for which, fields in order.parts()]
        self.has_previous = self.has_next = False
        # The number of the first row, from 1 on; None where nobody has counted the way there.
        self.start_index: int | None = 1
        self._found: list[tuple[int, Any]] = []
        direction, _hyphen, token = place.partition("-")
        start = self._start(token) if direction in ("after", "before") else None
        if direction == "last":
            self._go_back(None)
        elif direction == "before" and start:
            self._go_back(start)
        else:
            self._go_on(start)
        self.object_list = [row for _part, row in self._found]

    @property
    def end_index(self) -> int | None:
        """The number of the last row."""
        return None if self.start_index is None else self.start_index + len(self._found) - 1

    # Where to go, for the address

    @property
    def next(self) -> str:
        return f"after-{self._token(-1)}" if self.has_next else ""

    @property
    def previous(self) -> str:
        return f"before-{self._token(0)}" if self.has_previous else ""

    last = "last"

    @property
    def has_other_pages(self) -> bool:
        return self.has_previous or self.has_next

    # Reading

    def _go_on(self, start: Place | None) -> None:
        self._found = list(self._read(start, backwards=False))
        if start and not self._found:  # what came there is gone
            self._go_back(None)
            return
        self.has_previous, self.has_next = start is not None, len(self._found) > self._size
        if start:
            self.start_index = start.number + 1 if start.number else None
        del self._found[self._size :]

    def _go_back(self, start: Place | None) -> None:
        found = list(self._read(start, backwards=True))
        self.has_previous, self.has_next = len(found) > self._size, start is not None
        if not self.has_previous:  # the beginning: a whole page from there
            self._go_on(None)
            return
        self._found = found[: self._size][::-1]
        first = start.number - len(self._found) if start else 0
        self.start_index = first if first > 1 else None

    def _read(self, start: Place | None, *, backwards: bool) -> Iterator[tuple[int, Any]]:
        """Rows from this place on, one more than a page has."""
        number, values = (start.part, start.values) if start else (len(self._parts) - 1 if backwards else 0, None)
        missing = self._size + 1
        while 0 <= number < len(self._parts) and missing:
            way, which, fields = self._parts[number]
            is_down = self._order.is_down != backwards
            rows = way().filter(which)
            if values is not None:
                beyond = TupleLessThan if is_down else TupleGreaterThan
                rows = rows.filter(beyond(Tuple(*map(models.F, fields)), values))
                values = None
            for row in rows.order_by(*(f"-{field}" if is_down else field for field in fields))[:missing]:
                missing -= 1
                yield number, row
            number += -1 if backwards else 1

    # Places

    def _token(self, index: int) -> str:
        """The place of the page's first or last row. Signed, so that what comes back is what was given out: values of
        the right type, of this order."""
        part, row = self._found[index]
        values = [_packed(_value(row, field)) for field in self._parts[part][2]]
        number = (self.end_index if index else self.start_index) or 0
        return _SIGNER.sign_object([*self._order.fields, len(self._parts), part, values, number], compress=True)

    def _start(self, token: str) -> Place | None:
        try:
            *fields, parts, part, values, number = _SIGNER.unsign_object(token)
        except (signing.BadSignature, ValueError):
            return None
        if (fields, parts) != (list(self._order.fields), len(self._parts)):
            return None
        return Place(part, list(map(_unpacked, values)), number)


def _value(row: Any, field: str) -> Any:
    """A field of a row: a plain value under this name, or one of an object that the row refers to."""
    return getattr(row, field) if hasattr(row, field) else reduce(getattr, field.split("__"), row)


_KINDS: dict[str, Callable[[str], Any]] = {
    "moment": datetime.fromisoformat,
    "day": date.fromisoformat,
    "amount": Decimal,
}


def _packed(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, Decimal):
        return {"amount": str(value)}
    return value


def _unpacked(value: Any) -> Any:
    if isinstance(value, dict):
        ((kind, text),) = value.items()
        return _KINDS[kind](text)
    return value


@dataclass(frozen=True)
class Total:
    """How many rows there are, counted as far as that is cheap: to one more than `most`."""

    counted: int
    most: int

    def __str__(self) -> str:
        return number_format(min(self.counted, self.most), force_grouping=True) + "+" * (self.counted > self.most)

    def __bool__(self) -> bool:
        return bool(self.counted)

    @classmethod
    def of(cls, rows: models.QuerySet[Any], most: int, along: Sequence[str] = ()) -> "Total":
        """Of these rows. `along` are fields of an index in whose order they are met: a database that expects few of
        them would fetch all that might be."""
        return cls.of_each((rows, most), along=along)[0]

    @classmethod
    def of_each(cls, *counted: tuple[models.QuerySet[Any], int], along: Sequence[str] = ()) -> "list[Total]":
        """Likewise of several, in one query; none for those that can't be any."""
        using = router.db_for_read(counted[0][0].model) or DEFAULT_DB_ALIAS
        parts, parameters, asked = [], [], []
        for number, (rows, most) in enumerate(counted):
            first = rows.order_by(*along).values("pk")[: most + 1]
            with suppress(EmptyResultSet):
                sql, values = first.query.get_compiler(using).as_sql()
                parts.append(f"(SELECT COUNT(*) FROM ({sql}) AS counted)")
                parameters += values
                asked.append(number)
        found = [0] * len(counted)
        if parts:
            with connections[using].cursor() as cursor:
                cursor.execute(f"SELECT {', '.join(parts)}", parameters)
                for number, total in zip(asked, cursor.fetchone(), strict=True):
                    found[number] = total
        return [cls(total, most) for total, (_rows, most) in zip(found, counted, strict=True)]


def keys_in_order(rows: Ways, order: Order) -> "array[int]":
    """The keys of all rows in this order, as a page finds them: eight bytes each, read as a stream."""
    keys = array("q")
    for way in _ways(rows):
        for which, fields in order.parts():
            ordered = (f"-{field}" if order.is_down else field for field in fields)
            keys.extend(way().filter(which).order_by(*ordered).values_list("pk", flat=True).iterator(chunk_size=10_000))
    return keys


def _ways(rows: Ways) -> Sequence[Callable[[], Rows]]:
    return [lambda: rows] if isinstance(rows, models.QuerySet) else rows
