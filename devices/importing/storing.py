"""Carrying a plan out, through the domain's own verbs: so each device has its assignment and its log."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.importing.directory import NewPerson, NewSpace, make_all
from accounts.models import Company, User
from devices.models import Import, Imported, MoveRefused
from devices.models.registering import Newcomer, register_imported
from devices.models.telling import locked_in_order
from devices.statistics import look_at_devices

from .plan import Entry
from .values import moment_of

New = NewPerson | NewSpace


def store(entries: Sequence[Entry], *, by: User, batch: Import) -> None:
    """Store the entries; one that the domain refuses, as the register has changed since the plan was made, is refused
    in the report. What was done is remembered for `batch`. Belongs inside a transaction."""
    # In order and before all else, as whoever locks several devices does: nobody waits for each other for ever.
    there = (entry.device.pk for entry in entries if entry.device is not None and entry.outcome == "changed")
    locked_in_order(batch.company_id, there)
    about_to_come = {id(new): new for new in map(_newcomer, entries) if new is not None and new.row is None}
    created = [entry for entry in entries if entry.outcome == "created"]
    if not _store_together(created, by):
        _one_by_one(created, by)
    _one_by_one([entry for entry in entries if entry.outcome == "changed"], by)
    _remember(entries, about_to_come.values(), batch)
    if created:
        look_at_devices()


def _newcomer(entry: Entry) -> New | None:
    return entry.hand_to if isinstance(entry.hand_to, New) and not entry.problems else None


def _store_together(entries: Sequence[Entry], by: User) -> bool:
    """False, and nothing stored, where one of them can't be."""
    company = _company_of(by)
    made = [new for new in map(_newcomer, entries) if new is not None and new.row is None]
    try:
        with transaction.atomic():
            make_all(made, company)
            newcomers = [_registered(entry, company) for entry in entries]
            devices = register_imported(company, newcomers, by=by) if newcomers else []
    except (ValidationError, IntegrityError):
        for new in made:
            new.row = None  # rolled back with the rest
        return False
    for entry, device in zip(entries, devices, strict=True):
        entry.stored = device
    return True


def _registered(entry: Entry, company: Company) -> Newcomer:
    holder = entry.hand_to.made(company) if isinstance(entry.hand_to, New) else entry.hand_to
    return Newcomer(entry.values, holder, entry.payor, entry.notes, entry.status, _since(entry))


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
        except IntegrityError:
            entry.refuse("", _("Somebody changed this in Velory at the same moment. Import the row again."))
        if newcomer is not None and about_to_come and entry.problems:
            newcomer.row = None  # rolled back with the row that needed it first


def _store(entry: Entry, by: User) -> None:
    company = _company_of(by)
    if entry.device is None:
        [entry.stored] = register_imported(company, [_registered(entry, company)], by=by)
        return
    holder = entry.hand_to.made(company) if isinstance(entry.hand_to, New) else entry.hand_to
    device = entry.device
    if entry.changes:
        device = device.edit(by=by, **entry.values)
    if holder is not None and entry.payor is not None:
        # As it was when planned: a device that has gone into repair since is not for an import to bring back.
        device = device.assign(holder, entry.payor, by=by, seen=entry.device.revision)
    for note in entry.notes:
        device = device.add_note(note, by=by)
    entry.stored = device


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
            is_new = entry.device is None
            before = {} if is_new else _before(entry)
            facts: dict[str, Any] = {"is_new": is_new, "log_sequence": entry.stored.log_sequence, "before": before}
            things.append(Imported(company_id=batch.company_id, batch=batch, device=entry.stored, **facts))
    Imported.objects.bulk_create(things)


def _field_of(new: New) -> str:
    return "user" if isinstance(new, NewPerson) else "space"


def _before(entry: Entry) -> dict[str, Any]:
    """The fields that were changed, as they were; and holder and payor by key, where those were."""
    before: dict[str, Any] = {name: _as_json(value) for name, (value, _after) in entry.changes.items()}
    device = entry.device
    if device is not None and entry.hand_to is not None:
        before |= {"holder_user": device.holder_user_id, "holder_space": device.holder_space_id}
        before["payor"] = device.payor_id
    return before


def _as_json(value: Any) -> Any:
    return (
        value
        if value is None or isinstance(value, str)
        else (value.isoformat() if isinstance(value, date) else str(value))
    )
