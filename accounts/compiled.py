"""Queries that differ by nothing but keys, and are asked so often that writing them counts: for one row of a wide table
the ORM takes several times as long as the database."""

from collections.abc import Callable, Sequence
from copy import copy
from inspect import signature
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connections, models, router

Row = TypeVar("Row", bound=models.Model)
# Keys that no row has. Where they stand in the statement, those of a call are put.
_NUMBERS: Sequence[int] = range(2**62, 2**62 + 4)
_TEXTS = [f"{number}" for number in _NUMBERS]
_LARGEST = 2**63 - 1


class _Statement(NamedTuple):
    query: Any
    compiler: Any
    sql: str
    # What stands in it as it is: the company does (accounts/planning.py). All else is sent along.
    literal: list[Any]
    parameters: tuple[Any, ...]
    converters: dict[int, Any]


class CompiledQuery(Generic[Row]):
    """A queryset that a process compiles once for each database, and from then on only executes.

    `CompiledQuery(User, lambda key: User.objects.filter(pk=key))`, kept as a constant, is called with a key and gives
    the rows. Keys are whole numbers, or with `text` texts; all else in it has to be the same for everybody and at any
    time. One that locks belongs inside a transaction, as ever.
    """

    def __init__(self, model: type[Row], rows: Callable[..., models.QuerySet[Row]], *, text: bool = False) -> None:
        self.model, self._rows = model, rows
        self._stand_ins = (_TEXTS if text else _NUMBERS)[: len(signature(rows).parameters)]
        self._compiled: dict[str, _Statement] = {}

    def __call__(self, *keys: int | str) -> list[Row]:
        if any(isinstance(key, int) and key > _LARGEST for key in keys):
            return []
        using = router.db_for_read(self.model)
        if using not in self._compiled:
            self._compiled[using] = self._compile(using)
        statement = self._compiled[using]
        given = dict(zip(self._stand_ins, keys, strict=True))
        sql = statement.sql
        for stand_in in statement.literal:
            sql = sql.replace(str(stand_in), str(int(given[stand_in])))
        parameters = tuple(given.get(parameter, parameter) for parameter in statement.parameters)
        query, compiler = copy(statement.query), copy(statement.compiler)
        compiler.connection = connections[using]  # a thread has its own
        compiler.as_sql = lambda: (sql, parameters)
        compiler.get_converters = lambda expressions: statement.converters
        query.get_compiler = lambda using: compiler
        return list(models.QuerySet(self.model, query, using))

    def get(self, *keys: int | str) -> Row:
        """The one row. Raises the model's DoesNotExist."""
        for row in self(*keys):
            return row
        raise self.model.DoesNotExist  # type: ignore[attr-defined]

    def _compile(self, using: str) -> _Statement:
        query = self._rows(*self._stand_ins).query
        compiler = query.get_compiler(using)
        sql, parameters = compiler.as_sql()
        literal = [stand_in for stand_in in self._stand_ins if str(stand_in) in sql]
        if set(self._stand_ins) - {*literal, *parameters}:
            raise ValueError("A key does not reach the statement as it is, so it can't be replaced there.")
        converters = compiler.get_converters([column for column, *_rest in compiler.select])
        return _Statement(query, compiler, sql, literal, parameters, converters)
