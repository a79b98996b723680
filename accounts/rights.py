"""What the roles of the application and of support may do to each table on PostgreSQL: no more and no less.

Row level security (accounts/policies.py) says which rows; this says which acts. What runs with its owner's rights, such
as a view, would show the application the rows that its owner sees, so nothing of the kind is open to it.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.db import BaseDatabaseCache
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from .models import Company
from .models.chained import Chained, Plate

NAMES = {"app": "the application", "support": "support"}

WORK = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
# TRUNCATE asks no policy, and with a key or a trigger of one's own one looks into tables of others.
EVERY_RIGHT = sorted(WORK | {"TRUNCATE", "REFERENCES", "TRIGGER"})


# Who tells of functions of ours that run with their owner's rights and that the application may call all the same, by
# name: each takes the company from the same setting as the policies do. Written as PostgreSQL writes them back.
OPEN_FUNCTIONS: list[Callable[[], dict[str, str]]] = []


def open_function(cursor, signature: str) -> None:
    """Let the roles call one of those functions, and nobody else."""
    cursor.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
    for role in settings.DATABASE_ROLES.values():
        cursor.execute(f'GRANT EXECUTE ON FUNCTION {signature} TO "{role}"')


class Difference(NamedTuple):
    """Between what a role, "app" or "support", may do to a table and what it should."""

    role: str
    table: str
    lacking: frozenset[str]
    too_many: frozenset[str]


def rights(role: str, model: type[models.Model]) -> frozenset[str]:
    """What a role may do to a model's table. Nobody but the owner erases a company or touches a line of a log."""
    if issubclass(model, Chained):
        return WORK - {"UPDATE", "DELETE"}
    if issubclass(model, Plate):
        return WORK - {"DELETE"}
    if model is Company:  # support founds them
        return WORK - ({"INSERT", "DELETE"} if role == "app" else {"DELETE"})
    return WORK


def _wanted(role: str) -> dict[str, frozenset[str]]:
    without_model: Any = [one for one in caches.all() if isinstance(one, BaseDatabaseCache)]
    tables = {one._table: WORK for one in without_model} | {"django_migrations": frozenset({"SELECT"})}
    return _of_models(role) | tables


@cache  # models don't change under a process, and whoever watches Velory asks often
def _of_models(role: str) -> dict[str, frozenset[str]]:
    return {
        model._meta.db_table: rights(role, model)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }


def put_up(connection: BaseDatabaseWrapper) -> None:
    """Give the roles what they lack and take what is too much, as the owner and within a transaction."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        differences = list(_differences(cursor))
        for role in sorted({difference.role for difference in differences}):
            cursor.execute(f"GRANT USAGE ON SCHEMA public TO {quote(settings.DATABASE_ROLES[role])}")
        for role, table, _lacking, _too_many in differences:
            on, name = quote(table), quote(settings.DATABASE_ROLES[role])
            cursor.execute(f"REVOKE ALL ON {on} FROM PUBLIC, {name}")
            cursor.execute(f"GRANT {', '.join(sorted(_wanted(role)[table]))} ON {on} TO {name}")
        for role in _known_for_later(cursor):
            name = quote(settings.DATABASE_ROLES[role])
            cursor.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM {name}")


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """What the roles may do and shouldn't, or the other way round, and ways past the policies; one line each."""
    with connection.cursor() as cursor:
        found = []
        for role, table, lacking, too_many in _differences(cursor):
            if lacking:
                found.append(f"{NAMES[role]} lacks a right on {table}, {', '.join(sorted(lacking))}")
            if too_many:
                found.append(f"{NAMES[role]} has a right too many on {table}, {', '.join(sorted(too_many))}")
        found += [f"what is made later is open to {NAMES[role]} at once" for role in _known_for_later(cursor)]
        return found + _ways_past(cursor)


def _differences(cursor) -> Iterator[Difference]:
    """A role that does not exist lacks every right. A right to one column counts as too many, and as none."""
    cursor.execute(
        """SELECT role.key, c.relname,
          array(SELECT p FROM unnest(%(rights)s::text[]) p WHERE has_table_privilege(r.oid, c.oid, p)),
          array(SELECT p FROM unnest(%(rights)s::text[]) p WHERE CASE
            WHEN p IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') THEN has_any_column_privilege(r.oid, c.oid, p)
            ELSE has_table_privilege(r.oid, c.oid, p) END)
        FROM unnest(%(keys)s::text[], %(names)s::text[]) AS role (key, name)
        LEFT JOIN pg_roles r ON r.rolname = role.name CROSS JOIN pg_class c
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY 1, 2""",
        {
            "rights": EVERY_RIGHT,
            "keys": list(settings.DATABASE_ROLES),
            "names": list(settings.DATABASE_ROLES.values()),
        },
    )
    all_wanted = {role: _wanted(role) for role in settings.DATABASE_ROLES}
    for role, table, whole, reachable in cursor.fetchall():
        wanted = all_wanted[role].get(table)
        if wanted is not None and not wanted == set(whole) == set(reachable):
            yield Difference(role, table, wanted - set(whole), frozenset(reachable) - wanted)


def _known_for_later(cursor) -> list[str]:
    """The roles that get rights on whatever is made, a view included, before anybody has thought of it."""
    cursor.execute(
        """SELECT DISTINCT r.rolname FROM pg_default_acl d CROSS JOIN aclexplode(d.defaclacl) a
        JOIN pg_roles r ON r.oid = a.grantee WHERE d.defaclobjtype = 'r'"""
    )
    granted = {name for (name,) in cursor.fetchall()}
    return [role for role, name in settings.DATABASE_ROLES.items() if name in granted]


def _ways_past(cursor) -> list[str]:
    """What is open to the application and sees what its owner sees, but for what belongs to an extension."""
    cursor.execute(
        """SELECT format('the application may read %%s.%%s, which sees what its owner sees', n.nspname, c.relname)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.rolname = %(app)s
        WHERE c.relkind IN ('v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
          AND has_any_column_privilege(r.oid, c.oid, 'SELECT')
          AND NOT EXISTS (SELECT FROM pg_options_to_table(c.reloptions)
            WHERE option_name = 'security_invoker' AND option_value::boolean)
          AND NOT EXISTS (SELECT FROM pg_depend d
            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        ORDER BY 1""",
        {"app": settings.DATABASE_ROLES["app"]},
    )
    found = [line for (line,) in cursor.fetchall()]
    cursor.execute(
        """SELECT n.nspname, p.proname, pg_get_functiondef(p.oid)
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_roles r ON r.rolname = %(app)s
        WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema')
          AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
          AND has_schema_privilege(r.oid, n.oid, 'USAGE') AND has_function_privilege(r.oid, p.oid, 'EXECUTE')
          AND NOT EXISTS (SELECT FROM pg_depend d
            WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
        ORDER BY 1""",
        {"app": settings.DATABASE_ROLES["app"]},
    )
    ours = {name: statement for tell in OPEN_FUNCTIONS for name, statement in tell().items()}
    open_to_it = cursor.fetchall()
    found += [f"the application can't call {name}" for name in sorted(ours.keys() - {row[1] for row in open_to_it})]
    return found + [
        f"the application may call {schema}.{name}, which sees what its owner sees"
        for schema, name, definition in open_to_it
        if ours.get(name, "").split() != definition.split()
    ]
