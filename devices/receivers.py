"""What happens on an edge of the state machine, whichever verb goes along it, as far as devices know: the assignment,
the payor and the lines of the log. Repairs has its own (repairs/receivers.py), which run after these."""

from typing import Any

from django.dispatch import receiver

from accounts.models import Payor, Space, User
from accounts.signals import holdings_wanted, releasing

from .edges import on_edge
from .models import Device

Status = Device.Status


@on_edge(Status.ACTIVE, Status.NEEDS_REPAIR)
def log_report(device: Device, *, by: User, **facts: Any) -> None:
    device.record("reported", by=by)


@on_edge(Status.NEEDS_REPAIR, Status.ACTIVE)
def log_revert(device: Device, *, by: User, **facts: Any) -> None:
    device.record("not_in_repair", by=by)


@on_edge(Status.NEEDS_REPAIR, Status.IN_REPAIR)
def log_intake(device: Device, *, by: User, **facts: Any) -> None:
    device.record("taken_in", by=by)


@on_edge(Status.NEEDS_REPAIR, Status.IN_REPAIR)
def unassign(device: Device, *, by: User, **facts: Any) -> None:
    """Entering repair: nobody holds the device, and the company's repair payor pays. What it took from nobody has no
    previous holder either: whoever had it long ago has no business with this repair."""
    if device.is_unassigned and not device.returned_from_repair:
        device.last_holder_user = device.last_holder_space = device.last_payor = None
    device.release(by=by)


@on_edge(Status.IN_REPAIR, Status.ACTIVE)
def log_finish(device: Device, *, by: User, assigning: bool = False, **facts: Any) -> None:
    """The line of the assignment says all, where there is one."""
    if not assigning:
        device.record("not_in_repair", by=by)


@on_edge(Status.IN_REPAIR, Status.RECYCLED)
def log_removal(device: Device, *, by: User, replacement: Device | None = None, **facts: Any) -> None:
    if replacement is not None:
        device.record("replacement_registered", by=by, device=replacement)
    device.record("removed", by=by)


@on_edge(Status.RECYCLED, Status.ACTIVE)
def log_restoration(device: Device, *, by: User, **facts: Any) -> None:
    device.record("restored", by=by)


@on_edge(Status.RECYCLED, Status.ACTIVE)
def replace_closed_payor(device: Device, *, by: User, **facts: Any) -> None:
    """The payor stays as it is, unless it was closed while the device was archived."""
    if device.payor is not None and not device.payor.is_open:
        device.let_repair_payor_pay(by=by)


@receiver(holdings_wanted)
def devices_of(subject: User | Space | Payor, **kwargs: Any) -> list[Device]:
    """What a person or space holds, or what a payor pays for (archived devices are history)."""
    return list(subject.devices.in_use())


@receiver(releasing)
def take_everything_back(subject: User | Space, by: User, **kwargs: Any) -> None:
    """Unassign whatever somebody holds. Raises MoveRefused for what is waiting for repair.

    Locked first: a device that another admin has given to somebody else meanwhile is not theirs any more.
    """
    for device in list(subject.devices.order_by("pk").select_for_update(no_key=True)):
        device.unassign(by=by)
