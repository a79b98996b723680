from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from accounts.importing.command import ImportCommand
from accounts.importing.report import Report
from accounts.models import Company
from accounts.spreadsheets import Table
from devices.importing.at_once import import_devices
from devices.importing.values import DateOrder


class Command(ImportCommand):
    """`manage.py import_devices --company acme --by admin@acme.example devices.csv`: docs/importing.md."""

    help = "Brings a list of devices into a company, by serial number or asset tag. See docs/importing.md."

    what = "devices"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--dates",
            choices=[order.value for order in DateOrder],
            help="how the file writes dates that aren't like 2026-01-31: us is 1/31/2026, day-first is 31/1/2026",
        )

    def bring(self, table: Table, company: Company, **options: Any) -> Report:
        wanted = {name: options[name] for name in ("by", "dry_run", "skip_bad")}
        dates = DateOrder(options["dates"]) if options["dates"] else None
        return import_devices(table, company, dates=dates, name=Path(options["file"]).name, **wanted)
