"""The repairs that a device's pages tell of, read in one query with all that they name."""

from typing import Any

from accounts.models import Payor, Space, User
from devices.models import Assignment, Device

from .models import Repair, ReplacementLoan

# So many are read of a device. Nobody will ever have so many that the oldest are missed.
MOST = 50

_REPAIRS, _LOANS, _ASSIGNMENTS = (model._meta.db_table for model in (Repair, ReplacementLoan, Assignment))
_DEVICES, _PEOPLE, _SPACES, _PAYORS = (model._meta.db_table for model in (Device, User, Space, Payor))
_COLUMNS = ", ".join(f"repair.{field.column}" for field in Repair._meta.concrete_fields)
# By hand, as Django takes five times as long to write this query as any database to answer it. The company stands in it
# (accounts/planning.py).
_SQL = f"""
SELECT {_COLUMNS},
    device.name AS device_name, replacement.name AS replacement_name,
    holder.full_name AS holder_name, holder.erased_at AS holder_erased_at, holder.is_active AS holder_is_active,
    space.name AS space_name, payor.name AS payor_name, payor.kind AS payor_kind,
    lent.id AS lent_id, lent.name AS lent_name, assignment.user_id AS lent_to, assignment.ended_at AS lent_until
FROM {_REPAIRS} repair
JOIN {_DEVICES} device ON device.id = repair.device_id
LEFT JOIN {_DEVICES} replacement ON replacement.id = repair.replacement_id
LEFT JOIN {_PEOPLE} holder ON holder.id = repair.holder_user_id
LEFT JOIN {_SPACES} space ON space.id = repair.holder_space_id
LEFT JOIN {_PAYORS} payor ON payor.id = repair.payor_id
LEFT JOIN {_LOANS} loan ON loan.repair_id = repair.id
LEFT JOIN {_ASSIGNMENTS} assignment ON assignment.id = loan.assignment_id
LEFT JOIN {_DEVICES} lent ON lent.id = assignment.device_id
WHERE repair.company_id = %(company)d AND (
    repair.device_id = %%(device)s OR repair.replacement_id = %%(device)s OR repair.id = (
        SELECT out.repair_id FROM {_LOANS} out JOIN {_ASSIGNMENTS} still ON still.id = out.assignment_id
        WHERE out.company_id = %(company)d AND still.device_id = %%(device)s AND still.ended_at IS NULL LIMIT 1
    )
)
ORDER BY CASE WHEN repair.device_id <> %%(device)s THEN 0 WHEN repair.brought_in_id IS NULL THEN 1 ELSE 2 END,
    repair.opened_at DESC, repair.id DESC
LIMIT {MOST}
"""


def repairs_about(device: Device) -> list[Repair]:
    """The latest first: the one for which this device stands in now, the one that ended with it registered instead, and
    its own, those that a list brought along after the others. Each knows the names of whom and what it names, and as
    `lent` the device that somebody still has meanwhile. A repair comes once for each of its loans."""
    found = Repair.objects.raw(_SQL % {"company": device.company_id}, {"device": device.pk})
    return [_with_names(row, device) for row in found]


def _with_names(row: Any, device: Device) -> Repair:
    row.device = device if row.device_id == device.pk else Device(pk=row.device_id, name=row.device_name)
    if row.replacement_id is not None:
        row.replacement = Device(pk=row.replacement_id, name=row.replacement_name)
    if row.holder_user_id is not None:
        row.holder_user = User(
            pk=row.holder_user_id,
            full_name=row.holder_name,
            erased_at=row.holder_erased_at,
            is_active=row.holder_is_active,
        )
    if row.holder_space_id is not None:
        row.holder_space = Space(pk=row.holder_space_id, name=row.space_name)
    if row.payor_id is not None:
        row.payor = Payor(pk=row.payor_id, name=row.payor_name, kind=row.payor_kind)
    is_out = row.lent_id is not None and row.lent_until is None
    row.lent = Device(pk=row.lent_id, name=row.lent_name, holder_user_id=row.lent_to) if is_out else None
    return row
