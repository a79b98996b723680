"""Lists of devices."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.importing.cells import shortened
from accounts.importing.directory import NewPerson, NewSpace
from accounts.importing.report import LONGEST_LIST, Report
from accounts.models import Company, Space, User
from accounts.spreadsheets import Row, Table
from devices import categories
from devices.models import Device, Import, Note

from .bringing import Bringing, kind_of_list, numbers_of, portion
from .choices import LEFT_OUT, Choices, likely_status
from .columns import ALIASES, LABELS, MAY_BE_EMPTIED
from .plan import Entry, Planner
from .rows import DeviceRow, RowReader
from .shapes import SHAPES
from .storing import store
from .survey import DeviceSurvey, survey
from .template import HEADERS
from .undoing import in_the_way, take_back

Status = Device.Status
# Of those that stand in the way of undoing, so many are named.
NAMED = 10


@kind_of_list
class BringingDevices(Bringing):
    kind = "devices"
    aliases, labels, may_be_emptied = ALIASES, LABELS, MAY_BE_EMPTIED
    shapes, template = SHAPES, HEADERS
    lacking = gettext_lazy("The file has no column for serial numbers or asset tags. Its columns: %(columns)s.")
    choose = gettext_lazy("Choose the column of the serial number or of the asset tag: devices are told apart by it.")
    deciding = gettext_lazy(
        "What each status in the list means in Velory. "
        "Only new devices come in it; one that is there already stays as it is. "
        "Rows are not imported whose status Velory doesn’t know, unless you say what it means."
    )
    named = {"people": "user", "spaces": "space"}
    found_in, show = "devices:hardware", gettext_lazy("Show its devices")
    undoing = [
        gettext_lazy("Every device that it registered is deleted, with its whole log."),
        gettext_lazy(
            "Every device that it changed is as it was before; its log says so. Notes that it added stay. What nobody "
            "had before is with nobody again, and the repair payor pays."
        ),
        gettext_lazy("People and spaces that it added are deleted, unless something else uses them by now."),
    ]

    survey: DeviceSurvey

    def __init__(self, table: Table, company: Company, choices: Choices) -> None:
        super().__init__(table, company, choices)
        self._reader = RowReader(self.columns, choices.dates, choices.emptied)
        self._named: dict[str, set[int]] = {"people": set(), "spaces": set(), "new people": set(), "new spaces": set()}

    @classmethod
    def suffice(cls, fields: Sequence[str]) -> bool:
        return bool({"serial_number", "asset_tag"} & set(fields))

    def surveyed(self, tick: Callable[[], object]) -> DeviceSurvey:
        return survey(self.table, self.columns, self._reader, tick, self._is_left_out)

    def _is_left_out(self, status: str) -> bool:
        return bool(status) and self.meaning_of(status) == LEFT_OUT

    def read(self, row: Row) -> DeviceRow:
        return self._reader.read(row)

    def begin(self) -> None:
        is_used = self.choices.statuses is not None
        statuses = {text: self.meaning_of(text) for text in self.choices.meanings} if is_used else None
        self._planner = Planner(self.company, self.columns, self.survey, statuses)
        for named in self._named.values():
            named.clear()

    def plan(self, rows: Sequence[DeviceRow]) -> list[Entry]:
        return self._planner.plan(rows)

    def store(self, entries: Sequence[Entry], *, by: User, batch: Import) -> None:
        store(entries, by=by, batch=batch)

    # Statuses

    def likely_meaning(self, text: str) -> str:
        return likely_status(text, repair_flow_on=self.company.repair_flow_on)

    @classmethod
    def meanings(cls, company: Company) -> list[tuple[str, Any]]:
        flow = (Status.NEEDS_REPAIR, Status.IN_REPAIR) if company.repair_flow_on else ()
        return [*((status.value, status.label) for status in (Status.ACTIVE, *flow)), (LEFT_OUT, _("Not imported"))]

    # On its page

    @staticmethod
    def start_words(good: int, *, are_all: bool) -> str:
        words = (
            ngettext("Import %(count)d device", "Import %(count)d devices", good)
            if are_all
            else ngettext(
                "Import %(count)d device without the refused rows",
                "Import %(count)d devices without the refused rows",
                good,
            )
        )
        return words % {"count": good}

    # Undoing

    @staticmethod
    def in_the_way(batch: Import) -> tuple[list[Device], int]:
        things = in_the_way(batch)
        return [thing.device for thing in things[:NAMED] if thing.device is not None], things.count()

    @staticmethod
    def left(batch: Import) -> int:
        return batch.things.count()

    @staticmethod
    def take_back(batch: Import, *, by: User, most: int) -> int:
        """Devices first: what was made for them is used by nothing then."""
        things = batch.things.order_by("-pk").select_related("user", "space")
        some = list(things.exclude(device=None)[:most]) or list(things[:most])
        # Somebody may be named by any table: each person or space takes some twenty statements, too.
        some = portion(some, lambda thing: thing.device_id is None or not thing.is_new)
        if some and (stayed := take_back(some, by=by)):
            before = batch.findings.get("stayed", {"first": [], "more": 0})
            names = [*before["first"], *map(str, stayed)]
            first = names[:LONGEST_LIST]
            told = {"first": first, "more": before["more"] + len(names) - len(first)}
            batch.change(findings=batch.findings | {"stayed": told})
        return len(some)

    # The report

    def report(self) -> Report:
        report = Report(rows=self.survey.rows, unused_columns=self.columns.unused)
        for kind in ("devices", "people", "spaces"):
            report.count(kind, ())
        report.notices += self.survey.notices(self.columns)
        if "company" in self.columns:
            words = {"column": self.columns.header("company"), "company": self.company}
            report.notices.append(_("%(column)s is not used: everything belongs to %(company)s.") % words)
        if self.survey.statuses and self.choices.statuses is None:
            words = {"column": self.status_header, "statuses": numbers_of(self.survey.statuses)}
            report.notices.append(_("%(column)s is not used yet: %(statuses)s.") % words)
        report.notices += self.left_out_by_status()
        report.notices += self._new_categories()
        return report

    def _new_categories(self) -> Iterator[str]:
        """Perhaps they are misspelt. A category is free text, so nothing but this look can tell."""
        found: Counter[str] = Counter()
        for text, count in self.survey.categories.items():
            found[categories.canonical(text)] += count
        like_them = self.company.devices.filter(category__in=found).order_by("category")
        known = {*categories.KNOWN, *like_them.values_list("category", flat=True).distinct()}
        if new := Counter({name: count for name, count in found.items() if name not in known}):
            words = {"column": self.columns.header("category"), "categories": numbers_of(new)}
            yield _("New categories, by %(column)s: %(categories)s.") % words

    def tally(self, report: Report, entries: Sequence[Entry]) -> None:
        good = [entry for entry in entries if not entry.problems]
        report.count("devices", (entry.outcome for entry in entries))
        for kind, known, new in (("people", User, NewPerson), ("spaces", Space, NewSpace)):
            self._count_once(
                report, kind, "created", f"new {kind}", [id(e.hand_to) for e in good if isinstance(e.hand_to, new)]
            )
            self._count_once(
                report, kind, "unchanged", kind, [e.holder.pk for e in good if isinstance(e.holder, known)]
            )
        report.nameless += sum(entry.outcome == "created" and not entry.row.fields.get("name") for entry in good)
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
        for note in entry.notes:
            report.change(line, device, str(Note._meta.verbose_name), "", shortened(note))


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _name_of(holder: User | Space | NewPerson | NewSpace) -> str:
    if isinstance(holder, NewPerson):
        return holder.full_name or holder.email
    return holder.name if isinstance(holder, NewSpace) else str(holder)
