"""Registering many devices at once, for an import: what `Device.objects.register` does for one, in as few statements as
for one."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import clock
from accounts.models import Company, Payor, Space, User
from accounts.models.closable import require_admin
from accounts.text import identifier_key
from devices.signals import device_registering, devices_registered

from .assignment import Assignment
from .changing import FlowOff
from .describing import COMPARED
from .device import Device
from .event import Event, Line, lines_of_many
from .many import holders_and_payors
from .note import Note
from .status import Status


@dataclass
class Newcomer:
    """A device that is about to be registered: fields of `Device.DESCRIPTION`, cleaned as those fields clean; who gets
    it and who pays, both or neither; notes. One that needs repair or is in repair says since when, if that is known; of
    one in repair they are who had it and who paid before."""

    fields: dict[str, Any]
    holder: User | Space | None = None
    payor: Payor | None = None
    notes: list[str] = field(default_factory=list)
    status: str = Status.ACTIVE
    since: datetime | None = None


# The first line, by the status in which a device comes.
FIRST_LINES = {
    Status.ACTIVE: "imported",
    Status.NEEDS_REPAIR: "imported_needs_repair",
    Status.IN_REPAIR: "imported_in_repair",
}


@transaction.atomic
def register_imported(company: Company, newcomers: Sequence[Newcomer], *, by: User) -> list[Device]:
    """Put devices into the register, each with its log as if it had been registered by itself, and with its repair
    where it comes with one: nothing else registers into another status than Active. All or none.

    Who listens: repairs/receivers.py (Repair, MDM release).
    Raises ValidationError where one can't be, without saying which: that shows when each is registered alone;
    IntegrityError where somebody was quicker; PermissionDenied for anybody but an admin, FlowOff for a status of the
    repair flow where that is off.
    """
    require_admin(by, company.pk)
    if any(newcomer.status != Status.ACTIVE for newcomer in newcomers) and not company.repair_flow_on:
        raise FlowOff(_("The repair flow is not activated for your company."))
    _refuse_what_cannot_be(company, newcomers)
    now = clock.now()
    in_repair = any(newcomer.status == Status.IN_REPAIR for newcomer in newcomers)
    repair_payor = company.pinned_repair_payor() if in_repair else None
    devices, logs = [], []
    for newcomer in newcomers:
        facts: dict[str, Any] = {"status": newcomer.status, "status_since": newcomer.since or now, "registered_at": now}
        device = Device(company=company, uuid=uuid.uuid4(), **facts, **newcomer.fields)
        device.refresh_compared()
        devices.append(device)
        logs.append((device, _first_lines_of(device, newcomer, by, repair_payor)))
        device.refresh_keys()
    events = lines_of_many(logs, now)
    Device.objects.bulk_create(devices)
    Assignment.objects.bulk_create(filter(None, map(_first_stay_of, devices)))
    Note.objects.bulk_create(
        Note(company=company, device=device, author=by, text=text, written_at=now)
        for device, newcomer in zip(devices, newcomers, strict=True)
        for text in newcomer.notes
    )
    Event.objects.bulk_create(events)
    if in_flow := [device for device in devices if device.status != Status.ACTIVE]:
        devices_registered.send(sender=Device, devices=in_flow, by=by)
    return devices


def _first_stay_of(device: Device) -> Assignment | None:
    """With its holder, or, where it comes in repair, with who had it, until then."""
    holder, end = (device.last_holder, device.status_since) if device.last_holder else (device.holder, None)
    if holder is None:
        return None
    held_by = {"user": holder} if isinstance(holder, User) else {"space": holder}
    start = end or device.registered_at
    return Assignment(company=device.company, device=device, started_at=start, ended_at=end, **held_by)


def _first_lines_of(device: Device, newcomer: Newcomer, by: User, repair_payor: Payor | None) -> list[Line]:
    """Give the device to its first holder, or take it from them where it comes in repair, in the object alone, and say
    so."""
    holder, payor, now = newcomer.holder, newcomer.payor, device.registered_at
    lines = [Line(FIRST_LINES[Status(newcomer.status)], by, now, {}, "", since=newcomer.since)]
    if newcomer.status == Status.IN_REPAIR and repair_payor is not None:
        if holder is not None:
            device.last_holder_user = holder if isinstance(holder, User) else None
            device.last_holder_space = holder if isinstance(holder, Space) else None
            device.last_payor, holder = payor, None
            lines.append(Line("unassigned", by, now, {"holder": device.last_holder}, ""))
        device.let_pay(repair_payor)
        if repair_payor != device.last_payor:
            lines.append(Line("payor_changed", by, now, {"before": device.last_payor, "after": repair_payor}, ""))
    if newcomer.status != Status.ACTIVE:
        answers = device_registering.send(sender=Device, device=device, by=by)
        lines += [Line(kind, by, now, {}, "") for _receiver, kinds in answers for kind in kinds or ()]
    if holder is not None and payor is not None:
        device.holder_user = holder if isinstance(holder, User) else None
        device.holder_space = holder if isinstance(holder, Space) else None
        device.let_pay(payor)
        device.revision = 1
        lines.append(Line("assigned", by, now, {"holder": holder}, ""))
        lines.append(Line("payor_changed", by, now, {"before": None, "after": payor}, ""))
    return lines + [Line("note_added", by, now, {}, "") for _text in newcomer.notes]


def _refuse_what_cannot_be(company: Company, newcomers: Sequence[Newcomer]) -> None:
    """Numbers that the company has already, and holders and payors that can't be chosen any more. Whom a device is
    given is read anew and locked, so that nobody closes or renames them between this look and the commit."""
    for name, key in COMPARED.items():
        keys = [identifier_key(newcomer.fields.get(name, "")) for newcomer in newcomers]
        if Device.objects.filter(company=company).numbered(key, keys).exists():
            raise ValidationError({name: _("A device with this number is registered already.")})
    wanted = [(n.holder, n.payor) for n in newcomers if n.holder is not None and n.payor is not None]
    now = holders_and_payors(company, wanted)
    for newcomer in newcomers:
        if newcomer.holder is not None and newcomer.payor is not None:
            newcomer.holder, newcomer.payor = now[newcomer.holder, newcomer.payor]
