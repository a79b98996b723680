"""What repairs add to pages of devices, in answer to the signals that those send."""

from typing import TYPE_CHECKING, Any

from django.dispatch import receiver

from accounts.models import User
from devices.models import Device
from devices.signals import device_page, devices_listed

from .acts import loans_out
from .forms import ASSIGN_FORMS
from .models import MDMRelease, Repair, ReplacementLoan

if TYPE_CHECKING:
    from accounts.access import Member

Status = Device.Status


@receiver(device_page)
def repair_on_page(device: Device, user: "Member", **kwargs: Any) -> dict[str, Any]:
    """The device's latest repair, its MDM prompt, what replaces what, and for admins the forms for assigning it."""
    repairs = Repair.objects.filter(device=device).with_people()
    latest: Repair | None = repairs.order_by("-opened_at", "-pk").first()
    context: dict[str, Any] = {
        "latest_repair": latest,
        "repair": latest if latest is not None and latest.is_open else None,
        "backup_wanted": latest is not None and latest.wants_backup and latest.backup_is_up_to(user),
    }
    if user.is_admin:
        context |= _for_admins(device, user)
    return context


def _for_admins(device: Device, user: "Member") -> dict[str, Any]:
    # An open prompt outlives its repair: a removed device that was restored may still be enrolled.
    releases = MDMRelease.objects.filter(repair__device=device).select_related("closed_by")
    context: dict[str, Any] = {
        "mdm": releases.filter(state=MDMRelease.State.OPEN).order_by("pk").first() or releases.order_by("-pk").first(),
        "stands_in": None,
        "loans": [],
        "replaces": None,
    }
    if not device.is_archived:
        context["replaces"] = Repair.objects.filter(replacement=device).select_related("device").first()
        loan = ReplacementLoan.objects.filter(assignment__device=device, assignment__ended_at=None)
        context["stands_in"] = loan.select_related("repair__device", "repair__holder_user").first()
    if device.status in (Status.ACTIVE, Status.IN_REPAIR):
        context["assign_forms"] = assign_forms(device, user)
        context["loans"] = loans_out(device.holder or device.last_holder, instead_of=device)
    return context


def assign_forms(device: Device, user: "Member") -> dict[str, Any]:
    """The forms for assigning, by their way; "previous" only where the previous holder can still be given it."""
    return {
        way: form(device=device, company=user.company)
        for way, form in ASSIGN_FORMS.items()
        if way != "previous" or (device.is_unassigned and device.last_holder_is_available)
    }


@receiver(devices_listed)
def remark_on_repairs(devices: list[Device], user: User, **kwargs: Any) -> None:
    """In a row: the open repair's MDM prompt, or the outcome that archived the device; the backup prompt of whom it
    is up to. One query for all rows, none where no row wants it."""
    wanting = [device for device in devices if device.status != Status.ACTIVE]
    if not wanting:
        return
    latest: dict[int, Repair] = {}
    for repair in (
        Repair.objects.filter(device__in=wanting)
        .select_related("mdm_release", "replacement")
        .order_by("opened_at", "pk")
    ):
        latest[repair.device_id] = repair
    for device in wanting:
        found = latest.get(device.pk)
        if found is None:
            continue
        device.repair_id = found.pk  # type: ignore[attr-defined]
        device.backup_wanted = found.wants_backup and found.backup_is_up_to(user)  # type: ignore[attr-defined]
        if device.status == Status.IN_REPAIR:
            release: MDMRelease | None = getattr(found, "mdm_release", None)
            device.mdm_open = release is not None and release.is_open  # type: ignore[attr-defined]
            device.remark = str(release) if release is not None else ""
        elif device.status == Status.RECYCLED:
            device.remark = found.get_outcome_display()
