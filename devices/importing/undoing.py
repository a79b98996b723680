"""Taking an import back: what it made goes, what it changed is as it was. Only what nothing has happened to since."""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from accounts.models import Space, User
from accounts.models.closable import delete_if_unused
from devices.models import Device, Import, Imported, MoveRefused, Nameplate
from devices.models.letting_go import let_go


def in_the_way(batch: Import) -> QuerySet[Imported]:
    """Its devices to which something has happened since, so that it can't be undone."""
    devices = batch.things.exclude(device=None).select_related("device")
    return devices.exclude(log_sequence=F("device__log_sequence")).order_by("pk")


def take_back(things: Sequence[Imported], *, by: User) -> list[Device]:
    """Undo these, and forget them. Belongs inside a transaction, in which the import is being undone.

    A device to which something has happened meanwhile stays, and what one was before is left out where that can't be
    any more: these are returned. Somebody or a space that something else uses by now stays as well.
    """
    keys = [thing.device_id for thing in things if thing.device_id is not None]
    devices = Device.objects.filter(company=by.company_id).order_by("pk")
    # As they are to be deleted: nobody refers to them meanwhile.
    locked = devices.filter(pk__in=keys).select_for_update(of=("self",))
    heads = {device.pk: device.log_sequence for device in locked}
    untouched = [thing for thing in things if heads.get(thing.device_id or 0) == thing.log_sequence]
    stayed = set(keys) - {thing.device_id for thing in untouched}
    if new := [thing.device_id for thing in untouched if thing.is_new and thing.device_id is not None]:
        let_go(things[0].company_id, new)
    for thing in untouched:
        if not thing.is_new and not _restore(thing, by):
            stayed.add(thing.device_id or 0)
    Imported.objects.filter(company=by.company_id, pk__in=[thing.pk for thing in things]).delete()
    for thing in things:
        if thing.user_id is not None and thing.user is not None:
            _remove_person(thing.user)
        elif thing.space is not None:
            delete_if_unused(thing.space)
    return list(devices.filter(pk__in=stayed))


def _restore(thing: Imported, by: User) -> bool:
    """Whether all of it is as it was; whoever had it may be gone by now, or its number be another's."""
    device = Device.objects.select_related("company").get(company=by.company_id, pk=thing.device_id or 0)
    held = ("holder_user", "holder_space", "payor")
    fields = {name: _as_value(name, value) for name, value in thing.before.items() if name not in held}
    acts: list[Callable[[], object]] = []
    if fields:
        acts.append(lambda: device.edit(by=by, **fields))
    if "payor" in thing.before:
        acts.append(lambda: _hand_back(device, *(thing.before[name] for name in held), by=by))
    done = [_can(act) for act in acts]  # each, also where another can't be
    return all(done)


def _hand_back(device: Device, user: int | None, space: int | None, payor: int | None, *, by: User) -> None:
    if user is None and space is None:
        device.unassign(by=by)
        return
    company = device.company
    holder: User | Space = company.users.get(pk=user) if user is not None else company.spaces.get(pk=space or 0)
    device.assign(holder, company.payors.get(pk=payor or 0), by=by)


def _can(act: Callable[[], object]) -> bool:
    try:
        with transaction.atomic():
            act()
    except (MoveRefused, ValidationError, ObjectDoesNotExist, IntegrityError):
        return False
    return True


def _as_value(name: str, text: Any) -> Any:
    return Device._meta.get_field(name).to_python(text)  # type: ignore[union-attr]


def _remove_person(person: User) -> None:
    """Somebody who has not joined and whom nothing else names; the names in logs that are gone go with them."""
    key, company_id = person.pk, person.company_id or 0
    if not person.has_joined and person.link_made_at is None and delete_if_unused(person):
        plates = Nameplate.objects.filter(company_id=company_id, kind=Nameplate.Kind.USER, reference=key)
        plates.exclude(salt="").update(name="", salt="")
