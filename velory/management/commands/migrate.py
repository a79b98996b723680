from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections


class Command(MigrateCommand):
    """`migrate` by the owner's role where there is one: the application's owns no table, and so can change none."""

    help = "Updates the database's tables, by the role of DATABASE_OWNER_URL where that is set."

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        """No look at the database beforehand: what the start check misses there, this command puts up."""
        return super().get_check_kwargs(options) | {"databases": []}

    def handle(self, *args: Any, **options: Any) -> None:
        if options["database"] == DEFAULT_DB_ALIAS and "owner" in connections.databases:
            options["database"] = "owner"
        try:
            super().handle(*args, **options)
        except DatabaseError as error:
            if "permission denied" not in str(error) and "must be owner" not in str(error):
                raise
            raise CommandError(
                f"{str(error).strip()}. Tables are the owner's: set DATABASE_OWNER_URL (docs/deploy.md)."
            ) from error
