"""The search of everything: devices, people and spaces of a company, a few of each, for its admins.

Of the devices, those come first whose serial number, asset tag or IMEI was typed to the letter; then those that the
tables would list first. What is archived is found, too, where there is room for it. Where nothing has what was typed,
what is written alike is looked for instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.finding import Named, people_and_spaces
from accounts.keyset import Total
from accounts.models import Space, User
from accounts.text import identifier_key
from accounts.together import read_together

from . import categories
from .alike import alike
from .columns import BY_NAME
from .finding import Search
from .models import Device
from .models.device import DeviceQuerySet

if TYPE_CHECKING:
    from accounts.access import Member

# Beyond, "50+" are said to match.
MOST_COUNTED = 50
# What many devices have is soon met in this order, which has nothing to do with what they are called.
LATEST = ("-status_since", "-id")


class Hit(NamedTuple):
    """A device, as the search shows it. Its status has the name by which templates ask a device for it."""

    pk: int
    name: str
    category: str
    serial_number: str
    asset_tag: str
    status: str
    person: str | None
    space: str | None

    @property
    def about(self) -> str:
        """Beside its name: category, numbers, and who or what holds it."""
        parts = categories.label(self.category), self.serial_number, self.asset_tag, self.person or self.space
        return " · ".join(filter(None, parts))

    @property
    def get_status_display(self) -> str:
        return str(Device.Status(self.status).label)


@dataclass(frozen=True)
class Findings:
    """What `find` has found. `text` is what matches: what was typed, or the first of `meant`."""

    text: str
    devices: list[Hit]
    # How many are in use: what Hardware shows.
    total: Total
    # Those whose number was typed.
    numbered: list[Hit]
    people: list[Named]
    spaces: list[Named]
    has_more_people: bool
    has_more_spaces: bool
    meant: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        """How many there are to choose from."""
        return len(self.devices) + len(self.people) + len(self.spaces)

    @property
    def has_more_devices(self) -> bool:
        return self.total.counted > sum(hit.status != Device.Status.RECYCLED for hit in self.devices)

    @property
    def only(self) -> Hit | None:
        """The one device whose number was typed, where there is just one."""
        return self.numbered[0] if len(self.numbered) == 1 and not self.meant else None


def find(user: "Member", text: str, few: int) -> Findings:
    """So many of each, or fewer."""
    found = _find(user, text, [text], few)
    if found or not (meant := alike(user.company, text)):
        return found
    return replace(_find(user, meant[0], meant, few), meant=meant)


def _find(user: "Member", text: str, numbers: list[str], few: int) -> Findings:
    """What has this text in it, or one of these numbers."""
    devices = Device.objects.visible_to(user)
    search = Search(user.company_id, text)
    named = people_and_spaces(user.company, text, few + 1)
    numbered, in_use, archived, people, spaces = _begun(devices, search, numbers, few, named)
    if search.words and (room := MOST_COUNTED + 1 - len(in_use)):
        others, order = [devices.in_use()], LATEST
        if search.is_rare:  # else there is enough to show, and reading what is archived may take long
            others, order = [*others, devices.archived()], BY_NAME
        found = read_together(*(_hits(search.filter(rows).exclude(search.by_name), order)[:room] for rows in others))
        in_use += map(Hit._make, found[0])
        archived += [Hit(*row) for rows in found[1:] for row in rows]
    shown = list(dict.fromkeys([*numbered, *in_use, *archived]))[:few]
    total, is_more = Total(len(in_use), MOST_COUNTED), (len(people) > few, len(spaces) > few)
    return Findings(text, shown, total, numbered, people[:few], spaces[:few], *is_more)


def _begun(
    devices: DeviceQuerySet, search: Search, numbers: list[str], few: int, named: list[QuerySet[Any]]
) -> tuple[list[Hit], list[Hit], list[Hit], list[Named], list[Named]]:
    """The devices that have one of these numbers, and those whose name begins with what is searched for, in use and
    archived: what an index each has in one piece, so by one statement, which brings along people and spaces."""
    keys = list(filter(None, map(identifier_key, numbers)))
    of_numbers = [devices.filter(**{f"{name}__in": keys}) for name in ("serial_key", "asset_tag_key", "imei")]
    begun = devices.filter(search.by_name)
    *numbered, in_use, archived, people, spaces = read_together(
        *(_hits(rows)[:few] for rows in of_numbers if keys),
        _hits(begun.in_use())[: MOST_COUNTED + 1],
        _hits(begun.archived())[:few],
        *named,
    )
    return (
        list(dict.fromkeys(Hit(*row) for rows in numbered for row in rows)),
        list(map(Hit._make, in_use)),
        list(map(Hit._make, archived)),
        list(map(Named._make, people)),
        list(map(Named._make, spaces)),
    )


def _hits(devices: QuerySet[Device], order: tuple[str, ...] = BY_NAME) -> QuerySet[Any]:
    # Not joined, as PostgreSQL would read all people of the company for their policy.
    person = User.objects.filter(pk=OuterRef("holder_user_id")).order_by().values("full_name")
    space = Space.objects.filter(pk=OuterRef("holder_space_id")).order_by().values("name")
    devices = devices.annotate(person=Subquery(person), space=Subquery(space))
    return devices.order_by(*order).values_list(*Hit._fields)


def category_among(devices: DeviceQuerySet, names: Sequence[str]) -> str | None:
    """The first of these categories that some of the devices have. No search finds them by that."""
    if not names:
        return None
    found = read_together(*(devices.filter(category=name).order_by().values_list("category")[:1] for name in names))
    return next((name for rows in found for (name,) in rows), None)
