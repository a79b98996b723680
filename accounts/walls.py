"""Walls that stand in the database: composite keys that keep a row's company, and append-only tables. Row level
security has a module of its own (accounts/policies.py), which is put up and looked after from here.

Composite keys are constraints of the model (`Meta.constraints`), so migrations carry them. Triggers are put up after
every migrate instead: SQLite drops them with each remake of a table, and trips over them during one.
"""

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.models.constraints import BaseConstraint
from django.utils.translation import gettext_lazy as _

from . import policies


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


# Events and name plates. DELETE is let through only when the company is already gone in the same transaction, which is
# how a company is erased: there is no switch that could be left open.
_SQLITE_TRIGGERS = {
    "event_no_update": """CREATE TRIGGER event_no_update BEFORE UPDATE ON devices_event
        BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
    "event_no_delete": """CREATE TRIGGER event_no_delete BEFORE DELETE ON devices_event
        WHEN EXISTS (SELECT 1 FROM accounts_company WHERE id = OLD.company_id)
        BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
    "nameplate_only_erased": """CREATE TRIGGER nameplate_only_erased BEFORE UPDATE ON devices_nameplate
        WHEN NOT (NEW.id = OLD.id AND NEW.company_id = OLD.company_id AND NEW.kind = OLD.kind
            AND NEW.reference IS OLD.reference AND OLD.salt <> '' AND NEW.salt = '' AND NEW.name = '')
        BEGIN SELECT RAISE(ABORT, 'a name can only be erased'); END""",
    "nameplate_no_delete": """CREATE TRIGGER nameplate_no_delete BEFORE DELETE ON devices_nameplate
        WHEN EXISTS (SELECT 1 FROM accounts_company WHERE id = OLD.company_id)
        BEGIN SELECT RAISE(ABORT, 'names are append-only'); END""",
    "audit_line_no_update": """CREATE TRIGGER audit_line_no_update BEFORE UPDATE ON accounts_auditline
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    "audit_line_no_delete": """CREATE TRIGGER audit_line_no_delete BEFORE DELETE ON accounts_auditline
        WHEN EXISTS (SELECT 1 FROM accounts_company WHERE id = OLD.company_id)
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    "audit_plate_only_erased": """CREATE TRIGGER audit_plate_only_erased BEFORE UPDATE ON accounts_auditplate
        WHEN NOT (NEW.id = OLD.id AND NEW.company_id = OLD.company_id AND NEW.kind = OLD.kind
            AND NEW.reference IS OLD.reference AND OLD.salt <> '' AND NEW.salt = '' AND NEW.name = '')
        BEGIN SELECT RAISE(ABORT, 'a name can only be erased'); END""",
    "audit_plate_no_delete": """CREATE TRIGGER audit_plate_no_delete BEFORE DELETE ON accounts_auditplate
        WHEN EXISTS (SELECT 1 FROM accounts_company WHERE id = OLD.company_id)
        BEGIN SELECT RAISE(ABORT, 'names are append-only'); END""",
}

_POSTGRES_FUNCTIONS = """
CREATE OR REPLACE FUNCTION velory_append_only() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM accounts_company WHERE id = OLD.company_id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE OR REPLACE FUNCTION velory_only_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id = OLD.id AND NEW.company_id = OLD.company_id AND NEW.kind = OLD.kind
        AND NEW.reference IS NOT DISTINCT FROM OLD.reference
        AND OLD.salt <> '' AND NEW.salt = '' AND NEW.name = '' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a name can only be erased' USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""

_POSTGRES_TRIGGERS = {
    "event_append_only": "BEFORE UPDATE OR DELETE ON devices_event FOR EACH ROW EXECUTE FUNCTION velory_append_only()",
    "event_no_truncate": "BEFORE TRUNCATE ON devices_event FOR EACH STATEMENT EXECUTE FUNCTION velory_append_only()",
    "nameplate_no_delete": "BEFORE DELETE ON devices_nameplate FOR EACH ROW EXECUTE FUNCTION velory_append_only()",
    "nameplate_no_truncate": "BEFORE TRUNCATE ON devices_nameplate FOR EACH STATEMENT EXECUTE FUNCTION "
    "velory_append_only()",
    "nameplate_only_erased": "BEFORE UPDATE ON devices_nameplate FOR EACH ROW EXECUTE FUNCTION velory_only_erased()",
    "audit_line_append_only": "BEFORE UPDATE OR DELETE ON accounts_auditline FOR EACH ROW EXECUTE FUNCTION "
    "velory_append_only()",
    "audit_line_no_truncate": "BEFORE TRUNCATE ON accounts_auditline FOR EACH STATEMENT EXECUTE FUNCTION "
    "velory_append_only()",
    "audit_plate_no_delete": "BEFORE DELETE ON accounts_auditplate FOR EACH ROW EXECUTE FUNCTION velory_append_only()",
    "audit_plate_no_truncate": "BEFORE TRUNCATE ON accounts_auditplate FOR EACH STATEMENT EXECUTE FUNCTION "
    "velory_append_only()",
    "audit_plate_only_erased": "BEFORE UPDATE ON accounts_auditplate FOR EACH ROW EXECUTE FUNCTION "
    "velory_only_erased()",
}

_GUARDED_TABLES = {
    "accounts_auditline",
    "accounts_auditplate",
    "accounts_company",
    "devices_event",
    "devices_nameplate",
}


def put_up(connection: BaseDatabaseWrapper) -> None:
    """Put up every trigger, and on PostgreSQL every policy. May run at any time and any number of times."""
    if not set(connection.introspection.table_names()) >= _GUARDED_TABLES:
        return  # in the middle of the first migrate
    take_down(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for statement in _SQLITE_TRIGGERS.values():
                cursor.execute(statement)
        else:
            cursor.execute(_POSTGRES_FUNCTIONS)
            for name, rest in _POSTGRES_TRIGGERS.items():
                cursor.execute(f"CREATE TRIGGER {name} {rest}")
            policies.put_up(connection)


def take_down(connection: BaseDatabaseWrapper) -> None:
    """Remove every trigger: before a migrate on SQLite, and before a test's flush."""
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in _SQLITE_TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        else:
            for name, rest in _POSTGRES_TRIGGERS.items():
                table = rest.split(" ON ")[1].split()[0]
                if table in tables:
                    cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """What should stand in this database and doesn't (or is switched off), one line each: triggers, and on PostgreSQL
    policies."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            wanted = _SQLITE_TRIGGERS.keys()
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')")
            wanted = _POSTGRES_TRIGGERS.keys()
        standing = {row[0] for row in cursor.fetchall()}
    found = [f"trigger {name} does not stand" for name in sorted(wanted - standing)]
    return found if connection.vendor == "sqlite" else found + policies.missing(connection)


def before_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """A remake of a table on SQLite drops its triggers, and fails on those that name it."""
    if connections[using].vendor == "sqlite":
        take_down(connections[using])


def after_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    put_up(connections[using])


@checks.register(checks.Tags.database)
def check_walls(app_configs: Any, databases: Iterable[str] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Refuse to start on a database whose event log could be rewritten, or whose companies could see each other."""
    found: list[checks.CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if not set(connection.introspection.table_names()) >= _GUARDED_TABLES:
            continue  # nothing migrated yet, which `migrate` itself has to pass
        if lines := missing(connection):
            found.append(
                checks.Error(
                    f"The database {alias!r} lacks walls: {'; '.join(lines)}.",
                    hint="Run `manage.py migrate`, which puts them up again.",
                    id="velory.E001",
                )
            )
        if connection.vendor == "postgresql" and alias == DEFAULT_DB_ALIAS and (lines := policies.powers(connection)):
            found.append(
                checks.Error(
                    f"The role of DATABASE_URL can get past the walls between companies: {'; '.join(lines)}.",
                    hint="Give the application a role of its own, as docs/deploy.md says.",
                    id="velory.E002",
                )
            )
    return found
