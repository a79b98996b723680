"""Triggers that keep the logs append-only: a line is never changed or deleted, and of a plate only the name is erased.

Which tables have them is read off the models (accounts/models/chained.py), wherever those stand. DELETE is let through
only when the company is already gone in the same transaction, which is how a company is erased: there is no switch
that could be left open. Where a model says when its lines may go besides (`Chained.LET_GO`), they may; on PostgreSQL by
a function of the owner's, as no other role may delete any.
"""

import re
from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from . import rights
from .models.chained import Chained, Plate

_ONLY_ERASED = """NEW.id = OLD.id AND NEW.company_id = OLD.company_id AND NEW.kind = OLD.kind
    AND NEW.reference {is_same} OLD.reference AND OLD.salt <> '' AND NEW.salt = '' AND NEW.name = ''"""

# Here and below, what PostgreSQL is told is written as PostgreSQL writes it back, so that it can be compared.
_FUNCTIONS = {
    "velory_append_only": """CREATE OR REPLACE FUNCTION public.velory_append_only() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $function$
BEGIN
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM accounts_company WHERE id = OLD.company_id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $function$""",
    "velory_only_erased": f"""CREATE OR REPLACE FUNCTION public.velory_only_erased() RETURNS trigger
LANGUAGE plpgsql AS $function$
BEGIN
    IF {_ONLY_ERASED.format(is_same="IS NOT DISTINCT FROM")} THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a name can only be erased' USING ERRCODE = 'integrity_constraint_violation';
END $function$""",
}


# For a model with `LET_GO`: the function of its trigger, and the one that deletes by a column's values, within the
# company that the transaction names. The first line of each log goes last, as the condition may ask for it.
_REFUSE_UNLESS = """CREATE OR REPLACE FUNCTION public.velory_append_only_{name}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $function$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM accounts_company WHERE id = OLD.company_id) OR {condition} THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $function$"""
_LET_GO = """CREATE OR REPLACE FUNCTION public.velory_let_go_{name}(keys bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $function$
DECLARE company bigint := nullif(current_setting('app.company_id', true), '')::bigint;
BEGIN
    DELETE FROM {table} WHERE company_id = company AND {column} = ANY (keys) AND sequence > 1;
    DELETE FROM {table} WHERE company_id = company AND {column} = ANY (keys);
END $function$"""


def append_only_models() -> Iterator[type[models.Model]]:
    """The models of lines and of plates."""
    return (model for model in apps.get_models() if issubclass(model, (Chained, Plate)))


def statements(vendor: str) -> dict[str, str]:
    """What puts up each trigger, by its name."""
    make = _on_sqlite if vendor == "sqlite" else _on_postgres
    return {
        f"{model._meta.model_name}_{end}": f"CREATE TRIGGER {model._meta.model_name}_{end} {rest}"
        for model in append_only_models()
        for end, rest in make(model).items()
    }


def _with_let_go() -> Iterator[tuple[type[models.Model], dict[str, str]]]:
    for model in append_only_models():
        if issubclass(model, Chained) and model.LET_GO:
            names = {"name": model._meta.model_name, "table": model._meta.db_table, "column": model.LET_GO_BY}
            yield model, {key: str(value) for key, value in names.items()} | {"condition": model.LET_GO}


def _letting_go() -> dict[str, str]:
    """The functions by which the application lets lines go, by name."""
    return {f"velory_let_go_{names['name']}": _LET_GO.format(**names) for _model, names in _with_let_go()}


rights.OPEN_FUNCTIONS.append(_letting_go)


def _functions_wanted() -> dict[str, str]:
    """What makes each function, by name."""
    refusing = {f"velory_append_only_{n['name']}": _REFUSE_UNLESS.format(**n) for _model, n in _with_let_go()}
    return _FUNCTIONS | refusing | _letting_go()


def _on_sqlite(model: type[models.Model]) -> dict[str, str]:
    table, is_plate = model._meta.db_table, issubclass(model, Plate)
    unless_company_is_gone = "WHEN EXISTS (SELECT 1 FROM accounts_company WHERE id = OLD.company_id)"
    if issubclass(model, Chained) and model.LET_GO:
        unless_company_is_gone += f" AND NOT ({model.LET_GO})"
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    no_delete = {"no_delete": f"BEFORE DELETE ON {table} {unless_company_is_gone} {refuse}"}
    if not is_plate:
        return {"no_update": f"BEFORE UPDATE ON {table} {refuse}", **no_delete}
    only_erased = f"""BEFORE UPDATE ON {table} WHEN NOT ({_ONLY_ERASED.format(is_same="IS")})
        BEGIN SELECT RAISE(ABORT, 'a name can only be erased'); END"""
    return {"only_erased": only_erased, **no_delete}


def _on_postgres(model: type[models.Model]) -> dict[str, str]:
    table, is_plate = model._meta.db_table, issubclass(model, Plate)
    each_row, refuse = f"ON {table} FOR EACH ROW EXECUTE FUNCTION", "velory_append_only()"
    of_its_own = issubclass(model, Chained) and bool(model.LET_GO)
    refuse_delete = f"velory_append_only_{model._meta.model_name}()" if of_its_own else refuse
    both = {
        "no_delete": f"BEFORE DELETE {each_row} {refuse_delete}",
        "no_truncate": f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {refuse}",
    }
    if is_plate:
        return {"only_erased": f"BEFORE UPDATE {each_row} velory_only_erased()", **both}
    return {"no_update": f"BEFORE UPDATE {each_row} {refuse}", **both}


def have_tables(connection: BaseDatabaseWrapper) -> bool:
    """Whether every table is there that has triggers; in the middle of the first migrate they are not."""
    tables = {model._meta.db_table for model in append_only_models()} | {"accounts_company", *_mentioned()}
    return tables <= set(connection.introspection.table_names())


def _mentioned() -> set[str]:
    """Tables that the conditions of `LET_GO` ask."""
    conditions = (model.LET_GO for model in append_only_models() if issubclass(model, Chained))
    return {table for condition in conditions for table in re.findall(r"(?:FROM|JOIN) (\w+)", condition)}


def put_up(connection: BaseDatabaseWrapper) -> None:
    """Put up every trigger anew, unless all of them stand. Within a transaction."""
    if not missing(connection):
        return
    take_down(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for statement in _functions_wanted().values():
                cursor.execute(statement)
            for name in _letting_go():
                cursor.execute(f"REVOKE ALL ON FUNCTION {name}(bigint[]) FROM PUBLIC")
                app = connection.ops.quote_name(settings.DATABASE_ROLES["app"])
                cursor.execute(f"GRANT EXECUTE ON FUNCTION {name}(bigint[]) TO {app}")
        for statement in statements(connection.vendor).values():
            cursor.execute(statement)


def take_down(connection: BaseDatabaseWrapper) -> None:
    """Remove every trigger from these tables, those of an earlier release included."""
    on_table = "" if connection.vendor == "sqlite" else " ON {}"
    with connection.cursor() as cursor:
        for name, table, _statement in _standing(cursor, connection.vendor):
            cursor.execute(f"DROP TRIGGER {name}" + on_table.format(table))


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """What should stand and doesn't, is switched off, or is another than it should be, or too many; one line each."""
    vendor = connection.vendor
    wanted = statements(vendor)
    with connection.cursor() as cursor:
        triggers = _standing(cursor, vendor)
        functions = _functions(cursor) if vendor == "postgresql" else {}
    standing = {name: statement for name, _table, statement in triggers}
    return [
        *(f"trigger {name} does not stand" for name in sorted(wanted) if standing.get(name) != wanted[name]),
        *(f"{table} has a trigger too many, {name}" for name, table, _statement in triggers if name not in wanted),
        *(f"function {name} is another" for name, is_ours in functions.items() if not is_ours),
    ]


def _standing(cursor, vendor: str) -> list[tuple[str, str, str]]:
    """Name, table and statement of each trigger on these tables; of one that is switched off no statement."""
    tables = [model._meta.db_table for model in append_only_models()]
    if vendor == "sqlite":
        marks = ", ".join(["%s"] * len(tables))
        cursor.execute(
            f"SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ({marks})", tables
        )
    else:
        cursor.execute(
            """SELECT t.tgname, c.relname, CASE WHEN t.tgenabled IN ('O', 'A') THEN pg_get_triggerdef(t.oid, true) END
            FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
            WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace AND c.relname = ANY (%s)""",
            [tables],
        )
    return cursor.fetchall()


def _functions(cursor) -> dict[str, bool]:
    """Whether each function is what it should be, and its owner the tables': it looks with their eyes."""
    cursor.execute(
        """SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p
        JOIN pg_class company ON company.oid = 'accounts_company'::regclass AND company.relowner = p.proowner
        WHERE p.pronamespace = 'public'::regnamespace AND p.proname = ANY (%s)""",
        [list(_functions_wanted())],
    )
    standing = {name: statement.split() for name, statement in cursor.fetchall()}
    return {name: standing.get(name) == statement.split() for name, statement in _functions_wanted().items()}
