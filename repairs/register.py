"""Is the register true? What ARCHITECTURE.md promises of the rows, derived from the rows once more.

Three readings, each a stream, so that memory does not grow with the company: what the models
declare, asked as if the database had never held it; each device beside its assignments, its repairs
and its log; the plates with the names.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from itertools import chain, pairwise
from operator import or_

from django.db import connection, models
from django.db.models import Count, Exists, OuterRef, Q

from accounts import walls
from accounts.chain import Chain, with_plates
from accounts.models import Company
from accounts.models.named import Named
from accounts.tenants import tenant_models
from accounts.text import identifier_key, sort_key
from devices.chain import ByDevice
from devices.models import Assignment, Device, Event, Nameplate
from devices.models.changing import HOLDERS_AND_PAYORS
from devices.wording import SENTENCES

from .models import MDMRelease, Repair, ReplacementLoan
from .models.past import lies_within

Status, Outcome, State = Device.Status, Repair.Outcome, MDMRelease.State

CHUNK = 500


def contradictions(company: Company) -> Iterator[str]:
    """Whatever in this company's rows can't be true, one line each. Nothing is changed."""
    return Reading(company).contradictions()


def contradictions_between_rows(company: Company) -> Iterator[str]:
    """Likewise, without what the database itself refuses (`declared`): enough where its constraints stand."""
    return Reading(company).between_rows()


def missing_walls() -> Iterator[str]:
    """The walls that should stand in the database and don't."""
    for line in walls.missing(connection):
        yield f"database: {line}"


class Reading:
    """One reading of a company's rows. `rows` counts them by kind, as far as they were read."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.rows: Counter[str] = Counter()

    def contradictions(self) -> Iterator[str]:
        """Lines such as "acme: device 12: in repair, but held by somebody"."""
        for text in declared(self.company):
            yield f"{self.company.slug}: {text}"
        yield from self.between_rows()

    def between_rows(self) -> Iterator[str]:
        """Those that several rows make together."""
        for text in chain(self._payors(), self._names(), self._devices(), self._loans(), self._plates()):
            yield f"{self.company.slug}: {text}"

    def _read(self, rows: models.QuerySet) -> Iterator:
        """The rows, one after the other, counted."""
        for row in rows.iterator(chunk_size=CHUNK):
            self.rows[str(row._meta.verbose_name_plural)] += 1
            yield row

    def _payors(self) -> Iterator[str]:
        """Exactly one *Company*, one *Employee* and one who pays in repair."""
        payors = list(self._read(self.company.payors.order_by("pk")))
        yield from _found_otherwise(payors)
        for what, count in (
            ("payor Company", sum(payor.kind == "company" for payor in payors)),
            ("payor Employee", sum(payor.kind == "employee" for payor in payors)),
            ("payor who pays in repair", sum(payor.pays_repairs for payor in payors)),
        ):
            if count != 1:
                yield f"company {self.company.pk}: {count} × {what} instead of one"

    def _names(self) -> Iterator[str]:
        """People and spaces are found by what they are called."""
        yield from _found_otherwise(self._read(self.company.users.order_by("pk")))
        yield from _found_otherwise(self._read(self.company.spaces.order_by("pk")))

    def _devices(self) -> Iterator[str]:
        devices = Device.objects.order_by("pk").select_related(*HOLDERS_AND_PAYORS)
        by_device = {
            "assignments": Assignment.objects.order_by("device_id", "started_at", "id"),
            "repairs": Repair.objects.select_related("mdm_release").order_by("device_id", "opened_at", "id"),
            "log": Event.objects.order_by("device_id", "sequence"),
        }
        reading = {name: self._read(rows.filter(company=self.company)) for name, rows in by_device.items()}
        reading["log"] = with_plates(reading["log"], Nameplate, self.company.pk)
        streams = {name: ByDevice(rows) for name, rows in reading.items()}
        for device in self._read(devices.filter(company=self.company)):
            assignments = list(streams["assignments"].of(device))
            all_repairs = list(streams["repairs"].of(device))
            repairs = [repair for repair in all_repairs if not repair.is_brought]
            found = list(brought_along([repair for repair in all_repairs if repair.is_brought], repairs))
            found += [text for rule in RULES for text in rule(device, assignments, repairs)]
            found += self._log(device, streams["log"].of(device))
            yield from (f"device {device.pk}: {text}" for text in found)

    def _log(self, device: Device, events: Iterator[Event]) -> Iterator[str]:
        """The chain, and whether each line can be put into words."""
        walk = Chain(device.uuid.hex)
        for event in events:
            yield from map(str, walk.follow(event))
            if not _is_readable(event):
                yield f"line {event.sequence} of the log can't be put into words"
        yield from map(str, walk.end(device.log_sequence, device.log_digest))

    def _loans(self) -> Iterator[str]:
        """A replacement is lent to whom the repair took a device from, and is not that device."""
        loans = ReplacementLoan.objects.select_related("repair", "assignment").order_by("pk")
        for loan in self._read(loans.filter(company=self.company)):
            if loan.assignment.user_id != loan.repair.holder_user_id:
                yield f"loan {loan.pk}: lent to somebody else than the repair's holder"
            if loan.assignment.device_id == loan.repair.device_id:
                yield f"loan {loan.pk}: the device stands in for itself"

    def _plates(self) -> Iterator[str]:
        """A plate's key seals its name; erased, neither name nor salt is left."""
        for plate in self._read(Nameplate.objects.filter(company=self.company).order_by("pk")):
            if plate.salt and plate.pk != Nameplate.seal(plate.salt, plate.name):
                yield f"plate {plate.pk}: the name is not the one that was sealed"
            if plate.name and not plate.salt:
                yield f"plate {plate.pk}: a name without its salt"


def _found_otherwise(rows: Iterable[Named]) -> Iterator[str]:
    """Those whose key does not follow from their name."""
    for row in rows:
        if row.found_by != row.made_key:
            yield f"{row._meta.verbose_name} {row.pk}: is found by {row.found_by!r} instead of {row.made_key!r}"


def _is_readable(event: Event) -> bool:
    words = set(re.findall(r"%\((\w+)\)s", str(SENTENCES.get(event.kind, ""))))
    # Since when is for the times on the page of the log (devices/stays.py); no sentence says it.
    return words == {"actor", *event.details} - {"since"}


def brought_along(brought: list[Repair], own: list[Repair]) -> Iterator[str]:
    """Repairs that a list brought along are over, in order, and none lies within one of Velory's own. They may overlap
    one another: other registers keep several work orders of a device at once."""
    spans = [(repair.opened_at, repair.closed_at) for repair in own]
    for repair in brought:
        dates = [repair.opened_at, repair.taken_in_at or repair.opened_at, repair.closed_at or repair.opened_at]
        if dates != sorted(dates):
            yield f"repair {repair.pk}: its dates are out of order"
        if lies_within(dates[0], dates[-1], spans):
            yield f"repair {repair.pk}: was brought along, and lies within one of Velory's own"


# What each device's rows say of each other. A rule gets the device, its assignments and its repairs,
# both from the oldest on, those alone that went through Velory's own flow.

Rule = Callable[[Device, list[Assignment], list[Repair]], Iterator[str]]


def _last_passage(repairs: list[Repair]) -> Repair | None:
    """The last repair that IT had the device for, and that is over."""
    over = [repair for repair in repairs if repair.outcome not in ("", Outcome.NOT_NEEDED)]
    return over[-1] if over else None


def keys(device: Device, assignments: list[Assignment], repairs: list[Repair]) -> Iterator[str]:
    """What the tables sort and search by follows from the device and from who holds or held it."""
    before = [getattr(device, name) for name in Device.KEYS]
    device.refresh_keys()
    for name, stored in zip(Device.KEYS, before, strict=True):
        if getattr(device, name) != stored:
            yield f"{name} is {stored!r} instead of {getattr(device, name)!r}"


def status_and_repair(device: Device, assignments: list[Assignment], repairs: list[Repair]) -> Iterator[str]:
    """One Repair is open while the device is in the flow, none otherwise; taken in if it is in
    repair."""
    open_repairs = [repair for repair in repairs if repair.is_open]
    in_flow = device.status in (Status.NEEDS_REPAIR, Status.IN_REPAIR)
    if len(open_repairs) != in_flow:
        yield f"is {device.status}, and {len(open_repairs)} repairs are open"
    for repair in open_repairs:
        if in_flow and (repair.taken_in_at is not None) != (device.status == Status.IN_REPAIR):
            yield f"is {device.status}, but repair {repair.pk} says otherwise of the intake"
        # Whoever brought it along in an import has asked for nothing.
        came_in_it = device.reported_by_id is None and repair.opened_at <= device.registered_at
        if in_flow and device.reported_by_id != repair.reporter_id and not came_in_it:
            yield f"was not reported by the reporter of repair {repair.pk}"
    last = _last_passage(repairs)
    if device.status == Status.RECYCLED and (last is None or last.outcome not in (Outcome.RECYCLED, Outcome.REPLACED)):
        yield "is recycled, but no repair ended so"


def repair_facts(device: Device, assignments: list[Assignment], repairs: list[Repair]) -> Iterator[str]:
    """What a Repair remembers fits the device, and repairs follow one another."""
    for repair in repairs:
        dates = [repair.opened_at, repair.taken_in_at, repair.closed_at]
        known = [moment for moment in dates if moment is not None]
        if known != sorted(known):
            yield f"repair {repair.pk}: its dates are out of order"
        if repair.replacement_id == device.pk:
            yield f"repair {repair.pk}: replaced by itself"
        if not repair.is_open:
            continue
        held = device.holder_user_id, device.holder_space_id
        before = repair.holder_user_id, repair.holder_space_id
        if device.status == Status.NEEDS_REPAIR and ((*before, repair.payor_id) != (*held, device.payor_id)):
            yield f"repair {repair.pk}: holder or payor is not the device's"
        if device.status == Status.IN_REPAIR and any(before):
            last = device.last_holder_user_id, device.last_holder_space_id
            if (*before, repair.payor_id) != (*last, device.last_payor_id):
                yield f"repair {repair.pk}: previous holder or payor is not the device's"
    for one, next_one in pairwise(repairs):
        if one.closed_at is None or one.closed_at > next_one.opened_at:
            yield f"repair {next_one.pk}: opened before repair {one.pk} was closed"


def mdm(device: Device, assignments: list[Assignment], repairs: list[Repair]) -> Iterator[str]:
    """Each intake has its prompt, and a finish leaves none open."""
    for repair in repairs:
        release = getattr(repair, "mdm_release", None)
        if (release is None) != (repair.taken_in_at is None):
            yield f"repair {repair.pk}: intake and MDM release don't go together"
        elif release is not None and release.is_open and repair.outcome == Outcome.REPAIRED:
            yield f"repair {repair.pk}: repaired, but its MDM release is still open"
        elif release is not None and release.state == State.NOT_NEEDED and repair.outcome != Outcome.REPAIRED:
            yield f"repair {repair.pk}: its MDM release is not needed, but it was not repaired"


def holder_and_history(device: Device, assignments: list[Assignment], repairs: list[Repair]) -> Iterator[str]:
    """The holder is the open assignment's, and stays don't overlap."""
    held = device.holder_user_id, device.holder_space_id
    now = [(stay.user_id, stay.space_id) for stay in assignments if stay.ended_at is None]
    if now != ([held] if any(held) else []):
        yield f"its holder is not the one of its {len(now)} open assignments"
    for stay in assignments:
        if stay.ended_at is not None and stay.ended_at < stay.started_at:
            yield f"assignment {stay.pk}: ended before it began"
    for one, next_one in pairwise(assignments):
        if one.ended_at is None or one.ended_at > next_one.started_at:
            yield f"assignment {next_one.pk}: begins before assignment {one.pk} ends"
    if device.holder_space is not None and not device.holder_space.is_open:
        yield "is held by a space that is closed"


def previous_holder(device: Device, assignments: list[Assignment], repairs: list[Repair]) -> Iterator[str]:
    """The previous holder is the one whose stay ended last. An intake that took the device from
    nobody forgets them."""
    last = device.last_holder_user_id, device.last_holder_space_id
    ended = [stay for stay in assignments if stay.ended_at is not None]
    if any(last) and (not ended or last != (ended[-1].user_id, ended[-1].space_id)):
        yield "its previous holder is not the one of its last assignment"
    if ended and not any(last):
        since = ended[-1].ended_at
        taken_from_nobody = [
            repair.taken_in_at for repair in repairs if repair.holder_user_id is None and repair.holder_space_id is None
        ]
        if not any(moment and since and moment >= since for moment in taken_from_nobody):
            yield "its previous holder is missing"
    if any(last) != (device.last_payor_id is not None):
        yield "previous holder and previous payor don't go together"


def returned(device: Device, assignments: list[Assignment], repairs: list[Repair]) -> Iterator[str]:
    """Back from repair and with nobody yet, or not: as its last passage and the stays after it
    say."""
    last = _last_passage(repairs)
    back = False
    if last is not None and last.outcome == Outcome.REPAIRED and device.is_unassigned:
        # A stay may begin at the very moment of the finish, or have ended at it.
        latest = max((stay.started_at for stay in assignments), default=None)
        since = last.closed_at
        back = latest is None or since is None or latest < since
        back |= device.returned_from_repair and latest == since
    if back != device.returned_from_repair:
        yield f"returned from repair is {device.returned_from_repair}, its history says {back}"
    reporters = {None, last.reporter_id} if back and last is not None else {None}
    settled = device.status in (Status.ACTIVE, Status.RECYCLED)
    if settled and device.reported_by_id not in reporters:
        yield "is reported by somebody, but not in need of repair"


def payor(device: Device, assignments: list[Assignment], repairs: list[Repair]) -> Iterator[str]:
    """The copied kind is the payor's, somebody pays from the first assignment on, and nobody who is
    closed."""
    kind = device.payor.kind if device.payor is not None else ""
    if device.payor_kind != kind:
        yield f"its payor is of kind {kind!r}, the copy says {device.payor_kind!r}"
    key = sort_key(device.payor.name) if device.payor is not None else ""
    if device.payor_key != key:
        yield f"payor_key is {device.payor_key!r} instead of {key!r}"
    if assignments and device.payor_id is None:
        yield "has been assigned, but nobody pays"
    closed = device.payor is not None and not device.payor.is_open
    if closed and device.status != Status.RECYCLED:
        yield "is paid by a payor that is closed"


def identifiers(device: Device, assignments: list[Assignment], repairs: list[Repair]) -> Iterator[str]:
    """The forms in which serial number and asset tag are compared."""
    if device.serial_key != identifier_key(device.serial_number):
        yield "the compared form of its serial number is another one"
    if device.asset_tag_key != identifier_key(device.asset_tag):
        yield "the compared form of its asset tag is another one"


RULES: tuple[Rule, ...] = (
    keys,
    status_and_repair,
    repair_facts,
    mdm,
    holder_and_history,
    previous_holder,
    returned,
    payor,
    identifiers,
)


# What the models declare


def declared(company: Company | None) -> Iterator[str]:
    """Constraints and references, asked of the rows. None asks those who belong to no company."""
    for model in tenant_models():
        if model is Company:
            continue
        rows = model._default_manager.filter(company=company).order_by("pk")
        broken = {**_broken_checks(model), **_broken_references(model)}
        if rows.filter(reduce(or_, broken.values(), Q(pk=None))).exists():
            for text, condition in broken.items():
                for pk in rows.filter(condition).values_list("pk", flat=True):
                    yield f"{model._meta.verbose_name} {pk}: {text}"
        for text, pks in _twins(model, rows):
            yield f"{model._meta.verbose_name_plural} {', '.join(map(str, pks))}: {text}"


def _broken_checks(model: type[models.Model]) -> dict[str, Q]:
    return {
        f"breaks {constraint.name}": ~constraint.condition  # type: ignore[operator]
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
    }


def _broken_references(model: type[models.Model]) -> dict[str, Q]:
    """References to rows that are not there, or that another company owns."""
    broken = {}
    for field in model._meta.concrete_fields:
        target = field.related_model
        if not isinstance(target, type) or not hasattr(target, "company"):
            continue
        same = target._default_manager.filter(pk=OuterRef(field.attname), company=OuterRef("company_id"))
        broken[f"{field.name} is none of this company's"] = Q(**{f"{field.name}__isnull": False}) & Q(~Exists(same))
    return broken


def _twins(model: type[models.Model], rows: models.QuerySet) -> Iterator[tuple[str, list[object]]]:
    """Rows that share what only one may have. A key without the company is looked for in every
    company."""
    for constraint in model._meta.constraints:
        if not isinstance(constraint, models.UniqueConstraint) or "id" in constraint.fields:
            continue
        expressions = {f"part_{i}": part for i, part in enumerate(constraint.expressions)}
        parts = [*constraint.fields, *(part.name for part in constraint.expressions if isinstance(part, models.F))]  # type: ignore[attr-defined]
        everywhere = "company" not in parts
        among = (model._default_manager.all() if everywhere else rows).annotate(**expressions)
        if constraint.condition is not None:
            among = among.filter(constraint.condition)
        groups = among.order_by().values(*constraint.fields, *expressions).annotate(twins=Count("pk"))
        for group in groups.filter(twins__gt=1):
            group.pop("twins")
            pks = list(among.filter(**group).order_by("pk").values_list("pk", flat=True))
            if rows.filter(pk__in=pks).exists():
                yield f"break {constraint.name}", pks
