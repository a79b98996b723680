"""Carrying a plan out, through the domain's own verbs: so each device has its assignment and its log."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.importing.directory import NewPerson, NewSpace
from accounts.models import User
from devices.models import Device, MoveRefused

from .plan import Entry


def store(entries: Iterable[Entry], *, by: User) -> None:
    """Store each entry by itself; one that the domain refuses, as the register has changed since the plan was made, is
    refused in the report."""
    for entry in entries:
        if entry.outcome not in ("created", "changed"):
            continue
        newcomer = entry.hand_to if isinstance(entry.hand_to, NewPerson | NewSpace) else None
        about_to_come = newcomer is not None and newcomer.row is None
        try:
            with transaction.atomic():
                _store(entry, by)
        except (MoveRefused, ValidationError) as error:
            entry.refuse("", " ".join(getattr(error, "messages", [str(error)])))
        except IntegrityError:
            entry.refuse("", _("Somebody changed this in Velory at the same moment. Import the row again."))
        if newcomer is not None and about_to_come and entry.problems:
            newcomer.row = None  # rolled back with the row that needed it first


def _store(entry: Entry, by: User) -> None:
    company = by.company
    assert company is not None
    holder = entry.hand_to
    if isinstance(holder, NewPerson | NewSpace):
        holder = holder.made(company)
    if entry.device is None:
        device = Device.objects.register(company, by=by, holder=holder, payor=entry.payor, **entry.values)
    else:
        device = entry.device
        if entry.changes:
            device = device.edit(by=by, **entry.values)
        if holder is not None and entry.payor is not None:
            # As it was when planned: a device that has gone into repair since is not for an import to bring back.
            device = device.assign(holder, entry.payor, by=by, seen=entry.device.revision)
    for note in entry.notes:
        device = device.add_note(note, by=by)
