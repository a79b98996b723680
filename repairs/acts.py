"""What people do in a repair beside the moves of the device: confirm a backup, release from MDM, replace, lend."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import clock
from accounts.models import Payor, Space, User
from accounts.models.closable import require_admin
from devices.models import Device, MoveRefused
from devices.models.device import is_holder_reporter_or_admin
from devices.models.tried import tried

from .models import MDMRelease, Repair, ReplacementLoan


def acknowledge_backup(repair: Repair, how: str, *, by: User) -> None:
    """Answer the backup prompt: `how` is one of `Repair.Backup`. The holder answers, the admin who reported a device
    that no user holds, or any admin. Raises MoveRefused when the prompt is gone, PermissionDenied for others."""
    if not (repair.backup_is_up_to(by) or by.is_admin):
        raise PermissionDenied
    with repair.device.changing(by=by) as device:
        repair = Repair.objects.get(pk=repair.pk)
        if not repair.wants_backup:
            raise MoveRefused(
                _("Nobody asks for a backup of %(device)s any more. Nothing was changed.") % {"device": device}
            )
        repair.backup, repair.backup_by, repair.backup_at = how, by, clock.now()
        repair.save(update_fields=["backup", "backup_by", "backup_at"])
        device.record("backed_up" if how == Repair.Backup.DONE else "backup_impossible", by=by)


def amend(repair: Repair, *, by: User, seen: int | None = None, problem: str, description: str) -> None:
    """Change what a request says, while it waits. The reporter, the holder or an admin may. Raises MoveRefused when it
    waits no more, PermissionDenied for others."""
    with repair.device.changing(by=by, seen=seen) as device:
        if not is_holder_reporter_or_admin(device, by):
            raise PermissionDenied
        if not device.may("revert", by):
            raise MoveRefused(
                _("%(device)s is %(status)s, so its request can't be changed.")
                % {"device": device, "status": device.get_status_display()}
            )
        Repair.objects.open().filter(device=device).update(problem=problem, description=description)
        device.revision += 1  # whoever reads the older words must not act on them


def close_mdm_release(release: MDMRelease, state: str, *, by: User) -> None:
    """Answer the MDM prompt: `state` is RELEASED or NOT_ENROLLED. Also possible on an archived device. Raises
    MoveRefused when it was answered already, PermissionDenied for anybody but an admin."""
    require_admin(by, release.company_id)
    with release.repair.device.changing(by=by) as device:
        release = MDMRelease.objects.get(pk=release.pk)
        if not release.is_open:
            raise MoveRefused(
                _("The MDM release of %(device)s is settled already: %(state)s. Nothing was changed.")
                % {"device": device, "state": release.get_state_display()}
            )
        release.state, release.closed_at, release.closed_by = state, clock.now(), by
        release.save(update_fields=["state", "closed_at", "closed_by"])
        device.record(
            "mdm_released" if state == MDMRelease.State.RELEASED else "mdm_not_enrolled",
            by=by,
        )


def replace(
    device: Device,
    *,
    by: User,
    seen: int | None = None,
    holder: User | Space,
    payor: Payor,
    **description: Any,
) -> Device:
    """Register a new device instead of one in repair, hand it to `holder`, and recycle the old one: one act.

    Returns the new device. Raises as `Device.move`, `Device.assign` and `Device.objects.register` do.
    """
    with tried("recycle"), device.changing(by=by, seen=seen) as old:
        new = Device.objects.register(old.company, by=by, holder=holder, payor=payor, **description)
        old.carry_out("recycle", by=by, outcome=Repair.Outcome.REPLACED, replacement=new)
    return new


def lend(device: Device, repair: Repair, payor: Payor, *, by: User, seen: int | None = None) -> Device:
    """Assign `device` to whom an open repair took theirs from, *as replacement*. Both logs say so.

    Returns the fresh device. Raises as `Device.assign` does, and ValidationError when the repair is over or its device
    was no user's.
    """
    require_admin(by, device.company_id)
    with transaction.atomic():
        # Two devices at once: always in this order, so that nobody waits for each other for ever.
        list(
            Device.objects.filter(pk__in=[device.pk, repair.device_id])
            .order_by("pk")
            .select_for_update(no_key=True)
            .values_list("pk")
        )
        repair = Repair.objects.select_related("device", "holder_user").get(pk=repair.pk)
        if not repair.is_open or repair.holder_user is None or repair.device_id == device.pk:
            raise ValidationError({"loan_for": _("This repair is over. Choose another, or none.")})
        loans = ReplacementLoan.objects.filter(assignment__device=device, assignment__ended_at=None)
        if loans.filter(assignment__user=repair.holder_user).exists():
            raise MoveRefused(
                _("%(device)s is assigned to %(holder)s already.") % {"device": device, "holder": repair.holder_user}
            )
        lent = device.assign(repair.holder_user, payor, by=by, seen=seen, loan_for=repair)
        with repair.device.changing(by=by) as broken:
            broken.record("replacement_assigned", by=by, device=device, user=repair.holder_user)
    return lent
