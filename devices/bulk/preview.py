"""What a bulk action would do, told before it is confirmed: with how many devices, with which it can't be done and why.

All of it is counted by the database, so a confirmation costs the same for two devices and for a hundred thousand.
"""

from array import array
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Case,
    Count,
    F,
    FilteredRelation,
    IntegerField,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.batches import batched
from devices.models import BulkAction, BulkDevice, Device

from .acts import Act, Hurdle

# So many devices are named by the confirmation: of those with which it can be done, and for each reason why not. All of
# them have a page of their own.
SHOWN = 8
# So many rows are left out by one statement.
AT_ONCE = 1000
# The number of the group with which it can be done; each other group has that of its hurdle.
FREE = -1


@dataclass(frozen=True)
class Obstacle:
    """A reason why it can't be done, with how many devices that is, and some of them."""

    number: int
    why: str
    count: int
    examples: list[Device]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.examples)


class Preview:
    """A bulk action as it stands now, before it is confirmed."""

    def __init__(self, action: BulkAction, act: Act) -> None:
        self.action, self.act = action, act
        changed = Hurdle(_("It has changed since you chose it."), ~Q(revision=F("seen")))
        self._hurdles = [changed, *act.hurdles()]

    @property
    def _devices(self) -> QuerySet[Any]:
        """Each with the number of the hurdle that it meets first, or FREE."""
        devices: QuerySet[Any] = Device.objects.all()
        chosen = FilteredRelation("bulk_rows", condition=Q(bulk_rows__action=self.action))
        cases = [When(hurdle.which, then=Value(number)) for number, hurdle in enumerate(self._hurdles)]
        return (
            devices.filter(company_id=self.action.company_id)
            .annotate(chosen=chosen)
            .filter(chosen__isnull=False)
            .annotate(seen=F("chosen__seen"))
            .annotate(hurdle=Case(*cases, default=Value(FREE), output_field=IntegerField()))
        )

    @property
    def free(self) -> QuerySet[Any]:
        """The devices with which it can be done."""
        return self._devices.filter(hurdle=FREE)

    @property
    def named(self) -> list[Device]:
        """The first of them, by name."""
        return self._first[FREE]

    @property
    def unnamed(self) -> int:
        """How many come after these."""
        return max(0, self.count - SHOWN)

    def group(self, number: int) -> QuerySet[Any]:
        """The devices with which it can be done (`FREE`), or that meet the hurdle with this number."""
        return self._devices.filter(hurdle=number)

    def why(self, number: int) -> str | None:
        """The reason that the hurdle with this number is; None where there is no such hurdle."""
        return self._hurdles[number].why if 0 <= number < len(self._hurdles) else None

    def why_not(self, device: Device) -> str | None:
        """Why it can't be done with this one of them, as it is now; None where nothing is known to stand in its way."""
        found = self._devices.filter(pk=device.pk).values_list("hurdle", flat=True).first()
        return None if found is None else self.why(found)

    @cached_property
    def _groups(self) -> dict[int, tuple[int, int]]:
        """How many devices each group has, and the sum of their keys, which changes where one takes another's place."""
        groups = self._devices.order_by().values("hurdle").annotate(number=Count("pk"), keys=Sum("pk"))
        return {group["hurdle"]: (group["number"], int(group["keys"])) for group in groups}

    @property
    def count(self) -> int:
        """With how many devices it can be done."""
        return self._groups.get(FREE, (0, 0))[0]

    @property
    def seal(self) -> str:
        """What the confirmation names: which devices, and what its form was filled in with. It goes along with the
        button, so that nothing else is done than what was read, even where somebody has chosen anew in another tab."""
        named = [self.action.pk, self._groups.get(FREE), sorted(self.action.values.items())]
        return salted_hmac("devices.bulk", str(named)).hexdigest()

    @property
    def question(self) -> str:
        return self.act.question(self.count)

    @cached_property
    def consequences(self) -> list[str]:
        return self.act.consequences(self.free) if self.count else []

    @cached_property
    def obstacles(self) -> list[Obstacle]:
        numbers = {number: count for number, (count, _keys) in sorted(self._groups.items()) if number != FREE}
        return [
            Obstacle(number, self._hurdles[number].why, count, self._first[number]) for number, count in numbers.items()
        ]

    @cached_property
    def _first(self) -> dict[int, list[Device]]:
        """The first devices of each group, by name."""
        rank = Window(RowNumber(), partition_by=F("hurdle"), order_by=[F("name_key"), F("pk")])
        first: dict[int, list[Device]] = defaultdict(list)
        for device in self._devices.annotate(rank=rank).filter(rank__lte=SHOWN).order_by("rank"):
            first[device.hurdle].append(device)
        return first

    def leave_out(self) -> None:
        """Take those out with which it can't be done, each with its reason."""
        # By keys: as one statement, the database would look for each row among all that meet the hurdle, where it knows
        # little of a new company.
        stuck: dict[int, array[int]] = defaultdict(lambda: array("q"))
        for number, row in self._devices.exclude(hurdle=FREE).values_list("hurdle", "chosen__pk").iterator():
            stuck[number].append(row)
        for number, found in stuck.items():
            for rows in batched(found, AT_ONCE):
                self.action.rows.filter(pk__in=rows).update(
                    state=BulkDevice.State.LEFT_OUT, problem=self._hurdles[number].why
                )
