from typing import Any

from accounts.importing.command import ImportCommand
from accounts.importing.people import import_people
from accounts.importing.report import Report
from accounts.models import Company
from accounts.spreadsheets import Table


class Command(ImportCommand):
    """`manage.py import_people --company acme --by admin@acme.example people.csv`: docs/importing.md."""

    help = "Brings a list of people into a company, by email address. See docs/importing.md."

    what = "people"

    def bring(self, table: Table, company: Company, **options: Any) -> Report:
        wanted = {name: options[name] for name in ("by", "dry_run", "skip_bad")}
        return import_people(table, company, **wanted)
