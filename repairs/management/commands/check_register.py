from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.scope import every_company, support
from accounts.snapshot import snapshot
from repairs.register import Reading, declared, missing_walls


class Command(BaseCommand):
    help = "Derive from the rows what must never be untrue, and print whatever contradicts. Changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--company", metavar="SLUG", help="only this company, such as acme")

    def handle(self, *args: Any, company: str | None = None, **options: Any) -> None:
        found = total = 0
        with snapshot():
            lines = [*missing_walls()]
            if company is None:
                with support():
                    lines += [f"no company: {text}" for text in declared(None)]
            for line in lines:
                self.stdout.write(line)
            found += len(lines)
            for one in every_company(company):
                reading = Reading(one)
                for line in reading.contradictions():
                    self.stdout.write(line)
                    found += 1
                rows = reading.rows.total()
                total += rows
                self.stdout.write(f"{one.slug}: {rows} rows read ({_listed(reading.rows)})")
        if total == 0:
            # Where nothing is seen, nothing is proved.
            raise CommandError(
                "0 rows read: there is no company yet, or its rows are not seen."
                if company is None
                else f"{company}: 0 rows read. Is that the company's short name?"
            )
        if found:
            raise CommandError(f"{found} contradictions.")
        self.stdout.write(f"{total} rows read, no contradiction.")


def _listed(rows: dict[str, int]) -> str:
    return ", ".join(f"{kind}: {count}" for kind, count in rows.items())
