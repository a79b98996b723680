"""Whether the roles that Velory signs in by are fit for their part: the application's and support's own nothing and
bypass nothing, and neither is, or may become, another one of the three."""

import secrets

from django.conf import settings
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

# What a role may do to the whole cluster and Velory's have no use for. Who makes roles may, up to PostgreSQL 15, make
# itself a member of any; who replicates reads everything.
_POWERS = {
    "rolsuper": "is a superuser",
    "rolbypassrls": "may bypass row level security",
    "rolcreaterole": "may make roles",
    "rolreplication": "may replicate the whole server",
}


def powers(connection: BaseDatabaseWrapper, part: str) -> list[str]:
    """Why the role of this connection could see or do more than its part, "app" or "support"; one line each."""
    other = settings.DATABASE_ROLES["support" if part == "app" else "app"]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT rolname, {', '.join(_POWERS)} FROM pg_roles WHERE rolname = current_user")
        role, *has = cursor.fetchone()
        cursor.execute(
            """SELECT r.rolname FROM pg_roles r
            WHERE r.rolname <> current_user AND pg_has_role(current_user, r.oid, 'MEMBER')
              AND (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolreplication OR r.rolname = %s
                OR r.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')
                OR EXISTS (
                  SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relnamespace = 'public'::regnamespace))
            ORDER BY 1""",
            [other],
        )
        memberships = [name for (name,) in cursor.fetchall()]
        cursor.execute(
            """SELECT EXISTS (SELECT FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
            WHERE r.rolname = current_user AND c.relnamespace = 'public'::regnamespace)"""
        )
        owns = cursor.fetchone()[0]
    found = [f"{role} {words}" for words, it_has in zip(_POWERS.values(), has, strict=True) if it_has]
    if owns:
        found.append(f"{role} owns tables")
    if role == other:
        found.append(f"{role} is the role of {'support' if part == 'app' else 'the application'}")
    return found + [f"{role} is a member of {name}, which may do more" for name in memberships]


def share_database(one: BaseDatabaseWrapper, other: BaseDatabaseWrapper) -> bool:
    """Whether both connections lead to the same database: a lock that one holds, the other can't get there."""
    key = secrets.randbits(63)
    with transaction.atomic(using=one.alias), transaction.atomic(using=other.alias):
        with one.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [key])
            return not cursor.fetchone()[0]
