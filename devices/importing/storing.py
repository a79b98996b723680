"""Carrying a plan out, through the domain's own verbs: so each device has its assignment and its log."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.importing.directory import NewPerson, NewSpace, make_all
from accounts.models import Company, User
from accounts.turns import wait_for_turn
from devices.models import Device, Import, Imported, MoveRefused
from devices.models.many import Given, holders_and_payors, kept_together, locked_in_order
from devices.models.registering import Newcomer, register_imported
from devices.statistics import look_at_devices

from .plan import Entry
from .values import moment_of

New = NewPerson | NewSpace
Act = Callable[[Sequence[Entry], User], list[Device]]


def store(entries: Sequence[Entry], *, by: User, batch: Import) -> None:
    """Store the entries; one that the domain refuses, as the register has changed since the plan was made, is refused
    in the report. What was done is remembered for `batch`. Belongs inside a transaction."""
    # A step locks and makes people as its rows come; two imports of one company, one of them at the console, would wait
    # for each other's.
    wait_for_turn(f"import {batch.company_id}")
    about_to_come = {id(new): new for new in map(_newcomer, entries) if new is not None and new.row is None}
    created = [entry for entry in entries if entry.outcome == "created"]
    changed = [entry for entry in entries if entry.outcome == "changed"]
    # In order and before all else, as whoever locks several devices does: nobody waits for each other for ever.
    there = locked_in_order(batch.company_id, (entry.device.pk for entry in changed if entry.device is not None))
    for group, act in ((created, _register), (changed, partial(_change_all, there))):
        if group and not _all_or_none(group, act, by):
            _one_by_one(group, by)
    _remember(entries, about_to_come.values(), batch)
    if created:
        look_at_devices(batch.rows_done, batch.rows_done + len(entries))


def _newcomer(entry: Entry) -> New | None:
    return entry.hand_to if isinstance(entry.hand_to, New) and not entry.problems else None


def _all_or_none(entries: Sequence[Entry], act: Act, by: User) -> bool:
    """False, and nothing stored, where one of them can't be."""
    made = [new for new in map(_newcomer, entries) if new is not None and new.row is None]
    try:
        with transaction.atomic():
            make_all(made, _company_of(by))
            devices = act(entries, by)
    except (MoveRefused, ValidationError, IntegrityError):
        for new in made:
            new.row = None  # rolled back with the rest
        return False
    for entry, device in zip(entries, devices, strict=True):
        entry.stored = device
    return True


def _register(entries: Sequence[Entry], by: User) -> list[Device]:
    return register_imported(_company_of(by), [_registered(entry, by) for entry in entries], by=by)


def _change_all(there: Mapping[int, Device], entries: Sequence[Entry], by: User) -> list[Device]:
    """`there` are the devices, locked: those that have not gone meanwhile, as an import of them was undone."""
    devices = [there[entry.device.pk] for entry in entries if entry.device is not None and entry.device.pk in there]
    if len(devices) < len(entries):
        raise ValidationError(_("The device is not there any more."))
    given = [_given(entry, by) for entry in entries]
    now = holders_and_payors(_company_of(by), filter(None, given))
    with kept_together(devices, by=by):
        for entry, device, to in zip(entries, devices, given, strict=True):
            _change(entry, device, to and now[to], by, are_held=True)
    return devices


def _registered(entry: Entry, by: User) -> Newcomer:
    holder, payor = _given(entry, by) or (None, None)
    return Newcomer(entry.values, holder, payor, entry.notes, entry.status, _since(entry))


def _since(entry: Entry) -> datetime | None:
    return moment_of(entry.row.status_since) if entry.row.status_since else None


def _one_by_one(entries: Iterable[Entry], by: User) -> None:
    for entry in entries:
        newcomer = _newcomer(entry)
        about_to_come = newcomer is not None and newcomer.row is None
        try:
            with transaction.atomic():
                _store(entry, by)
        except (MoveRefused, ValidationError) as error:
            entry.refuse("", " ".join(getattr(error, "messages", [str(error)])))
        except Device.DoesNotExist:
            entry.refuse("", _("The device is not there any more."))
        except IntegrityError:
            entry.refuse("", _("Somebody changed this in Velory at the same moment. Import the row again."))
        if newcomer is not None and about_to_come and entry.problems:
            newcomer.row = None  # rolled back with the row that needed it first


def _store(entry: Entry, by: User) -> None:
    if entry.device is None:
        [entry.stored] = _register([entry], by)
        return
    with entry.device.changing(by=by) as device:
        _change(entry, device, _given(entry, by), by)
    entry.stored = device


def _given(entry: Entry, by: User) -> Given | None:
    """Who is to get the device and who is to pay, where that is a change; whoever is new is made."""
    holder = entry.hand_to.made(_company_of(by)) if isinstance(entry.hand_to, New) else entry.hand_to
    return (holder, entry.payor) if holder is not None and entry.payor is not None else None


def _change(entry: Entry, device: Device, given: Given | None, by: User, *, are_held: bool = False) -> None:
    """The device is that of the entry as it is now, inside a change."""
    entry.before = _before(entry, device, given)
    if entry.changes:
        device.revise(entry.values, by=by)
    if given is not None:
        # As it was when planned: a device that has gone into repair since is not for an import to bring back.
        device.require_revision(entry.device.revision if entry.device is not None else None)
        device.hand_to(*given, by=by, are_held=are_held)
    for note in entry.notes:
        device.note_down(note, by=by)


def _company_of(by: User) -> Company:
    assert by.company is not None
    return by.company


# What it takes to undo it


def _remember(entries: Iterable[Entry], newcomers: Iterable[New], batch: Import) -> None:
    things = [
        Imported(company_id=batch.company_id, batch=batch, is_new=True, **{_field_of(new): new.row})
        for new in newcomers
        if new.row is not None
    ]
    for entry in entries:
        if entry.stored is not None and not entry.problems:
            things.append(
                Imported(
                    company_id=batch.company_id,
                    batch=batch,
                    device=entry.stored,
                    is_new=entry.device is None,
                    log_sequence=entry.stored.log_sequence,
                    before=entry.before,
                )
            )
    Imported.objects.bulk_create(things)


def _field_of(new: New) -> str:
    return "user" if isinstance(new, NewPerson) else "space"


def _before(entry: Entry, device: Device, given: Given | None) -> dict[str, Any]:
    """The fields that are to be changed, as they are; and holder and payor by key, where those are."""
    before: dict[str, Any] = {name: _as_json(getattr(device, name)) for name in entry.changes}
    if given is not None:
        before |= {"holder_user": device.holder_user_id, "holder_space": device.holder_space_id}
        before["payor"] = device.payor_id
    return before


def _as_json(value: Any) -> Any:
    return (
        value
        if value is None or isinstance(value, str)
        else (value.isoformat() if isinstance(value, date) else str(value))
    )
