import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Company
from accounts.models.audit import record
from accounts.scope import companies
from devices.takeout import file_name, take_out


class Command(BaseCommand):
    """`manage.py export_company --company acme --to /var/backups/velory`: docs/operations.md."""

    help = "Writes everything that a company has into a zip archive, as CSV and JSON lines."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--company", required=True, metavar="SLUG", help="the company's short name, such as acme")
        parser.add_argument("--to", required=True, type=Path, metavar="PATH", help="a folder, or a file that is new")

    def handle(self, *args: Any, company: str, to: Path, **options: Any) -> None:
        found = next(iter(companies(company)), None)
        if found is None:
            raise CommandError(f"There is no company {company}. Its short name stands in the Django admin.")
        target = to / file_name(found) if to.is_dir() else to
        try:
            self.write(target, found)
        except OSError as problem:
            raise CommandError(f"{target} cannot be written: {problem.strerror}") from problem
        record(found.pk, "data_taken_out", by=None)
        self.stdout.write(f"{target}: everything that {company} has, {target.stat().st_size} bytes.")

    def write(self, target: Path, company: Company) -> None:
        """Only Velory's own user may read it. A file that is there stays as it is, and half an archive does not."""
        with open(target, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            try:
                for piece in take_out(company):
                    file.write(piece)
            except BaseException:
                target.unlink()
                raise
