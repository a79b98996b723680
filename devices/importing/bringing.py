"""One list on its way into one company: surveyed, planned some rows at a time, and told of in a report."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from django.utils.translation import gettext as _

from accounts.batches import batched
from accounts.importing.cells import shortened
from accounts.importing.columns import Columns
from accounts.importing.directory import NewPerson, NewSpace
from accounts.importing.report import Report
from accounts.models import Company, Space, User
from accounts.spreadsheets import NotATable, Table
from devices.models import Device

from .choices import LEFT_OUT, Choices
from .columns import ALIASES
from .plan import Entry, Planner
from .rows import DeviceRow, RowReader
from .survey import Survey, survey

# Rows that are planned and stored at once: on SQLite others wait as long as this takes.
BATCH = 500


class Bringing:
    """Reads the table as often as it needs to; its memory does not grow with the rows, but for what names them."""

    def __init__(self, table: Table, company: Company, choices: Choices) -> None:
        """Raises NotATable where no column could tell one device from another."""
        self.table, self.company, self.choices = table, company, choices
        self.columns = Columns(table.headers, ALIASES, choices.fields)
        refuse_without_key(self.columns)
        self._reader = RowReader(self.columns, choices.dates, choices.emptied)
        self.survey = Survey()
        self._named: dict[str, set[int]] = {"people": set(), "spaces": set(), "new people": set(), "new spaces": set()}

    def look(self, tick: Callable[[int], None] = lambda rows: None) -> None:
        """The first reading. `tick` is told now and then how many rows were read. Raises NotATable."""
        self.survey = survey(self.table, self.columns, self._reader, tick)
        if not self.survey.rows:
            raise NotATable(_("The file has headers, but no rows below them."))

    def begin(self) -> None:
        """Read who and what is there already, as the database has it now."""
        self._planner = Planner(self.company, self.columns, self.survey, self.choices.statuses)
        for named in self._named.values():
            named.clear()

    def batches(self, after: int = 0) -> Iterator[tuple[int, list[DeviceRow]]]:
        """The rows behind the first `after`, some at a time, each time with how many were read by then."""
        done = 0
        for rows in batched(self.table, BATCH):
            if done + len(rows) > after:
                yield done + len(rows), [self._reader.read(row) for row in rows[max(after - done, 0) :]]
            done += len(rows)

    def plan(self, rows: Sequence[DeviceRow]) -> list[Entry]:
        """What is to become of these rows. Changes nothing."""
        return self._planner.plan(rows)

    # The report

    def report(self) -> Report:
        """One in which nothing is counted yet."""
        report = Report(rows=self.survey.rows, unused_columns=self.columns.unused)
        for kind in ("devices", "people", "spaces"):
            report.count(kind, ())
        report.notices += self.survey.notices(self.columns)
        if "company" in self.columns:
            words = {"column": self.columns.header("company"), "company": self.company}
            report.notices.append(_("%(column)s is not used: everything belongs to %(company)s.") % words)
        statuses = self.survey.statuses
        words = {"column": self.columns.header("status"), "statuses": _numbers(statuses)}
        if statuses and not self.choices.statuses:
            report.notices.append(_("%(column)s is not used yet: %(statuses)s.") % words)
        left_out = Counter({text: n for text, n in statuses.items() if self.choices.statuses.get(text) == LEFT_OUT})
        if left_out:
            words["statuses"] = _numbers(left_out)
            report.notices.append(_("Rows that are not imported, by %(column)s: %(statuses)s.") % words)
        return report

    def tally(self, report: Report, entries: Sequence[Entry]) -> None:
        """Add these entries to the report, as they were planned or stored."""
        good = [entry for entry in entries if not entry.problems]
        report.count("devices", (entry.outcome for entry in entries))
        for kind, known, new in (("people", User, NewPerson), ("spaces", Space, NewSpace)):
            self._count_once(
                report, kind, "created", f"new {kind}", [id(e.hand_to) for e in good if isinstance(e.hand_to, new)]
            )
            self._count_once(
                report, kind, "unchanged", kind, [e.holder.pk for e in good if isinstance(e.holder, known)]
            )
        for entry in entries:
            report.refused.add(entry.problems)
            if not entry.problems:
                report.left_alone.add(entry.left_alone)
                if entry.device is not None:
                    self._note_changes(report, entry)

    def _count_once(self, report: Report, kind: str, outcome: str, named: str, keys: Sequence[int]) -> None:
        new = set(keys) - self._named[named]
        self._named[named] |= new
        report.count(kind, [outcome] * len(new))

    def _note_changes(self, report: Report, entry: Entry) -> None:
        device, line = str(entry.device), entry.row.line
        for name, (before, after) in entry.changes.items():
            label = str(Device._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            report.change(line, device, label, _shown(before), _shown(after))
        if entry.hand_to is not None and entry.device is not None:
            if entry.hand_to != entry.device.holder:
                report.change(line, device, _("holder"), _shown(entry.device.holder), _name_of(entry.hand_to))
            if entry.payor != entry.device.payor:
                report.change(line, device, _("payor"), _shown(entry.device.payor), _shown(entry.payor))


def _numbers(statuses: Counter[str]) -> str:
    return ", ".join(f"{status} {count}" for status, count in statuses.most_common())


def refuse_without_key(columns: Columns) -> None:
    """Raises NotATable."""
    if "serial_number" not in columns and "asset_tag" not in columns:
        names = shortened(", ".join(filter(None, columns.headers)))
        raise NotATable(
            _("The file has no column for serial numbers or asset tags. Its columns: %(columns)s.") % {"columns": names}
        )


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _name_of(holder: User | Space | NewPerson | NewSpace) -> str:
    if isinstance(holder, NewPerson):
        return holder.full_name or holder.email
    return holder.name if isinstance(holder, NewSpace) else str(holder)
