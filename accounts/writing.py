"""One row written by a statement that a process compiles once. A move writes some, and the ORM takes several times as
long to write such a statement as the database to carry it out."""

from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError, connections, models, router, transaction
from django.db.models.signals import post_save, pre_save
from django.db.models.sql import InsertQuery, UpdateQuery

# The SQL of each database, by what it writes: what differs from row to row is sent along.
_compiled: dict[tuple[object, ...], str] = {}


def insert(row: models.Model) -> None:
    """Store a new row and give it its key, as `save(force_insert=True)` does.

    Raises ValueError for a model whose writing signals are listened to, as nobody would hear them, for a value that is
    an expression, and for a row that has a key already.
    """
    model, using = _begun(row)
    if row.pk is not None:
        raise ValueError("It has a key already.")
    connection: Any = connections[using]
    own_key = model._meta.pk
    fields = [field for field in model._meta.concrete_fields if field is not own_key]
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    if (what := (using, model)) not in _compiled:
        query = InsertQuery(model)
        query.insert_values(fields, [row])
        compiler: Any = query.get_compiler(using)
        compiler.returning_fields = [own_key]
        [(sql, _parameters)] = compiler.as_sql()
        _compiled[what] = _checked(sql, values)
    with transaction.mark_for_rollback_on_error(using), connection.cursor() as cursor:
        cursor.execute(_compiled[what], values)
        [[row.pk]] = connection.ops.fetch_returned_insert_rows(cursor)
    row._state.adding, row._state.db = False, using


def update(row: models.Model, names: Sequence[str]) -> None:
    """Store these fields of a row, as `save(update_fields=names)` does.

    Raises DatabaseError where the row is gone, and ValueError as `insert`.
    """
    model, using = _begun(row)
    connection = connections[using]
    given = [(field, field.pre_save(row, add=False)) for field in map(model._meta.get_field, names)]  # type: ignore[union-attr]
    values = [field.get_db_prep_save(value, connection) for field, value in given]  # type: ignore[union-attr]
    # NULL stands in the statement itself.
    parameters = [*(value for value in values if value is not None), row.pk]
    what = (using, model, *names, *(value is None for value in values))
    if what not in _compiled:
        query: Any = UpdateQuery(model)
        query.add_update_fields([(field, None, value) for field, value in given])
        query.add_filter("pk", row.pk)
        sql, _parameters = query.get_compiler(using).as_sql()
        _compiled[what] = _checked(sql, parameters)
    with transaction.mark_for_rollback_on_error(using), connection.cursor() as cursor:
        cursor.execute(_compiled[what], parameters)
        if not cursor.rowcount:
            raise DatabaseError("There is no such row.")


def _begun(row: models.Model) -> tuple[type[models.Model], str]:
    """The row's model, and the database that it goes to."""
    model = type(row)
    if pre_save.has_listeners(model) or post_save.has_listeners(model):
        raise ValueError(f"Somebody listens to what is saved of {model.__name__}.")
    row._prepare_related_fields_for_save("save")  # type: ignore[attr-defined]
    return model, router.db_for_write(model, instance=row)


def _checked(sql: str, parameters: Sequence[object]) -> str:
    if sql.count("%s") != len(parameters):
        raise ValueError("A value would not be sent along.")
    return sql
