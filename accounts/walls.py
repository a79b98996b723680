"""The walls that stand in the database beside the keys of the models: triggers (accounts/triggers.py), and row level
security on PostgreSQL (accounts/policies.py).

They are put up after every migrate and not by a migration: SQLite drops triggers with each remake of a table and trips
over them during one, and a policy follows its model.
"""

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from . import policies, triggers


def put_up(connection: BaseDatabaseWrapper) -> None:
    """Put up every trigger, and on PostgreSQL every policy. May run at any time and any number of times."""
    if not triggers.have_tables(connection):
        return
    triggers.put_up(connection)
    if connection.vendor == "postgresql":
        policies.put_up(connection)


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """What should stand in this database and doesn't, one line each: triggers, and on PostgreSQL policies."""
    found = triggers.missing(connection)
    return found + policies.missing(connection) if connection.vendor == "postgresql" else found


def before_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """A remake of a table on SQLite drops its triggers, and fails on those that name it."""
    if connections[using].vendor == "sqlite":
        triggers.take_down(connections[using])


def after_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    put_up(connections[using])


@checks.register(checks.Tags.database)
def check_walls(app_configs: Any, databases: Iterable[str] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Refuse to start on a database whose event log could be rewritten, or whose companies could see each other."""
    found: list[checks.CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if not triggers.have_tables(connection):
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
