import logging
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections

from accounts.company_erasing import erase
from accounts.models import Company

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """`manage.py erase_company --company acme`: docs/operations.md."""

    help = "Removes a company with everything it has, for good. Asks first. Take everything out before: export_company."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--company", required=True, metavar="SLUG", help="the company's short name, such as acme")
        parser.add_argument("--yes-erase", metavar="SLUG", help="the short name once more, instead of being asked")
        # On PostgreSQL only the owner's role may (accounts/policies.py).
        owner = "owner" if "owner" in connections.databases else DEFAULT_DB_ALIAS
        parser.add_argument("--database", default=owner, help="the connection to work by; it sees all rows")

    def handle(self, *args: Any, company: str, yes_erase: str | None, database: str, **options: Any) -> None:
        found = Company.objects.using(database).filter(slug=company).first()
        if found is None:
            is_hidden = connections[database].vendor == "postgresql" and database == DEFAULT_DB_ALIAS
            hint = " Set DATABASE_OWNER_URL: the application's role sees none." if is_hidden else ""
            raise CommandError(f"There is no company {company}. Its short name stands in the Django admin.{hint}")
        if (yes_erase or self.asked(found)) != company:
            raise CommandError("Nothing was erased: that is not its short name.")
        try:
            removed = erase(found, using=database)
        except IntegrityError as problem:
            raise CommandError(
                "Nothing was erased: somebody of the company was writing at this moment. Try again."
            ) from problem
        for table, rows in removed.items():
            self.stdout.write(f"{table}: {rows} rows")
        # The company's own log is gone with it.
        facts = {"company": found.pk, "slug": company, "rows": sum(removed.values())}
        logger.warning("The company %s was erased at the console.", company, extra={"facts": facts})
        self.stdout.write(f"{company} is erased: {sum(removed.values())} rows. Backups hold it until they expire.")

    def asked(self, company: Company) -> str:
        """What is typed at the terminal. Nothing, where there is none."""
        if not sys.stdin.isatty():
            raise CommandError(f"Nothing was erased. Say that you mean it: --yes-erase {company.slug}")
        self.stdout.write(f"{company.name}: people, devices, repairs and the whole log go, for good.")
        return input(f"Type {company.slug} to erase it: ").strip()
