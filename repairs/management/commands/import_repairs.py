from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from accounts.importing.report import Report
from accounts.models import Company
from accounts.spreadsheets import Table
from devices.importing.at_once import bring_at_once
from devices.importing.choices import LEFT_OUT, Choices
from devices.importing.command import DatedImportCommand
from repairs.importing.of_repairs import BringingRepairs
from repairs.models import Repair


class Command(DatedImportCommand):
    """`manage.py import_repairs --company acme --by admin@acme.example repairs.csv`: docs/importing.md."""

    help = "Brings a list of past repairs into a company, each to its device. See docs/importing.md."

    what = "repairs"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--status",
            action="append",
            default=[],
            metavar="TEXT=OUTCOME",
            help="what a status of the file means, or a type where it has no statuses: repaired, recycled, replaced, "
            "not_needed, or nothing for what is not imported; several times, all others are guessed",
        )

    def bring(self, table: Table, company: Company, **options: Any) -> Report:
        said = dict(map(_meaning, options["status"]))
        bringing = BringingRepairs(table, company, Choices(dates=options["dates"], statuses=said))
        bringing.look()
        bringing.choices = replace(bringing.choices, statuses=bringing.meanings_found())
        wanted = {name: options[name] for name in ("by", "dry_run", "skip_bad")}
        return bring_at_once(bringing, name=Path(options["file"]).name, **wanted)


def _meaning(said: str) -> tuple[str, str]:
    text, mark, outcome = said.rpartition("=")
    if not mark or outcome not in ("", *Repair.Outcome.values):
        raise CommandError(_("“%(text)s” is not like Completed=repaired.") % {"text": said})
    return text, outcome or LEFT_OUT
