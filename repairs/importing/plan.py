"""What is to become of each row, decided from the rows and the register, with nothing changed yet."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.importing.cells import shortened
from accounts.importing.columns import Columns
from accounts.importing.directory import Directory
from accounts.importing.report import Remark
from accounts.models import Company, User
from accounts.text import clean_email, identifier_key, name_key, sort_key
from devices.importing.choices import LEFT_OUT
from devices.importing.survey import undecided
from devices.importing.twins import Twins
from devices.importing.values import moment_of
from devices.models import Device
from devices.models.describing import COMPARED
from repairs.models import Repair
from repairs.models.past import PastRepair, brought_key, contradiction, own_spans

from .rows import RepairRow

Outcome = Repair.Outcome


@dataclass
class Entry:
    """A row and what it does. `known` is the repair that was brought before by the same row."""

    row: RepairRow
    device: Device | None = None
    past: PastRepair | None = None
    known: Repair | None = None
    is_left_out: bool = False
    left_alone: list[Remark] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        if self.problems:
            return "refused"
        if self.is_left_out:
            return "left out"
        return "unchanged" if self.known else "created"

    def refuse(self, column: str, reason: str) -> None:
        self.problems.append(Remark(self.row.line, column, reason))


class Planner:
    """Plans the rows of one file for one company, some at a time. Reads people once, devices for each plan."""

    def __init__(self, company: Company, columns: Columns, twins: Twins, outcomes: Mapping[str, str]) -> None:
        """`outcomes` is the outcome of each text in the column of statuses, in lower case, or `LEFT_OUT`."""
        self._company, self._columns, self._twins, self._outcomes = company, columns, twins, outcomes
        self._directory = Directory(company)
        # On which line a repair came first: rows may call the same device by different numbers.
        self._came = Twins()

    def plan(self, rows: Iterable[tuple[RepairRow, str]]) -> list[Entry]:
        """An entry for each of these rows, which come with what tells them apart, in order."""
        entries = []
        for row, told_by in rows:
            entry = Entry(row, is_left_out=self._outcome_of(row) == LEFT_OUT)
            entries.append(entry)
            if entry.is_left_out:
                continue  # whatever else stands in it
            entry.problems += row.problems
            if (line := self._twins.other(told_by, row.line)) is not None:
                entry.refuse("", _("Line %(line)d means the same repair.") % {"line": line})
        wanted = [entry for entry in entries if not entry.problems and not entry.is_left_out]
        found = _Devices(self._company, [entry.row for entry in wanted])
        for entry in wanted:
            self._find_device(entry, found)
            if entry.device is not None:
                self._describe(entry, entry.device)
        self._compare([entry for entry in wanted if entry.past is not None and not entry.problems])
        return entries

    # Which device

    def _find_device(self, entry: Entry, found: "_Devices") -> None:
        """By its numbers; where the row has none, by whatever stands in the column of devices."""
        row = entry.row
        if row.numbers:
            self._find_by_numbers(entry, found)
            return
        column = self._columns.header("device", "serial_number", "asset_tag")
        devices = found.called(row.device) if row.device else []
        if len(devices) == 1:
            [entry.device] = devices
        elif devices:
            reason = _("%(count)d devices are called %(name)s: a serial number or an asset tag has to say which.")
            entry.refuse(column, reason % {"count": len(devices), "name": shortened(row.device)})
        elif row.device:
            reason = _("No device has the name, serial number or asset tag %(name)s.")
            entry.refuse(column, reason % {"name": shortened(row.device)})
        else:
            entry.refuse(column, _("The row does not say which device it was."))

    def _find_by_numbers(self, entry: Entry, found: "_Devices") -> None:
        devices = set()
        for name, number in entry.row.numbers.items():
            device = found.by_number(name, number)
            if device is None:
                column = self._columns.header(name)
                entry.refuse(column, _("No device has the number %(number)s.") % {"number": shortened(number)})
            else:
                devices.add(device)
        if len(devices) > 1:
            column = self._columns.header("asset_tag")
            entry.refuse(column, _("Serial number and asset tag belong to two devices."))
        elif not entry.problems:
            [entry.device] = devices

    # How it ended, when, and who

    def _outcome_of(self, row: RepairRow) -> str | None:
        """Repaired, where the row has no status; None where nobody has said what it means."""
        return self._outcomes.get(row.status.casefold()) if row.status else Outcome.REPAIRED

    def _describe(self, entry: Entry, device: Device) -> None:
        row = entry.row
        outcome = self._outcome_of(row)
        if outcome is None:
            entry.refuse(self._columns.header("status", "type"), undecided(row.status))
        dates = self._dates_of(entry)
        if outcome is None or dates is None:
            return
        began, reported, ended = dates
        told = (row.reference,) if row.reference else (row.dates, row.description)
        entry.past = PastRepair(
            device_id=device.pk,
            key=brought_key(*told),
            outcome=outcome,
            opened_at=moment_of(reported),
            taken_in_at=moment_of(began),
            closed_at=moment_of(ended),
            reference=row.reference,
            description=row.description,
            cost=row.cost,
            people=self._people_of(entry),
        )

    def _dates_of(self, entry: Entry) -> tuple[date, date, date] | None:
        """When it began, was reported, and ended. Where the list has but one of these columns, all was on that day; a
        request that was entered afterwards was made when the repair began."""
        dates = entry.row.dates
        began = dates.get("started_on") or dates.get("reported_on")
        ended = dates.get("completed_on")
        if ended is None and "completed_on" in self._columns:
            column = self._columns.header("completed_on")
            entry.refuse(column, _("It has no day on which it ended: import it when it is over."))
            return None
        ended, began = ended or began, began or ended
        if ended is None or began is None:
            entry.refuse(self._columns.header("started_on", "reported_on"), _("The row has no date."))
            return None
        return began, min(dates.get("reported_on") or began, began), ended

    def _people_of(self, entry: Entry) -> dict[str, User | None]:
        technician = self._person(entry, "technician")
        return {
            "reporter": self._person(entry, "reporter"),
            "taken_in_by": technician,
            "closed_by": self._person(entry, "completed_by") or technician,
        }

    def _person(self, entry: Entry, name: str) -> User | None:
        """The one person with this address or name; an import of past repairs adds nobody."""
        text = entry.row.people.get(name, "")
        if not text:
            return None
        person = self._directory.people.get(clean_email(text))
        if isinstance(person, User):
            return person
        called = self._directory.people_called(text)
        if len(called) == 1:
            return called[0]
        if called:
            reason = _(
                "%(count)d people are called %(name)s, so it is left open who it was. "
                "An email address in its place says which."
            )
        else:
            reason = _("%(name)s is not known in Velory, so it is left open who it was.")
        words = {"count": len(called), "name": shortened(text)}
        entry.left_alone.append(Remark(entry.row.line, self._columns.header(name), reason % words))
        return None

    # What Velory has already

    def _compare(self, entries: list[Entry]) -> None:
        planned = [(entry, entry.past) for entry in entries if entry.past is not None]
        keys = Q(brought_key__in={past.key for _entry, past in planned})
        before = Repair.objects.filter(keys, company=self._company, device__in={past.device_id for _e, past in planned})
        known = {(repair.device_id, repair.brought_key): repair for repair in before}
        own = own_spans(past.device_id for _entry, past in planned)
        for entry, past in planned:
            repair = past.device_id, past.key
            entry.known = known.get(repair)
            if (line := self._came.first(f"{past.device_id} {past.key}", entry.row.line)) != entry.row.line:
                entry.refuse("", _("Line %(line)d means the same repair.") % {"line": line})
            elif entry.known is not None and not _is_same(entry.known, past):
                column = self._columns.header("reference")
                entry.refuse(column, _("It was imported before, with another date, outcome or cost, and stays so."))
            elif entry.known is None and (problem := contradiction(past, own.get(past.device_id, []))):
                entry.refuse(self._columns.header("completed_on", "started_on", "reported_on"), problem)


def _is_same(repair: Repair, past: PastRepair) -> bool:
    """Whether one that was brought says what this row says. Of a day that was still going on only the day counts."""
    stored, now = (
        [timezone.localtime(moment).date() for moment in (one.opened_at, one.closed_at) if moment]
        for one in (repair, past)
    )
    return (stored, repair.outcome, repair.cost) == (now, past.outcome, past.cost)


class _Devices:
    """The devices that some rows may mean."""

    def __init__(self, company: Company, rows: Iterable[RepairRow]) -> None:
        wanted: dict[str, set[str]] = {key: set() for key in (*COMPARED.values(), "name_key")}
        for row in rows:
            for name, number in row.numbers.items():
                wanted[COMPARED[name]].add(identifier_key(number))
            if row.device and not row.numbers:
                wanted["name_key"].add(sort_key(row.device))
                for key in COMPARED.values():
                    wanted[key].add(identifier_key(row.device))
        self._found: dict[str, list[Device]] = {}
        for key, values in wanted.items():
            for device in _rows_with(company, key, values):
                self._found.setdefault(f"{key} {_compared(device, key)}", []).append(device)

    def by_number(self, name: str, number: str) -> Device | None:
        return next(iter(self._found.get(f"{COMPARED[name]} {identifier_key(number)}", [])), None)

    def called(self, text: str) -> list[Device]:
        """Those that have this number; else those of this name."""
        for key in COMPARED.values():
            if found := self._found.get(f"{key} {identifier_key(text)}"):
                return found
        return self._found.get(f"name_key {name_key(text)}", [])


def _compared(device: Device, key: str) -> str:
    return name_key(device.name) if key == "name_key" else getattr(device, key)


def _rows_with(company: Company, key: str, values: set[str]) -> Iterator[Device]:
    """In two queries for names, as Hardware and Archived have an index each."""
    if not values:
        return
    if key == "name_key":
        named = company.devices.filter(name_key__in=values)
        yield from named.in_use()
        yield from named.archived()
    else:
        yield from company.devices.numbered(key, values)
