"""What happens to the Repair and its MDM release on an edge of the device's state machine, in the order in which it
stands here, after devices' own receivers."""

from typing import Any

from django.dispatch import receiver

from accounts import clock
from accounts.compiled import CompiledQuery
from accounts.models import Space, User
from accounts.writing import insert, update
from devices.edges import on_edge
from devices.models import Assignment, Device
from devices.signals import assigned, device_registering, devices_going, devices_registered

from .models import MDMRelease, Repair, ReplacementLoan

Status = Device.Status


_OPEN = CompiledQuery(
    Repair, lambda company, device: Repair.objects.open().filter(company=company, device=device).order_by()
)


def open_repair_of(device: Device) -> Repair:
    return _OPEN.get(device.company_id, device.pk)


@on_edge(Status.ACTIVE, Status.NEEDS_REPAIR)
def open_repair(device: Device, *, by: User, problem: str = "", description: str = "", **facts: Any) -> None:
    """A request opens a Repair, which remembers who held the device and who paid. Neither can change until intake."""
    insert(
        Repair(
            company_id=device.company_id,
            device=device,
            reporter=by,
            opened_at=clock.now(),
            problem=problem,
            description=description,
            holder_user_id=device.holder_user_id,
            holder_space_id=device.holder_space_id,
            payor_id=device.payor_id,
        )
    )


@on_edge(Status.NEEDS_REPAIR, Status.ACTIVE)
def close_as_not_needed(device: Device, *, by: User, **facts: Any) -> None:
    _close(device, Repair.Outcome.NOT_NEEDED, by)


@on_edge(Status.NEEDS_REPAIR, Status.IN_REPAIR)
def remember_intake(device: Device, *, by: User, **facts: Any) -> None:
    repair = open_repair_of(device)
    repair.taken_in_at, repair.taken_in_by = clock.now(), by
    update(repair, ["taken_in_at", "taken_in_by"])


@on_edge(Status.NEEDS_REPAIR, Status.IN_REPAIR)
def prompt_mdm_release(device: Device, *, by: User, **facts: Any) -> None:
    """Entering repair: the device should leave device management before it leaves the house."""
    insert(
        MDMRelease(
            company_id=device.company_id,
            repair=open_repair_of(device),
            requested_of=by,
            requested_at=clock.now(),
        )
    )
    device.record("mdm_asked", by=by)


@on_edge(Status.IN_REPAIR, Status.ACTIVE)
def close_as_repaired(device: Device, *, by: User, **facts: Any) -> None:
    """The prompt has outlived its reason: the device is back in use."""
    repair = _close(device, Repair.Outcome.REPAIRED, by)
    MDMRelease.objects.filter(repair=repair, state=MDMRelease.State.OPEN).update(
        state=MDMRelease.State.NOT_NEEDED, closed_at=clock.now(), closed_by=by
    )


@on_edge(Status.IN_REPAIR, Status.RECYCLED)
def close_as_removed(
    device: Device,
    *,
    by: User,
    outcome: str = Repair.Outcome.RECYCLED,
    replacement: Device | None = None,
    **facts: Any,
) -> None:
    """*Recycled*, or *Replaced*: by a device that was registered in the same act, or by one that the previous user may
    order. The MDM prompt stays open: the device may still be enrolled."""
    _close(
        device,
        outcome,
        by,
        replacement=replacement,
        may_order=outcome == Repair.Outcome.REPLACED and replacement is None,
    )


def _close(device: Device, outcome: str, by: User, **more: object) -> Repair:
    repair = open_repair_of(device)
    facts = {"outcome": outcome, "closed_at": clock.now(), "closed_by": by, **more}
    for name, value in facts.items():
        setattr(repair, name, value)
    update(repair, list(facts))
    return repair


@receiver(assigned)
def remember_loan(device: Device, to: User | Space, facts: dict[str, Any], **kwargs: Any) -> None:
    """Assigned *as replacement*: the assignment points to the repair that it stands in for."""
    repair: Repair | None = facts.get("loan_for")
    if repair is not None:
        assignment = Assignment.objects.get(device=device, ended_at=None)
        ReplacementLoan.objects.create(company_id=device.company_id, repair=repair, assignment=assignment)


# An import, which may bring devices that are in the flow already


@receiver(device_registering)
def ask_for_mdm_release(device: Device, **kwargs: Any) -> list[str]:
    """In repair: it may still be enrolled, as after any intake."""
    return ["mdm_asked"] if device.status == Status.IN_REPAIR else []


@receiver(devices_registered)
def open_repairs(devices: list[Device], by: User, **kwargs: Any) -> None:
    """Whoever imports is the reporter. It was reported, and taken in, when the list says; else with the import."""
    repairs = [
        Repair(
            company_id=device.company_id,
            device=device,
            reporter=by,
            opened_at=device.status_since,
            holder_user_id=device.holder_user_id or device.last_holder_user_id,
            holder_space_id=device.holder_space_id or device.last_holder_space_id,
            payor_id=device.payor_id if device.status == Status.NEEDS_REPAIR else device.last_payor_id,
            taken_in_at=device.status_since if device.status == Status.IN_REPAIR else None,
            taken_in_by=by if device.status == Status.IN_REPAIR else None,
        )
        for device in devices
    ]
    Repair.objects.bulk_create(repairs)
    MDMRelease.objects.bulk_create(
        MDMRelease(company_id=repair.company_id, repair=repair, requested_of=by, requested_at=clock.now())
        for repair in repairs
        if repair.taken_in_at is not None
    )


@receiver(devices_going)
def delete_repairs(company_id: int, keys: list[int], **kwargs: Any) -> None:
    """The repairs that an import opened go with its devices."""
    MDMRelease.objects.filter(company_id=company_id, repair__device__in=keys).delete()
    Repair.objects.filter(company_id=company_id, device__in=keys).delete()
