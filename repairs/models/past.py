"""Past repairs, which a list brings along. They are over, they moved the device in another register or in none, and
nobody in them has to be known. What Velory saw itself it knows better: no past repair lies within one of its own."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import clock
from accounts.models import User
from accounts.models.closable import require_admin
from devices.models import Import
from devices.models.bringing import reopen_undoing
from devices.models.correcting import EARLIEST
from devices.models.many import locked_in_order, tell

from .repair import Repair

# From when to when something was open; None where it still is.
Span = tuple[datetime, datetime | None]

# The lines that past repairs leave in a device's log.
LINES = ("past_intake", *(f"past_{outcome}" for outcome in Repair.Outcome), "past_taken_back")


@dataclass
class PastRepair:
    """One that is about to be brought: what it was, when, and who had to do with it, as far as that is known."""

    device_id: int
    key: str
    outcome: str
    opened_at: datetime
    taken_in_at: datetime
    closed_at: datetime
    reference: str = ""
    description: str = ""
    cost: Decimal | None = None
    people: Mapping[str, User | None] = field(default_factory=dict)  # reporter, taken_in_by, closed_by

    @property
    def was_taken_in(self) -> bool:
        """*Not needed* was not, as among Velory's own."""
        return self.outcome != Repair.Outcome.NOT_NEEDED


def brought_key(*facts: object) -> str:
    """What tells a past repair from the device's others: its number in the other register, else all that is said of
    it."""
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False, default=str).encode()).hexdigest()


def own_spans(device_ids: Iterable[int]) -> dict[int, list[Span]]:
    """From when to when Velory's own repairs of these devices were open, by device."""
    spans = defaultdict(list)
    own = Repair.objects.of_the_flow().filter(device__in=set(device_ids)).order_by("opened_at", "pk")
    for device, opened, closed in own.values_list("device", "opened_at", "closed_at"):
        spans[device].append((opened, closed))
    return spans


def lies_within(opened_at: datetime, closed_at: datetime, spans: Iterable[Span]) -> bool:
    """Whether any moment of it is in one of the spans."""
    return any(begin <= closed_at and (end is None or opened_at <= end) for begin, end in spans)


def contradiction(past: PastRepair, own: Iterable[Span]) -> str:
    """Why it can't have been so, beside Velory's own repairs of the device; blank where it can."""
    dates = [past.opened_at, past.taken_in_at, past.closed_at]
    if dates != sorted(dates):
        return _("It ended before it began.")
    if dates[0] < EARLIEST or dates[-1] > clock.now():
        return _("Its dates are not in the past, from 1990 on.")
    if lies_within(past.opened_at, past.closed_at, own):
        return _("Velory has a repair of this device at that time itself.")
    return ""


@transaction.atomic
def bring_past(repairs: Sequence[PastRepair], *, by: User, batch: Import) -> None:
    """Store these for an import, each with late lines in its device's log. All or none; nothing else of the devices
    changes, archived ones included.

    Raises ValidationError where one can't have been so, IntegrityError where a device has it already, PermissionDenied
    for anybody but an admin.
    """
    require_admin(by, batch.company_id)
    devices = locked_in_order(batch.company_id, (past.device_id for past in repairs))
    if any(past.device_id not in devices for past in repairs):
        raise ValidationError(_("The device is not there any more."))
    own = own_spans(devices)
    told: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
    for past in sorted(repairs, key=lambda past: (past.taken_in_at, past.closed_at)):
        if problem := contradiction(past, own.get(past.device_id, [])):
            raise ValidationError(problem)
        if past.was_taken_in and past.taken_in_at != past.closed_at:
            told[past.device_id].append(("past_intake", past.taken_in_at))
        told[past.device_id].append((f"past_{past.outcome}", past.closed_at))
    Repair.objects.bulk_create(_row(past, batch) for past in repairs)
    tell(told, devices, by=by)


def _row(past: PastRepair, batch: Import) -> Repair:
    return Repair(
        company_id=batch.company_id,
        device_id=past.device_id,
        brought_in=batch,
        brought_key=past.key,
        reference=past.reference,
        opened_at=past.opened_at,
        taken_in_at=past.taken_in_at if past.was_taken_in else None,
        closed_at=past.closed_at,
        outcome=past.outcome,
        description=past.description,
        cost=past.cost,
        reporter=past.people.get("reporter"),
        taken_in_by=past.people.get("taken_in_by") if past.was_taken_in else None,
        closed_by=past.people.get("closed_by"),
    )


def take_back_past(batch: Import, *, by: User, most: int) -> int:
    """Delete up to so many of an import's past repairs, the latest first; each device's log says so once. The import of
    a device that has no other past repair can be undone again, if nothing but them has happened to it since. Returns
    how many. Belongs inside a transaction, in which the import is being undone."""
    found = Repair.objects.filter(company_id=batch.company_id, brought_in=batch).order_by("-pk")[:most]
    by_key = dict(found.values_list("pk", "device"))
    devices = locked_in_order(batch.company_id, by_key.values())
    Repair.objects.filter(pk__in=by_key).delete()
    tell({key: [("past_taken_back", clock.now())] for key in devices}, devices, by=by)
    others = Repair.objects.filter(company_id=batch.company_id, device__in=devices).exclude(brought_in=None)
    reopen_undoing(batch.company_id, devices.keys() - set(others.values_list("device", flat=True)), kinds=LINES)
    return len(by_key)
