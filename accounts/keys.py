"""Composite keys that keep a row's company: a wall between companies that stands in the database itself.

They are constraints of the model (`Meta.constraints`), so migrations carry them.
"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.models.constraints import BaseConstraint
from django.utils.translation import gettext_lazy as _


def company_row(name: str, *, also: str = "") -> models.UniqueConstraint:
    """The key that a `SameCompany` of another table points at: (company, id), and the carried field where one is."""
    fields = ["company", "id", also] if also else ["company", "id"]
    return models.UniqueConstraint(fields=fields, name=name)


class SameCompany(BaseConstraint):
    """A foreign key that also holds the company: (company_id, x_id) exists as (company_id, id) in the target.

    `carries=("own", "theirs")` takes one more column along, so that a copy of the target's field can't differ from it.
    Native on both databases, deferred to the commit; a row without a target is not checked.
    """

    def __init__(self, *, field: str, name: str, carries: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.field = field
        self.carries = tuple(carries)

    def _key(self, model: type[models.Model], editor: BaseDatabaseSchemaEditor) -> str:
        quote = editor.quote_name
        field: Any = model._meta.get_field(self.field)
        target = field.remote_field.model._meta
        own, theirs = ["company_id", field.column], ["company_id", target.pk.column]
        if self.carries:
            copy: Any = model._meta.get_field(self.carries[0])
            own.append(copy.column)
            theirs.append(target.get_field(self.carries[1]).column)
        return (
            f"CONSTRAINT {quote(self.name)} FOREIGN KEY ({', '.join(map(quote, own))}) "
            f"REFERENCES {quote(target.db_table)} ({', '.join(map(quote, theirs))}) DEFERRABLE INITIALLY DEFERRED"
        )

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        if schema_editor.connection.vendor == "sqlite":
            return self._key(model, schema_editor)  # inside CREATE TABLE, so that a remake keeps it
        # The target's table may not exist yet.
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))
        return None

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        return Statement(
            "ALTER TABLE %(table)s ADD " + self._key(model, schema_editor).replace("%", "%%"),
            table=Table(model._meta.db_table, schema_editor.quote_name),
        )

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        return Statement(
            f"ALTER TABLE %(table)s DROP CONSTRAINT {schema_editor.quote_name(self.name)}",
            table=Table(model._meta.db_table, schema_editor.quote_name),
        )

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = "default") -> None:
        """Speak before the commit does. Raises ValidationError beside the field."""
        if exclude and (self.field in exclude or "company" in exclude):
            return
        other = getattr(instance, self.field, None)
        if other is not None and other.company_id != instance.company_id:
            raise ValidationError({self.field: _("Choose one of this company's.")})

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        kwargs["field"] = self.field
        if self.carries:
            kwargs["carries"] = self.carries
        return path, args, kwargs

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SameCompany):
            return NotImplemented
        return (self.name, self.field, self.carries) == (
            other.name,
            other.field,
            other.carries,
        )

    def __hash__(self) -> int:
        return hash((self.name, self.field, self.carries))
