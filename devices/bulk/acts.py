"""The acts that can be done with many devices. Each app registers its own: devices know no repairs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.db.models import Count, Q, QuerySet
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Company, Payor, User
from devices.models import Device
from devices.models.status import Status

# So many groups of devices are named by a consequence of an act; the others are counted.
NAMED = 4


@dataclass(frozen=True)
class Hurdle:
    """The devices with which an act can't be done, and why: a sentence about one of them."""

    why: str
    which: Q


class ActForm(forms.Form):
    """What an act asks for before it is confirmed; every choice is the company's own."""

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.company = company


class Act:
    """One act with what its form was filled in with. What it does with a device is what the device's own page does,
    by the same verb of Device; `hurdles` say beforehand what that verb would refuse."""

    slug: ClassVar[str]
    # On its button.
    name: ClassVar[str | Promise]
    # Where it makes sense: the statuses of which a table has to show one.
    statuses: ClassVar[tuple[str, ...]]
    form: ClassVar[type[ActForm] | None] = None
    is_dangerous: ClassVar[bool] = False
    is_gated: ClassVar[bool] = False
    # A table's template is given the classes themselves.
    do_not_call_in_templates: ClassVar[bool] = True

    def __init__(self, company: Company, chosen: dict[str, Any]) -> None:
        self.company, self.chosen = company, chosen

    def question(self, count: int) -> str:
        """What the confirmation asks, with the number of devices."""
        raise NotImplementedError

    def hurdles(self) -> list[Hurdle]:
        """Why it can't be done, the first that fits a device first. Devices that none fits can be acted on."""
        raise NotImplementedError

    def consequences(self, devices: QuerySet[Device]) -> list[str]:
        """Sentences on what happens to these devices, with real names. The same number of queries for any number."""
        raise NotImplementedError

    def do(self, device: Device, *, by: User, seen: int) -> None:
        """Raises what the verb raises."""
        raise NotImplementedError


_acts: dict[str, type[Act]] = {}


def register(act: type[Act]) -> type[Act]:
    """Decorator: the act is offered over the tables, in the order in which acts are registered."""
    _acts[act.slug] = act
    return act


def find(slug: str) -> type[Act] | None:
    return _acts.get(slug)


def offered(statuses: Iterable[str], company: Company) -> list[type[Act]]:
    """The acts that make sense for a table of devices in these statuses."""
    shown = set(statuses)
    return [act for act in _acts.values() if shown & set(act.statuses) and (company.repair_flow_on or not act.is_gated)]


# What several acts say


def figure(count: int) -> str:
    """The number as the reader writes it: 4,312."""
    return number_format(count, force_grouping=True)


def only(wanted: str) -> list[Hurdle]:
    """The device is in another status than the one that it has to be in."""
    label = Status(wanted).label
    return [
        Hurdle(_("It is %(status)s, not %(wanted)s.") % {"status": status.label, "wanted": label}, Q(status=status))
        for status in Status
        if status != wanted
    ]


def unassigning(devices: QuerySet[Device]) -> list[str]:
    """Who is unassigned, where these are taken from whoever holds them."""
    held = devices.exclude(holder_user=None, holder_space=None)
    names = ("holder_user__full_name", "holder_space__name")
    largest, more = _largest(held, "holder_user_id", "holder_space_id", *names)
    lines = [
        ngettext(
            "%(holder)s will be unassigned: %(count)s device.",
            "%(holder)s will be unassigned: %(count)s devices.",
            count,
        )
        % {"holder": user or space, "count": figure(count)}
        for _user_id, _space_id, user, space, count in largest
    ]
    if more:
        text = ngettext("%(count)s more device will be unassigned.", "%(count)s more devices will be unassigned.", more)
        lines.append(text % {"count": figure(more)})
    return lines


def paying(devices: QuerySet[Device], after: Payor) -> list[str]:
    """Whose payor changes from what, where `after` pays from now on."""
    largest, more = _largest(devices.filter(Q(payor=None) | ~Q(payor=after)), "payor_id", "payor__name")
    lines = []
    for _key, before, count in largest:
        if before is None:
            text = ngettext(
                "%(after)s becomes the payor of %(count)s device that has none.",
                "%(after)s becomes the payor of %(count)s devices that have none.",
                count,
            )
        else:
            text = ngettext(
                "Payor changes from %(before)s to %(after)s: %(count)s device.",
                "Payor changes from %(before)s to %(after)s: %(count)s devices.",
                count,
            )
        lines.append(text % {"before": Payor.label(before or ""), "after": after, "count": figure(count)})
    if more:
        text = ngettext(
            "Payor changes to %(after)s: %(count)s more device.",
            "Payor changes to %(after)s: %(count)s more devices.",
            more,
        )
        lines.append(text % {"after": after, "count": figure(more)})
    return lines


def _largest(devices: QuerySet[Device], *fields: str) -> tuple[list[Any], int]:
    """The largest groups of devices with the same of these, each with its number; and how many are in no such group."""
    groups = devices.order_by().values_list(*fields).annotate(number=Count("pk")).order_by("-number", *fields)
    largest = list(groups[: NAMED + 1])
    if len(largest) <= NAMED:
        return largest, 0
    named = largest[:NAMED]
    return named, devices.count() - sum(group[-1] for group in named)
