"""Lists of past repairs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.importing.report import Report
from accounts.models import Company, User
from accounts.spreadsheets import Row, Table
from devices.importing.bringing import Bringing, kind_of_list
from devices.importing.choices import LEFT_OUT, Choices
from devices.importing.survey import TICK, Survey
from devices.importing.twins import Twins
from devices.models import Device, Import
from devices.models.many import locked_in_order
from repairs.models import Repair
from repairs.models.past import bring_past, take_back_past

from .columns import ALIASES, LABELS, SHAPES, TEMPLATE
from .outcomes import likely_outcome
from .plan import Entry, Planner
from .rows import DATES, RepairRow, RowReader


@dataclass
class RepairSurvey(Survey):
    """And which repair stands in it twice."""

    twins: Twins = field(default_factory=Twins)


@kind_of_list
class BringingRepairs(Bringing):
    kind = "repairs"
    aliases, labels, shapes, template = ALIASES, LABELS, SHAPES, TEMPLATE
    lacking = gettext_lazy(
        "The file needs a column for the device (its serial number, asset tag or name) and one for a date. "
        "Its columns: %(columns)s."
    )
    choose = gettext_lazy("Choose a column for the device (its serial number, asset tag or name) and one for a date.")
    deciding = gettext_lazy(
        "How a repair ended whose row has this text. "
        "Choose “Not imported” for what was no repair, and for what is not over yet."
    )
    found_in, show = "repairs:list", gettext_lazy("Show its repairs")
    undoing = [
        gettext_lazy("Every past repair that it brought is deleted. The lines in the devices’ logs stay."),
        gettext_lazy("The log of each of these devices gets a line that says so."),
    ]

    survey: RepairSurvey

    def __init__(self, table: Table, company: Company, choices: Choices) -> None:
        super().__init__(table, company, choices)
        self._reader = RowReader(self.columns, choices.dates, self._status_field)

    @property
    def _status_field(self) -> str:
        """A list without statuses, as Snipe-IT's, has its types decided instead: not each maintenance is a repair."""
        return "status" if "status" in self.columns else "type"

    @classmethod
    def suffice(cls, fields: Sequence[str]) -> bool:
        return bool({"serial_number", "asset_tag", "device"} & set(fields)) and bool(set(DATES) & set(fields))

    def surveyed(self, tick: Callable[[], object]) -> RepairSurvey:
        found = RepairSurvey()
        dates = [name for name in DATES if name in self.columns]
        for row in self.table:
            found.rows += 1
            if found.rows % TICK == 0:
                tick()
            if row.problem:
                continue
            status = self._reader.line(row, self._status_field)
            if not status or self.meaning_of(status) != LEFT_OUT:
                found.twins.add(self._reader.told_by(row), row.line)
            found.note(status, (self.columns.cell(row.cells, name) for name in dates))
        return found

    def read(self, row: Row) -> tuple[RepairRow, str]:
        return self._reader.read(row), self._reader.told_by(row) if not row.problem else ""

    def begin(self) -> None:
        self._planner = Planner(self.company, self.columns, self.survey.twins, self.choices.meanings)

    def plan(self, rows: Sequence[tuple[RepairRow, str]]) -> list[Entry]:
        return self._planner.plan(rows)

    def store(self, entries: Sequence[Entry], *, by: User, batch: Import) -> None:
        """All at once, or one by one where one of them can't be."""
        new = [entry for entry in entries if entry.outcome == "created"]
        if self._stored(new, by, batch):
            return
        locked_in_order(batch.company_id, (entry.device.pk for entry in new if entry.device is not None))
        for entry in new:
            try:
                with transaction.atomic():
                    bring_past([entry.past] if entry.past else [], by=by, batch=batch)
            except ValidationError as error:
                entry.refuse("", " ".join(error.messages))
            except IntegrityError:
                entry.refuse("", _("Somebody changed this in Velory at the same moment. Import the row again."))

    def _stored(self, entries: Sequence[Entry], by: User, batch: Import) -> bool:
        try:
            with transaction.atomic():
                bring_past([entry.past for entry in entries if entry.past is not None], by=by, batch=batch)
        except (ValidationError, IntegrityError):
            return False
        return True

    # The report

    def report(self) -> Report:
        report = Report(rows=self.survey.rows, unused_columns=self.columns.unused)
        report.count("repairs", ())
        report.notices += self.left_out_by_status()
        return report

    def tally(self, report: Report, entries: Sequence[Entry]) -> None:
        report.count("repairs", (entry.outcome for entry in entries))
        for entry in entries:
            report.refused.add(entry.problems)
            if entry.outcome == "created":
                report.left_alone.add(entry.left_alone)

    # Outcomes

    @property
    def status_header(self) -> str:
        return self.columns.header(self._status_field)

    def likely_meaning(self, text: str) -> str:
        return likely_outcome(text, is_type=self._status_field == "type")

    @classmethod
    def meanings(cls, company: Company) -> list[tuple[str, Any]]:
        return [(LEFT_OUT, _("Not imported")), *Repair.Outcome.choices]

    # On its page

    @staticmethod
    def start_words(good: int, *, are_all: bool) -> str:
        words = (
            ngettext("Import %(count)d past repair", "Import %(count)d past repairs", good)
            if are_all
            else ngettext(
                "Import %(count)d past repair without the refused rows",
                "Import %(count)d past repairs without the refused rows",
                good,
            )
        )
        return words % {"count": good}

    # Undoing

    @staticmethod
    def in_the_way(batch: Import) -> tuple[list[Device], int]:
        """None: a repair that is over depends on nothing, and nothing on it."""
        return [], 0

    @staticmethod
    def left(batch: Import) -> int:
        return batch.repairs.count()

    @staticmethod
    def take_back(batch: Import, *, by: User, most: int) -> int:
        return take_back_past(batch, by=by, most=most)
