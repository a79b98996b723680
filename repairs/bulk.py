"""The moves of the repair flow, done with many devices (devices/bulk/)."""

from typing import Any

from django import forms
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Company, Payor, Space, User
from devices.bulk.acts import Act, ActForm, Hurdle, figure, only, paying, register, unassigning
from devices.fields import PayorField
from devices.models import Device

from .models import MDMRelease, Repair

Status = Device.Status


@register
class TakeIn(Act):
    """Needs repair → In repair."""

    slug = "take_in"
    name = gettext_lazy("Move to “In repair”")
    statuses = (Status.NEEDS_REPAIR,)
    is_gated = True

    def question(self, count: int) -> str:
        text = ngettext("Move %(count)s device to “In repair”?", "Move %(count)s devices to “In repair”?", count)
        return text % {"count": figure(count)}

    def hurdles(self) -> list[Hurdle]:
        if not self.company.repair_flow_on:
            return [Hurdle(_("The repair flow is not activated for your company."), ~Q(pk=None))]
        return only(Status.NEEDS_REPAIR)

    def consequences(self, devices: QuerySet[Device]) -> list[str]:
        return [
            *unassigning(devices),
            *paying(devices, self.company.repair_payor),
            *_backups(devices),
            _("Release them from MDM before you send them. A prompt on the Support tab of each reminds you."),
        ]

    def do(self, device: Device, *, by: User, seen: int) -> None:
        device.move("take_in", by=by, seen=seen)


@register
class Revert(Act):
    """Needs repair → Active: nothing is wrong after all."""

    slug = "revert"
    name = gettext_lazy("Revert to “Not in repair”")
    statuses = (Status.NEEDS_REPAIR,)

    def question(self, count: int) -> str:
        text = ngettext(
            "Revert %(count)s device to “Not in repair”?", "Revert %(count)s devices to “Not in repair”?", count
        )
        return text % {"count": figure(count)}

    def hurdles(self) -> list[Hurdle]:
        return only(Status.NEEDS_REPAIR)

    def consequences(self, devices: QuerySet[Device]) -> list[str]:
        return [
            _("They are Active again, and their requests close as not needed."),
            _("Whoever holds them keeps them, and their payors stay."),
        ]

    def do(self, device: Device, *, by: User, seen: int) -> None:
        device.move("revert", by=by, seen=seen)


@register
class Finish(Act):
    """In repair → Active, without an assignment."""

    slug = "finish"
    name = gettext_lazy("Set to “Not in repair”")
    statuses = (Status.IN_REPAIR,)

    def question(self, count: int) -> str:
        text = ngettext("Set %(count)s device to “Not in repair”?", "Set %(count)s devices to “Not in repair”?", count)
        return text % {"count": figure(count)}

    def hurdles(self) -> list[Hurdle]:
        return only(Status.IN_REPAIR)

    def consequences(self, devices: QuerySet[Device]) -> list[str]:
        return [
            _("Their repairs close as repaired, and the devices are Active."),
            _("They stay unassigned until you assign them to users or spaces. Do not forget the payor."),
            *_prompts_that_close(_open_prompts(devices).filter(repair__closed_at=None).count()),
        ]

    def do(self, device: Device, *, by: User, seen: int) -> None:
        device.move("finish", by=by, seen=seen)


class SpaceForm(ActForm):
    """Which space, and who pays: *Company*, until another is chosen."""

    space = forms.ModelChoiceField(
        label=gettext_lazy("Space"), queryset=Space.objects.none(), empty_label=gettext_lazy("Choose a space")
    )
    payor = PayorField()

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, company=company, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["space"].queryset = company.spaces.open()
        fields["payor"].queryset = company.payors.open().exclude(kind=Payor.Kind.EMPLOYEE)
        if not self.is_bound:
            self.initial["payor"] = company.own_payor


@register
class AssignToSpace(Act):
    """Overview, assigned to a space; while in repair this finishes the repair."""

    slug = "assign_to_space"
    name = gettext_lazy("Assign to a space")
    statuses = (Status.ACTIVE, Status.IN_REPAIR)
    form = SpaceForm

    @property
    def space(self) -> Space:
        return self.chosen["space"]

    @property
    def payor(self) -> Payor:
        return self.chosen["payor"]

    def question(self, count: int) -> str:
        words = {"space": self.space, "count": figure(count)}
        return (
            ngettext("Assign %(count)s device to %(space)s?", "Assign %(count)s devices to %(space)s?", count) % words
        )

    def hurdles(self) -> list[Hurdle]:
        there = Q(status=Status.ACTIVE, holder_space=self.space, payor=self.payor)
        waits = _("It is waiting for repair. Revert it or take it in before you change who holds it.")
        return [
            Hurdle(waits, Q(status=Status.NEEDS_REPAIR)),
            Hurdle(_("It is archived. Restore it before you assign it."), Q(status=Status.RECYCLED)),
            Hurdle(_("It is assigned to %(space)s already.") % {"space": self.space}, there),
        ]

    def consequences(self, devices: QuerySet[Device]) -> list[str]:
        lines = [
            *unassigning(devices.exclude(holder_space=self.space)),
            *paying(devices, self.payor),
        ]
        closing = Q(repairs__closed_at=None, repairs__mdm_release__state=MDMRelease.State.OPEN)
        in_repair = devices.filter(status=Status.IN_REPAIR).aggregate(
            count=Count("pk", distinct=True),
            prompts=Count("repairs__mdm_release", filter=closing, distinct=True),
        )
        count, prompts = in_repair["count"], in_repair["prompts"]
        if count:
            text = ngettext(
                "%(count)s device is in repair: its repair closes as repaired.",
                "%(count)s devices are in repair: their repairs close as repaired.",
                count,
            )
            lines += [text % {"count": figure(count)}, *_prompts_that_close(prompts)]
        return lines

    def do(self, device: Device, *, by: User, seen: int) -> None:
        device.assign(self.space, self.payor, by=by, seen=seen)


class OutcomeForm(ActForm):
    outcome = forms.ChoiceField(
        label=gettext_lazy("What becomes of them?"),
        choices=[
            (Repair.Outcome.RECYCLED.value, gettext_lazy("Recycled")),
            (Repair.Outcome.REPLACED.value, gettext_lazy("Replaced: each previous user may order a new one")),
        ],
        initial=Repair.Outcome.RECYCLED,
        widget=forms.RadioSelect,
    )


@register
class Recycle(Act):
    """In repair → Recycled: archived, as recycled or as replaced."""

    slug = "recycle"
    name = gettext_lazy("Remove devices")
    statuses = (Status.IN_REPAIR,)
    form = OutcomeForm
    is_dangerous = True

    @property
    def are_replaced(self) -> bool:
        return self.chosen["outcome"] == Repair.Outcome.REPLACED

    def question(self, count: int) -> str:
        return ngettext("Remove %(count)s device?", "Remove %(count)s devices?", count) % {"count": figure(count)}

    def hurdles(self) -> list[Hurdle]:
        hurdles = only(Status.IN_REPAIR)
        if self.are_replaced:
            nobody = Q(last_holder_user=None) | Q(last_holder_user__is_active=False)
            hurdles.append(Hurdle(_("There is no previous user who may order a new one."), nobody))
        return hurdles

    def consequences(self, devices: QuerySet[Device]) -> list[str]:
        if self.are_replaced:
            closes = _("Their repairs close as replaced, and each previous user may order a new one.")
        else:
            closes = _("Their repairs close as recycled.")
        lines = [
            closes,
            _("They leave Hardware and stay in Archived, with their whole history."),
            _("An admin can restore them."),
        ]
        return [*lines, *_still_in_mdm(devices)]

    def do(self, device: Device, *, by: User, seen: int) -> None:
        device.move("recycle", by=by, seen=seen, outcome=self.chosen["outcome"])


@register
class Restore(Act):
    """Recycled → Active, for what was removed by mistake."""

    slug = "restore"
    name = gettext_lazy("Restore")
    statuses = (Status.RECYCLED,)

    def question(self, count: int) -> str:
        return ngettext("Restore %(count)s device?", "Restore %(count)s devices?", count) % {"count": figure(count)}

    def hurdles(self) -> list[Hurdle]:
        return only(Status.RECYCLED)

    def consequences(self, devices: QuerySet[Device]) -> list[str]:
        return [
            _("They are back in Hardware, Active and unassigned."),
            _("Their payors stay as they are, and their repairs stay closed."),
            *paying(devices.filter(payor__closed_at__isnull=False), self.company.repair_payor),
            *_still_in_mdm(devices),
        ]

    def do(self, device: Device, *, by: User, seen: int) -> None:
        device.move("restore", by=by, seen=seen)


def _backups(devices: QuerySet[Device]) -> list[str]:
    """What was not backed up before IT takes the devices in."""
    repairs = Repair.objects.open().filter(device__in=devices.values("pk"))
    none, impossible = repairs.aggregate(
        none=Count("pk", filter=Q(backup="")), impossible=Count("pk", filter=Q(backup=Repair.Backup.IMPOSSIBLE))
    ).values()
    lines = []
    if none:
        text = ngettext(
            "The backup of %(count)s device is not confirmed yet.",
            "The backups of %(count)s devices are not confirmed yet.",
            none,
        )
        lines.append(text % {"count": figure(none)})
    if impossible:
        text = ngettext(
            "%(count)s device could not be backed up: it does not start.",
            "%(count)s devices could not be backed up: they do not start.",
            impossible,
        )
        lines.append(text % {"count": figure(impossible)})
    return lines


def _open_prompts(devices: QuerySet[Device]) -> QuerySet[MDMRelease]:
    return MDMRelease.objects.filter(state=MDMRelease.State.OPEN, repair__device__in=devices.values("pk"))


def _still_in_mdm(devices: QuerySet[Device]) -> list[str]:
    """What an act leaves in MDM. A device that was removed before may have several open prompts."""
    count = _open_prompts(devices).aggregate(count=Count("repair__device", distinct=True))["count"]
    text = ngettext(
        "%(count)s device is still in MDM: release it there.",
        "%(count)s devices are still in MDM: release them there.",
        count,
    )
    return [text % {"count": figure(count)}] if count else []


def _prompts_that_close(count: int) -> list[str]:
    """A finish closes the MDM prompts of the repairs that it ends, if there are any; none of an earlier repair."""
    text = ngettext(
        "%(count)s device is still in MDM. The prompt to release it closes as no longer needed.",
        "%(count)s devices are still in MDM. The prompts to release them close as no longer needed.",
        count,
    )
    return [text % {"count": figure(count)}] if count else []
