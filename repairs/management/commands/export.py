import fcntl
import glob
import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError

from accounts.access import PersonRequest
from accounts.exporting import console_request, note_table
from accounts.models import Company
from accounts.scope import companies, company_scope
from devices.exports.download import FORMATS
from devices.exports.events import events_sheet
from devices.exports.hardware import hardware_sheet
from devices.exports.sheet import Row, Sheet
from devices.listing import ways
from devices.tables import TABLES, HardwareFilter, TableFilter
from repairs.exports import repairs_sheet
from repairs.views.table import RepairFilter

STDOUT = "-"
# How a file is called that is not whole yet, and for how many seconds nobody has written into one that was left.
UNFINISHED, STALE = ".velory-part", 60


class Command(BaseCommand):
    """`manage.py export acme devices --output devices.csv`: docs/operations.md."""

    help = "Writes a company's devices, repairs or event logs into a file, as its IT admins get them from the tables."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("company", metavar="COMPANY", help="the company's short name, such as acme")
        parser.add_argument("what", choices=["devices", "repairs", "events"])
        parser.add_argument("--format", choices=FORMATS, help="else what the file's name ends with, else csv")
        parser.add_argument("--table", choices=TABLES, help="for devices: which table of Hardware, else all")
        parser.add_argument(
            "--filter",
            default="",
            metavar="QUERY",
            help="what stands in the table's address behind the question mark, such as 'status=active&sort=-since'",
        )
        parser.add_argument("--columns", choices=["shown", "all"], help="for devices and repairs, else shown")
        parser.add_argument("--since", type=date.fromisoformat, metavar="YYYY-MM-DD", help="for events: the first day")
        parser.add_argument("--until", type=date.fromisoformat, metavar="YYYY-MM-DD", help="for events: the last day")
        parser.add_argument("--output", default=STDOUT, metavar="FILE", help="replaced once it is whole; - is stdout")

    def handle(self, *args: Any, company: str, what: str, output: str, **options: Any) -> None:
        found = next(iter(companies(company)), None)
        if found is None:
            raise CommandError(f"There is no company {company}. Its short name stands in the Django admin.")
        _refuse_what_does_not_fit(what, options)
        ending = options["format"] or Path(output).suffix.removeprefix(".")
        write, _content_type = FORMATS.get(ending, FORMATS["csv"])
        request = console_request(found, options["filter"])
        with company_scope(found.pk):
            sheet = _sheet(what, found, request, options)
        self.rows = 0
        try:
            with _written(output) as file:
                file.writelines(write(replace(sheet, chunks=self._counted(sheet.chunks))))
                note_table(request, sheet.title)
        except OSError as problem:
            raise CommandError(f"{output} cannot be written: {problem.strerror}") from problem
        self.stderr.write(f"{sheet.title} of {company}: {self.rows} rows, written to {output}.")

    def _counted(self, chunks: Iterable[Any]) -> Iterator[list[Row]]:
        for rows in chunks:
            self.rows += len(rows)
            yield rows


def _refuse_what_does_not_fit(what: str, options: dict[str, Any]) -> None:
    tables = ("devices", "repairs")
    only = {"table": ("devices",), "filter": tables, "columns": tables, "since": ("events",), "until": ("events",)}
    for name, fitting in only.items():
        if options[name] and what not in fitting:
            raise CommandError(f"--{name} is for {' and '.join(fitting)} only.")


def _sheet(what: str, company: Company, request: PersonRequest, options: dict[str, Any]) -> Sheet:
    all_columns = options["columns"] == "all"
    if what == "events":
        return events_sheet(company, options["since"], options["until"])
    if what == "repairs":
        repairs = RepairFilter(request)
        _refuse_what_is_no_filter(repairs)
        return repairs_sheet(repairs.qs, repairs.order, request, all_columns=all_columns)
    table = TABLES[options["table"] or "all"]
    devices = HardwareFilter(table, request)
    _refuse_what_is_no_filter(devices)
    return hardware_sheet(table, ways(devices, request), request, all_columns=all_columns)


def _refuse_what_is_no_filter(filters: TableFilter) -> None:
    """A page shows everything, or nothing, for what it does not know; whoever sets up a nightly file wants to hear of
    it."""
    known = [*filters.filters, "sort"]
    # What else stands in the address of a table: a page, open filters, and what was typed to choose somebody.
    passed_over = {"page", "filters", *(f"{name}_typed" for name in filters.filters)}
    if unknown := sorted(filters.data.keys() - set(known) - passed_over):
        raise CommandError(f"There is no filter {', '.join(unknown)}. There are: {', '.join(known)}.")
    if filters.is_used and not filters.form.is_valid():
        problems = [f"{name}: {problem}" for name, found in filters.form.errors.items() for problem in found]
        raise CommandError(" ".join(problems))


@contextmanager
def _written(output: str) -> Iterator[IO[bytes]]:
    """The file to write into. It is there under its name once it is whole; until then whatever was there stays. Only
    Velory's own user may read it."""
    if output == STDOUT:
        yield sys.stdout.buffer
        return
    target = Path(output)
    _remove_what_broke_off(target)
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", suffix=UNFINISHED, delete=False) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, target)
        except BaseException:
            os.unlink(file.name)
            raise


def _remove_what_broke_off(target: Path) -> None:
    """Delete what exports into the same file have left that were killed. Whoever is still writing holds a lock, which
    ends with them, or has begun a moment ago."""
    for left in target.parent.glob(f".{glob.escape(target.name)}.*{UNFINISHED}"):
        try:
            with left.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if time.time() - os.fstat(file.fileno()).st_mtime > STALE:
                    left.unlink()
        except OSError:  # at work, another user's, or gone already
            continue
