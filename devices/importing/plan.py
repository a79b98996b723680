"""What is to become of each row, decided from the rows and the register, with nothing changed yet."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.batches import batched
from accounts.importing.cells import shortened
from accounts.importing.columns import Columns
from accounts.importing.directory import Directory, NewPerson, NewSpace
from accounts.importing.report import Remark
from accounts.models import Company, Payor, Space, User
from accounts.text import identifier_key
from devices.models import Device, Note
from devices.models.describing import COMPARED

from .choices import LEFT_OUT
from .rows import DeviceRow, Kind
from .survey import DeviceSurvey, undecided
from .values import months_after

AnyHolder = User | Space | NewPerson | NewSpace

CHUNK = 500


@dataclass
class Entry:
    """A row and what it does. `changes` holds, by field, what is and what is to be."""

    row: DeviceRow
    device: Device | None = None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    holder: AnyHolder | None = None  # as the row has it
    hand_to: AnyHolder | None = None  # where that is a change
    payor: Payor | None = None
    notes: list[str] = field(default_factory=list)
    left_alone: list[Remark] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)
    status: str = Device.Status.ACTIVE  # in which a new one comes
    is_left_out: bool = False
    # As it was stored, and what that changed, as it was just before: somebody may have edited it since the plan.
    stored: Device | None = None
    before: dict[str, Any] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        if self.is_left_out:
            return "left out"
        if self.problems:
            return "refused"
        if self.device is None:
            return "created"
        return "changed" if self.changes or self.hand_to or self.notes else "unchanged"

    @property
    def values(self) -> dict[str, Any]:
        """The fields as they are to be."""
        return {name: after for name, (_before, after) in self.changes.items()}

    def refuse(self, column: str, reason: str) -> None:
        self.problems.append(Remark(self.row.line, column, reason))

    def leave(self, column: str, reason: str) -> None:
        self.left_alone.append(Remark(self.row.line, column, reason))


def _why_closed(holder: AnyHolder | None) -> str:
    """Why they can be given nothing; blank where they can."""
    if isinstance(holder, User) and not holder.is_active:
        return _("%(person)s is deactivated in Velory.") % {"person": holder}
    if isinstance(holder, Space) and not holder.is_open:
        return _("The space %(space)s is closed in Velory.") % {"space": holder}
    return ""


class Planner:
    """Plans the rows of one file for one company, some at a time. Reads people, spaces and payors once, devices for
    each plan."""

    def __init__(
        self, company: Company, columns: Columns, survey: DeviceSurvey, statuses: Mapping[str, str] | None = None
    ) -> None:
        """`statuses` is the status of each text in the column for it, in lower case, or `LEFT_OUT`; None where that
        column isn't used, and everything is Active."""
        self._company = company
        self._columns = columns
        self._survey = survey
        self._statuses = statuses
        self.directory = Directory(company)

    def plan(self, rows: Iterable[DeviceRow]) -> list[Entry]:
        """An entry for each of these rows, in order."""
        entries = [Entry(row, problems=list(row.problems)) for row in rows]
        self._refuse_twins(entries)
        self._find_devices(entries)
        written = self._notes_of([entry for entry in entries if entry.device and entry.row.notes])
        for entry in entries:
            if self._leave_out(entry):
                continue
            self._describe(entry)
            self._hold(entry)
            known = written[entry.device.pk] if entry.device else set()
            entry.notes = [note for note in entry.row.notes if _note_key(note) not in known]
            self._leave_archived(entry)
            self._place_in_status(entry)
            if isinstance(space := entry.hand_to, NewSpace) and not entry.problems:
                space.first_line = space.first_line or entry.row.line
        return entries

    # Which device a row means

    def _refuse_twins(self, entries: Iterable[Entry]) -> None:
        """Two rows with one serial number or asset tag are shown, not merged."""
        for name, twins in (("serial_number", self._survey.serials), ("asset_tag", self._survey.tags)):
            for entry in entries:
                if key := _key(entry, name):
                    self._refuse_beside(entry, twins.other(key, entry.row.line), name)

    def _refuse_beside(self, entry: Entry, line: int | None, name: str) -> None:
        if line is not None:
            entry.refuse(self._columns.header(name), _("Line %(line)d means the same device.") % {"line": line})

    def _find_devices(self, entries: list[Entry]) -> None:
        known = {name: dict(self._known(entries, name)) for name in COMPARED}
        numberless: dict[UUID | None, Device] = {device.uuid: device for device in self._numberless(entries)}
        for entry in entries:
            device = entry.device = self._device_of(entry, known) or numberless.get(entry.row.uuid)
            if device is None and not (_key(entry, "serial_number") or _key(entry, "asset_tag")):
                self._refuse_unknown(entry)
            if device is None or entry.problems:
                continue
            if device.uuid in numberless and entry.row.uuid is not None:
                self._refuse_beside(entry, self._survey.uuids.other(entry.row.uuid.hex, entry.row.line), "uuid")
            # The same device may be meant by its serial number in one row, and by its asset tag alone in another.
            if not _key(entry, "serial_number"):
                self._refuse_beside(entry, self._survey.serials.other(device.serial_key), "asset_tag")
            elif device.asset_tag_key and device.asset_tag_key != _key(entry, "asset_tag"):
                other = self._survey.tags_alone.other(device.asset_tag_key, entry.row.line)
                self._refuse_beside(entry, other, "asset_tag")

    def _known(self, entries: Iterable[Entry], name: str) -> Iterator[tuple[str, Device]]:
        keys = {key for entry in entries if (key := _key(entry, name))}
        for chunk in batched(sorted(keys), CHUNK):
            rows = self._company.devices.numbered(COMPARED[name], chunk).with_people()
            yield from ((getattr(device, COMPARED[name]), device) for device in rows)

    def _numberless(self, entries: Iterable[Entry]) -> Iterator[Device]:
        """Those that have neither number, by the Velory ID with which they were taken out."""
        keys = {entry.row.uuid for entry in entries if entry.row.uuid is not None}
        for chunk in batched(sorted(keys), CHUNK):
            yield from self._company.devices.filter(uuid__in=chunk, serial_key="", asset_tag_key="").with_people()

    def _refuse_unknown(self, entry: Entry) -> None:
        if not entry.problems:
            column = self._columns.header("serial_number", "asset_tag")
            entry.refuse(column, _("Without a serial number or an asset tag a device can't be told from others."))

    def _device_of(self, entry: Entry, known: dict[str, dict[str, Device]]) -> Device | None:
        """The device with this serial number, else the one with this asset tag, if that has no other serial number."""
        serial, tag = _key(entry, "serial_number"), _key(entry, "asset_tag")
        by_serial = known["serial_number"].get(serial)
        by_tag = known["asset_tag"].get(tag)
        if by_tag and serial and by_tag != by_serial and (by_serial or by_tag.serial_key):
            if by_tag.serial_key:
                reason = _("%(device)s has this asset tag, and another serial number: %(serial)s.")
            else:
                reason = _(
                    "%(device)s has this asset tag and no serial number, and %(other)s has the serial number. "
                    "Correct the row, or one of the two devices."
                )
            words = {"device": by_tag, "serial": by_tag.serial_number, "other": by_serial}
            entry.refuse(self._columns.header("asset_tag"), reason % words)
        return by_serial or by_tag

    # What it is

    def _describe(self, entry: Entry) -> None:
        row, device = entry.row, entry.device
        values = dict(row.fields)
        bought = values.get("purchase_date") or (device.purchase_date if device else None)
        if row.warranty_months and "warranty_end" not in values:
            column = self._columns.header("warranty_months")
            if bought is None:
                entry.leave(column, _("Months of warranty count from the purchase date, which is not known."))
            elif end := months_after(bought, row.warranty_months):
                values["warranty_end"] = end
            else:
                entry.leave(column, _("Months of warranty count from the purchase date, which is too far away."))
        if device is None:
            given = {name: value for name, value in values.items() if value not in (None, "")}
            values = _with_what_every_device_has(given)
        for name, after in values.items():
            before = getattr(device, name) if device else None
            same = _same_identifier(before, after) if name in COMPARED else before == after
            if not same:
                entry.changes[name] = (before, after)

    def _notes_of(self, entries: Iterable[Entry]) -> dict[int, set[str]]:
        """The notes that stand on the entries' devices already, by device."""
        written = defaultdict(set)
        for chunk in batched([entry.device.pk for entry in entries if entry.device], CHUNK):
            notes = Note.objects.filter(company=self._company, device__in=chunk)
            for device, text in notes.values_list("device", "text"):
                written[device].add(_note_key(text))
        return written

    # Who has it, and who pays

    def _hold(self, entry: Entry) -> None:
        device = entry.device
        holder = entry.holder = self._holder_of(entry)
        payor = self._payor_of(entry)
        if entry.problems:
            return
        now = device.holder if device else None
        keeper = holder or now
        if keeper is None:
            if payor and (device is None or payor != device.payor):
                entry.leave(self._columns.header("payor"), _("Nobody has the device, so nobody pays for it yet."))
            return
        if payor and payor.is_employee and not _is_person(keeper):
            entry.refuse(self._columns.header("payor"), _("Employee pays only for what a person holds."))
            return
        if keeper == now and (payor is None or (device and payor == device.payor)):
            return
        if device and device.status in (Device.Status.NEEDS_REPAIR, Device.Status.IN_REPAIR):
            words = {"device": device, "status": device.get_status_display()}
            entry.leave(
                entry.row.holder.column or self._columns.header("payor"),
                _("%(device)s is %(status)s: holder and payor stay as they are.") % words,
            )
            return
        if closed := _why_closed(keeper):
            entry.leave(self._columns.header("payor"), closed)
            return
        entry.hand_to, entry.payor = keeper, payor or self._usual_payor(device)

    def _holder_of(self, entry: Entry) -> AnyHolder | None:
        """Whom the row gives the device to; None where it says nothing. Refuses what can't be."""
        said = entry.row.holder
        holder: AnyHolder | None
        if said.kind == Kind.PERSON:
            holder = self.directory.person(said.email, said.name) if said.email else self._called(entry)
        elif said.kind == Kind.SPACE:
            holder = self.directory.space(said.name)
        elif said.kind == Kind.EITHER:
            space = self.directory.has_space(said.name, entry.row.line) and not self.directory.people_called(said.name)
            holder = self.directory.space(said.name) if space else self._called(entry)
        else:
            holder = self._place(entry)
        if entry.device is not None and holder == entry.device.holder:
            return holder
        if closed := _why_closed(holder):
            entry.refuse(said.column, closed)
        return holder

    def _called(self, entry: Entry) -> User | None:
        """The one person of this name. A name alone makes nobody: two people can share it."""
        name = entry.row.holder.name
        people = self.directory.people_called(name)
        if len(people) == 1:
            return people[0]
        if people:
            problem = _("%(count)d people are called %(name)s: an email address has to say which.")
        else:
            problem = _(
                "%(name)s is not known, and without an email address nobody can be added. "
                "Add them under Users, or give the list a column with email addresses."
            )
        entry.refuse(entry.row.holder.column, problem % {"count": len(people), "name": shortened(name)})
        return None

    def _place(self, entry: Entry) -> AnyHolder | None:
        """Where a device lies that nobody has. Somebody whom Velory knows to have it keeps it."""
        said, keeper = entry.row.holder, entry.device and entry.device.holder_user
        is_used = bool(said.name) and not keeper
        if said.kind == Kind.ASSET and is_used:
            entry.leave(said.column, _("Another device has it, which Velory doesn't know. Its location was used."))
        elif said.kind == Kind.ASSET:
            entry.leave(said.column, _("Another device has it, which Velory doesn't know."))
        if said.name and keeper:
            entry.leave(said.column, _("%(person)s has the device in Velory and keeps it.") % {"person": keeper})
        return self.directory.space(said.name) if is_used else None

    def _payor_of(self, entry: Entry) -> Payor | None:
        """The payor that the row names, if it names one."""
        if not (name := entry.row.payor):
            return None
        payor = self.directory.payor(name)
        stays = payor is not None and entry.device is not None and payor == entry.device.payor
        if payor is None or not (payor.is_open or stays):
            entry.refuse(
                self._columns.header("payor"),
                _("There is no open payor %(name)s. Add it under Payors first.") % {"name": shortened(name)},
            )
        return payor

    def _usual_payor(self, device: Device | None) -> Payor:
        """Who pays where the row names nobody: as before, unless that was *Employee*, whose device is now another's;
        else *Company*."""
        if device and device.payor and device.payor.is_open and not device.payor.is_employee:
            return device.payor
        return self._company.own_payor

    def _leave_archived(self, entry: Entry) -> None:
        if entry.device and entry.device.is_archived and entry.outcome == "changed":
            entry.changes, entry.notes, entry.hand_to = {}, [], None
            entry.leave("", _("%(device)s is archived and stays as it is.") % {"device": entry.device})

    # Where it stands

    def _leave_out(self, entry: Entry) -> bool:
        """A row of whose status somebody said so: whatever else stands in it, it changes nothing."""
        entry.is_left_out = self._status_of(entry) == LEFT_OUT
        if entry.is_left_out:
            entry.problems.clear()
        return entry.is_left_out

    def _status_of(self, entry: Entry) -> str | None:
        """What the row's status stands for; blank for Active, None where nobody has said."""
        if self._statuses is None or not entry.row.status:
            return ""
        return self._statuses.get(entry.row.status.casefold())

    def _place_in_status(self, entry: Entry) -> None:
        """A new device may come in a status; one that is there is moved by no import."""
        status, column, device = self._status_of(entry), self._columns.header("status"), entry.device
        if status is None:
            entry.refuse(column, undecided(entry.row.status))
        if not status:
            return
        if device is not None:
            if device.status != status:
                words = {"device": device, "status": device.get_status_display()}
                entry.leave(column, _("%(device)s is %(status)s in Velory and stays so.") % words)
            return
        entry.status = status
        if status == Device.Status.IN_REPAIR and entry.row.holder.kind == Kind.LOCATION:
            entry.hand_to = entry.payor = None  # where it is repaired, perhaps


def _key(entry: Entry, name: str) -> str:
    return identifier_key(entry.row.fields.get(name, ""))


def _note_key(text: str) -> str:
    """A note as it is compared: blanks and line ends don't matter."""
    return " ".join(text.split())


def _same_identifier(before: str | None, after: str) -> bool:
    """The same number, perhaps with other blanks and hyphens."""
    return before is not None and identifier_key(before) == identifier_key(after)


def _with_what_every_device_has(values: dict[str, Any]) -> dict[str, Any]:
    """A name and a category, for a device whose row has none."""
    names = (values.get(name) for name in ("name", "model", "asset_tag", "serial_number"))
    return {"category": "Other", **values, "name": next(filter(None, names), "")}


def _is_person(holder: AnyHolder) -> bool:
    return isinstance(holder, User | NewPerson)
