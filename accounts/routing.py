"""Which connection a query goes by: the application's, or within `scope.support()` support's; the cache has its own."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from . import scope

# The application's role on a connection of its own, outside the transaction of the request. SQLite has none: there no
# request is a transaction, and two connections would wait for each other.
CACHE = "cache"


class SupportRouter:
    """Sends what runs within `scope.support()` to support's own connection, and what the cache keeps to the cache's."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        if model._meta.app_label == "django_cache":
            return CACHE if CACHE in connections.databases else DEFAULT_DB_ALIAS
        # Found before anybody is known, by the application's role, also for the pages of support staff.
        return None if model._meta.app_label == "sessions" else scope.alias_in_use()

    db_for_write = db_for_read

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True  # both are the same database
