from pathlib import Path
from typing import Any

from accounts.importing.report import Report
from accounts.models import Company
from accounts.spreadsheets import Table
from devices.importing.at_once import import_devices
from devices.importing.command import DatedImportCommand


class Command(DatedImportCommand):
    """`manage.py import_devices --company acme --by admin@acme.example devices.csv`: docs/importing.md."""

    help = "Brings a list of devices into a company, by serial number or asset tag. See docs/importing.md."

    what = "devices"

    def bring(self, table: Table, company: Company, **options: Any) -> Report:
        wanted = {name: options[name] for name in ("by", "dry_run", "skip_bad", "dates")}
        return import_devices(table, company, name=Path(options["file"]).name, **wanted)
