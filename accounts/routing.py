"""Which of the database's roles a query goes by: the application's, or within `scope.support()` support's."""

from typing import Any

from . import scope

# Found before anybody is known, by the application's role, also for the pages of support staff.
_ALWAYS_THE_APPLICATION = {"sessions", "django_cache"}


class SupportRouter:
    """Sends what runs within `scope.support()` to support's own connection."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return None if model._meta.app_label in _ALWAYS_THE_APPLICATION else scope.alias_in_use()

    db_for_write = db_for_read

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True  # both are the same database
