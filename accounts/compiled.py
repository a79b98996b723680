"""Queries that differ by nothing but keys, and are asked so often that writing them counts: for one row of a wide table
the ORM takes several times as long as the database."""

from collections.abc import Callable, Sequence
from copy import copy
from inspect import signature
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connections, models, router, transaction
from django.db.models.query import ModelIterable

Row = TypeVar("Row", bound=models.Model)
# Keys that no row has. Where they stand in the statement, those of a call are put. The others are there to see whether
# all that differs between two calls are the keys themselves.
_NUMBERS = [4611686018427388039, 5023861739014627801, 6148914691236517223]
_OTHERS = [4900317264810953377, 5534023222112865487, 7205759403792793601]
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


class _Statement(NamedTuple):
    query: Any
    compiler: Any
    sql: str
    # What stands in it as it is: the company does (accounts/planning.py). All else is sent along.
    literal: list[Any]
    parameters: tuple[Any, ...]
    converters: dict[int, Any]

    def with_keys(self, given: dict[Any, Any]) -> tuple[str, tuple[Any, ...]]:
        """SQL and parameters with these keys instead of their stand-ins, each of the type that Django gave it, by which
        PostgreSQL knows a prepared statement again."""
        sql = self.sql
        for stand_in in self.literal:
            sql = sql.replace(str(stand_in), str(int(given[stand_in])))
        return sql, tuple(type(one)(given[one]) if one in given else one for one in self.parameters)


class CompiledQuery(Generic[Row]):
    """Rows of a model by a queryset that a process compiles once for each database, and from then on only executes.

    `CompiledQuery(User, lambda key: User.objects.filter(pk=key))`, kept as a constant, is called with a key and returns
    a list. Keys are whole numbers, or with `text` texts; all else in the queryset has to be the same for everybody and
    at any time. Raises ValueError for a queryset that does more than that.
    """

    def __init__(self, model: type[Row], rows: Callable[..., models.QuerySet[Row]], *, text: bool = False) -> None:
        self.model, self._rows, self._key = model, rows, str if text else int
        self._count = len(signature(rows).parameters)
        self._compiled: dict[str, _Statement] = {}

    def __call__(self, *keys: int | str) -> list[Row]:
        if any(isinstance(key, int) and not _SMALLEST <= key <= _LARGEST for key in keys):
            return []
        using = router.db_for_read(self.model)
        if using not in self._compiled:
            self._compiled[using] = self._checked(using)
        statement, connection = self._compiled[using], connections[using]
        if statement.query.select_for_update and not connection.in_atomic_block:
            raise transaction.TransactionManagementError("What is locked is locked inside a transaction.")
        sql, parameters = statement.with_keys(dict(zip(self._stand_ins(_NUMBERS), keys, strict=True)))
        query, compiler = copy(statement.query), copy(statement.compiler)
        compiler.connection = connection  # a thread has its own
        compiler.as_sql = lambda: (sql, parameters)
        compiler.get_converters = lambda expressions: statement.converters
        query.get_compiler = lambda using: compiler
        return list(models.QuerySet(self.model, query, using))

    def get(self, *keys: int | str) -> Row:
        """The one row. Raises the model's DoesNotExist, and MultipleObjectsReturned."""
        rows = self(*keys)
        if len(rows) > 1:
            raise self.model.MultipleObjectsReturned  # type: ignore[attr-defined]
        if not rows:
            raise self.model.DoesNotExist  # type: ignore[attr-defined]
        return rows[0]

    def _stand_ins(self, numbers: Sequence[int]) -> list[int | str]:
        return [self._key(number) for number in numbers[: self._count]]

    def _checked(self, using: str) -> _Statement:
        """The statement. Raises ValueError where putting keys into it would not give what Django compiles for them."""
        statement = self._compile(using, _NUMBERS)
        other = self._compile(using, _OTHERS)
        given = dict(zip(self._stand_ins(_NUMBERS), self._stand_ins(_OTHERS), strict=True))
        is_there = set(given) <= {*statement.literal, *statement.parameters}
        if not is_there or statement.with_keys(given) != (other.sql, other.parameters):
            raise ValueError("A key does not reach the statement as it is, so it can't be replaced there.")
        return statement

    def _compile(self, using: str, numbers: Sequence[int]) -> _Statement:
        stand_ins = self._stand_ins(numbers)
        rows = self._rows(*stand_ins)
        if rows._iterable_class is not ModelIterable or rows._prefetch_related_lookups:  # type: ignore[attr-defined]
            raise ValueError("This asks for something else than rows of a model by one statement.")
        compiler = rows.query.get_compiler(using)
        sql, parameters = compiler.as_sql()
        literal = [stand_in for stand_in in stand_ins if str(stand_in) in sql]
        converters = compiler.get_converters([column for column, *_rest in compiler.select])
        return _Statement(rows.query, compiler, sql, literal, parameters, converters)
