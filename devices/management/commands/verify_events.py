from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.scope import every_company
from accounts.snapshot import snapshot
from devices.chain import Walk


class Command(BaseCommand):
    """`manage.py verify_events --company acme`: docs/event-log.md."""

    help = "Walks the event log of every device and names the first broken line of each. Changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--company", metavar="SLUG", help="only this company, such as acme")

    def handle(self, *args: Any, company: str | None, **options: Any) -> None:
        read = broken = 0
        with snapshot():
            for one in every_company(company):
                walk = Walk(one)
                for device, fault in walk.first_faults():
                    broken += 1
                    self.stdout.write(f"{one.slug}: device {device.pk} ({device}): {fault}")
                self.stdout.write(f"{one.slug}: {walk.lines} lines of {walk.devices} devices read")
                read += walk.lines
        if not read:
            where = "Is that the company's short name?" if company else "Is this the right database?"
            raise CommandError(f"0 lines read, so nothing is verified. {where}")
        if broken:
            raise CommandError(f"The logs of {broken} devices are broken.")
        self.stdout.write(f"{read} lines read, every log is intact.")
