from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Company
from accounts.snapshot import snapshot
from repairs.register import Reading, declared, missing_walls


class Command(BaseCommand):
    help = "Derive from the rows what must never be untrue, and print whatever contradicts. Changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--company", metavar="SLUG", help="only this company, such as acme")

    def handle(self, *args: Any, company: str | None = None, **options: Any) -> None:
        companies = Company.objects.order_by("slug")
        if company is not None:
            companies = companies.filter(slug=company)
        found = total = 0
        with snapshot():
            lines = [*missing_walls()]
            if company is None:
                lines += [f"no company: {text}" for text in declared(None)]
            for line in lines:
                self.stdout.write(line)
            found += len(lines)
            for one in companies:
                reading = Reading(one)
                for line in reading.contradictions():
                    self.stdout.write(line)
                    found += 1
                rows = reading.rows.total()
                total += rows
                self.stdout.write(f"{one.slug}: {rows} rows read ({_listed(reading.rows)})")
        if company is not None and total == 0:
            raise CommandError(f"{company}: 0 rows read. Is that the company's short name?")
        if found:
            raise CommandError(f"{found} contradictions.")
        self.stdout.write(f"{total} rows read, no contradiction.")


def _listed(rows: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in rows.items())
