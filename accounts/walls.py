"""The walls that stand in the database beside the keys of the models: triggers (accounts/triggers.py), and on
PostgreSQL row level security (accounts/policies.py) and the rights of roles (accounts/rights.py).

They are put up after every migrate and not by a migration: SQLite drops triggers with each remake of a table and trips
over them during one, and a policy follows its model.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from . import policies, rights, roles, triggers
from .scope import SUPPORT


def put_up(connection: BaseDatabaseWrapper) -> None:
    """Put up whatever does not stand, all of it or nothing. May run at any time, also beside a server: what stands is
    left alone, so that nobody waits for a lock. Raises DatabaseError, for instance where a role does not exist."""
    if not triggers.have_tables(connection) or not missing(connection):
        return
    with transaction.atomic(using=connection.alias):
        if connection.vendor == "postgresql":
            # Whoever comes after a lock that is waited for waits, too: so better to fail, and be run again.
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '10s'")
        triggers.put_up(connection)
        if connection.vendor == "postgresql":
            policies.put_up(connection)
            rights.put_up(connection)


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """What should stand in this database and doesn't, or is another than it should be; one line each."""
    found = triggers.missing(connection)
    if connection.vendor == "postgresql":
        found += policies.missing(connection) + rights.missing(connection)
    return found


def before_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """A remake of a table on SQLite drops its triggers, and fails on those that name it."""
    if connections[using].vendor == "sqlite":
        triggers.take_down(connections[using])


def after_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    put_up(connections[using])


@checks.register(checks.Tags.database)
def check_walls(app_configs: Any, databases: Iterable[str] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Refuse to start on a database whose event log could be rewritten, or whose companies could see each other."""
    connection = connections[DEFAULT_DB_ALIAS]
    if DEFAULT_DB_ALIAS not in (databases or []) or not triggers.have_tables(connection):
        return []  # not asked for; or nothing migrated yet, which `migrate` itself has to pass
    found: list[checks.CheckMessage] = []
    if lines := missing(connection):
        found.append(
            checks.Error(
                f"Walls of the database are not as they should be: {'; '.join(lines)}.",
                hint="Run `manage.py migrate`, which puts up again what is Velory's. Of the rest its owner disposes.",
                id="velory.E001",
            )
        )
    if connection.vendor == "postgresql":
        if lines := roles.powers(connection, "app"):
            found.append(
                checks.Error(
                    f"The role of DATABASE_URL can get past the walls between companies: {'; '.join(lines)}.",
                    hint="Give the application a role of its own, as docs/deploy.md says.",
                    id="velory.E002",
                )
            )
        if SUPPORT in connections.databases and (lines := list(_ails_support(connection))):
            found.append(
                checks.Error(
                    f"Support's pages can't be served by DATABASE_SUPPORT_URL: {'; '.join(lines)}.",
                    hint="Name the database of DATABASE_URL, with a role of support's own, as docs/deploy.md says.",
                    id="velory.E003",
                )
            )
    return found


def _ails_support(application: BaseDatabaseWrapper) -> Iterator[str]:
    """What is wrong with the address of support's role."""
    support = connections[SUPPORT]
    try:
        support.ensure_connection()
    except OperationalError as problem:
        yield f"it does not answer ({str(problem).strip()})"
        return
    if roles.share_database(application, support):
        yield from roles.powers(support, "support")
    else:
        yield "it is another database"
