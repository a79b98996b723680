"""What repairs add to pages of devices, in answer to the signals that those send."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connections, router
from django.db.models import Exists, OuterRef, Q
from django.dispatch import receiver
from django.utils.functional import cached_property

from accounts import clock
from accounts.models import User
from devices.models import Assignment, Device
from devices.signals import device_page, devices_listed, my_devices

from .about import repairs_about
from .assigning import AssignForm, assign_forms
from .models import MDMRelease, Repair
from .models.repair import backup_is_up_to, wants_backup

if TYPE_CHECKING:
    from accounts.access import Member

Status = Device.Status

# So many repairs that are over are listed.
EARLIER = 20
# Who did what in a repair.
ROLES = ("reporter", "backup_by", "taken_in_by", "closed_by")


class RepairSide:
    """What repairs know of a device, for its pages. Each thing is looked up when it is first asked for, so that a page
    pays for what it shows and for nothing else."""

    def __init__(self, device: Device, user: "Member") -> None:
        self.device, self.user = device, user

    @cached_property
    def _repairs(self) -> list[Repair]:
        return repairs_about(self.device)

    @cached_property
    def own_repairs(self) -> list[Repair]:
        """The device's own, the latest first, with everybody whom a page names: one query more, as joining them costs
        the database more than reading them."""
        repairs = list(dict.fromkeys(repair for repair in self._repairs if repair.device_id == self.device.pk))
        keys = {getattr(repair, f"{role}_id") for repair in repairs for role in ROLES} - {None}
        people = User.objects.filter(company=self.device.company_id).in_bulk(keys)
        for repair in repairs:
            for role in ROLES:
                setattr(repair, role, people.get(getattr(repair, f"{role}_id")))
        return repairs

    @property
    def latest_repair(self) -> Repair | None:
        return next((repair for repair in self.own_repairs if not repair.is_brought), None)

    @property
    def _over(self) -> list[Repair]:
        return [repair for repair in self.own_repairs if not repair.is_open]

    @property
    def earlier(self) -> list[Repair]:
        return sorted(self._over, key=lambda repair: (repair.opened_at, repair.pk), reverse=True)[:EARLIER]

    @property
    def are_more_earlier(self) -> bool:
        """Whether more of its repairs are over than are listed, as a list may have brought any number."""
        return len(self._over) > EARLIER

    @property
    def repair(self) -> Repair | None:
        """The open one."""
        latest = self.latest_repair
        return latest if latest is not None and latest.is_open else None

    @property
    def backup_wanted(self) -> bool:
        latest = self.latest_repair
        return latest is not None and latest.wants_backup and latest.backup_is_up_to(self.user)

    # For admins

    @cached_property
    def mdm(self) -> MDMRelease | None:
        """The release that is open, else the one of the latest repair. An open prompt outlives its repair: a removed
        device that was restored may still be enrolled. An answered one says nothing of the next repair."""
        releases = MDMRelease.objects.filter(company=self.device.company_id, repair__device=self.device)
        found, latest = list(releases.select_related("closed_by").order_by("pk")), self.latest_repair
        current = [release for release in found if release.is_open or (latest and release.repair_id == latest.pk)]
        return current[0] if current else None

    @property
    def replaces(self) -> Repair | None:
        """The repair that ended with this device registered instead."""
        if self.device.is_archived:
            return None
        return next((repair for repair in self._repairs if repair.replacement_id == self.device.pk), None)

    @property
    def _out(self) -> Iterator[tuple[Repair, Device]]:
        """The repairs for which something stands in now, each with that device."""
        for repair in self._repairs:
            lent: Device | None = repair.lent  # type: ignore[attr-defined]
            if lent is not None:
                yield repair, lent

    @property
    def stands_in(self) -> Repair | None:
        """The repair for which this device is lent."""
        return next((repair for repair, lent in self._out if lent == self.device), None)

    @property
    def loans(self) -> list[Device]:
        """Devices that this one's holder, or previous holder, still has as a replacement for it, or for the one that it
        was registered instead of."""
        holder = self.device.holder or self.device.last_holder
        if not isinstance(holder, User):
            return []
        lent = [lent for repair, lent in self._out if self.device.pk in (repair.device_id, repair.replacement_id)]
        return sorted((one for one in lent if one.holder_user_id == holder.pk), key=lambda one: (one.name, one.pk))

    @cached_property
    def assign_forms(self) -> dict[str, AssignForm]:
        settled = self.device.status in (Status.ACTIVE, Status.IN_REPAIR)
        return assign_forms(self.device, self.user) if settled else {}


FOR_ALL = ("latest_repair", "repair", "backup_wanted", "stands_in")
FOR_ADMINS = ("mdm", "replaces", "loans", "earlier", "are_more_earlier", "assign_forms")


@receiver(device_page)
def repair_on_page(device: Device, user: "Member", **kwargs: Any) -> dict[str, Any]:
    """The things of RepairSide by name, each a function: a template calls it where it names it."""
    side = RepairSide(device, user)
    names = FOR_ALL + FOR_ADMINS if user.is_admin else FOR_ALL
    return {name: partial(getattr, side, name) for name in names}


# `get_problem_display` would translate all of them for each row.
_LABELS: dict[str, Any] = {
    choice.value: choice.label for choices in (Repair.Problem, Repair.Outcome, MDMRelease.State) for choice in choices
}


class Remarked(NamedTuple):
    """What `remark_on_repairs` reads of a repair."""

    device_id: int
    id: int
    problem: str
    description: str
    backup: str
    holder_user_id: int | None
    reporter_id: int | None
    taken_in_at: object
    closed_at: object
    outcome: str
    mdm: str | None


# By hand, as Django takes longer to write this query than any database to answer it. The company stands in it
# (accounts/planning.py). Without what a list brought along, as `RepairQuerySet.of_the_flow`.
_REMARKS = f"""
SELECT {", ".join(f"repair.{name}" for name in Remarked._fields if name != "mdm")},
    (SELECT release.state FROM {MDMRelease._meta.db_table} release WHERE release.repair_id = repair.id)
FROM {Repair._meta.db_table} repair
WHERE repair.company_id = %(company)d AND repair.brought_in_id IS NULL AND repair.device_id IN (%(devices)s)
ORDER BY repair.opened_at, repair.id
"""


def _latest_repairs(company_id: int, devices: list[int]) -> dict[int, Remarked]:
    """Of each of these devices of the company."""
    sql = _REMARKS % {"company": company_id, "devices": ", ".join(["%s"] * len(devices))}
    with connections[router.db_for_read(Repair)].cursor() as cursor:
        cursor.execute(sql, devices)
        return {row[0]: Remarked(*row) for row in cursor.fetchall()}


@receiver(devices_listed)
def remark_on_repairs(devices: list[Device], user: "Member", **kwargs: Any) -> None:
    """In a row: what is wrong, the MDM prompt, or the outcome that archived the device, as its status has it; the
    backup prompt of whom it is up to. One query for all rows, none where no row wants it."""
    wanting = [device for device in devices if device.status != Status.ACTIVE]
    if not wanting:
        return
    latest = _latest_repairs(user.company_id, [device.pk for device in wanting])
    for device in wanting:
        repair = latest.get(device.pk)
        if repair is None:
            continue
        device.repair_id = repair.id  # type: ignore[attr-defined]
        device.backup_wanted = wants_backup(repair) and backup_is_up_to(repair, user)  # type: ignore[attr-defined]
        if device.status == Status.IN_REPAIR:
            device.mdm_open = repair.mdm == MDMRelease.State.OPEN  # type: ignore[attr-defined]
            device.remark = str(_LABELS[repair.mdm]) if repair.mdm else ""
        elif device.status == Status.NEEDS_REPAIR:
            device.remark = str(_LABELS[repair.problem]) if repair.problem else repair.description
        else:
            device.remark = str(_LABELS[repair.outcome]) if repair.outcome else ""


# How long My devices tells what became of a device that did not come back.
FAREWELL = timedelta(days=30)


@receiver(my_devices)
def farewells(user: User, **kwargs: Any) -> dict[str, Any]:
    """A device that was removed, or went to somebody else, leaves the list of whom it was taken from. So that nobody
    waits for it in vain, they read for a while what became of it, and what they have or may order instead."""
    over = Repair.objects.of_the_flow().filter(company=user.company, closed_at__gte=clock.now() - FAREWELL)
    removed = Q(
        device__status=Status.RECYCLED,
        device__last_holder_user=user,
        outcome__in=[Repair.Outcome.RECYCLED, Repair.Outcome.REPLACED],
    )
    back = Assignment.objects.filter(device=OuterRef("device"), user=user, started_at__gte=OuterRef("closed_at"))
    with_somebody = Q(device__holder_user__isnull=False) | Q(device__holder_space__isnull=False)
    elsewhere = Q(with_somebody, ~Exists(back), holder_user=user, outcome=Repair.Outcome.REPAIRED)
    found = over.filter(removed | elsewhere).select_related("device", "replacement").order_by("-closed_at")
    latest = {repair.device_id: repair for repair in reversed(found[:10])}
    return {"farewells": list(latest.values())[::-1][:5]}
