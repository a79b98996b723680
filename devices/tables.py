"""The tables of Hardware: which devices each holds, and how it is searched, filtered and sorted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import django_filters
from django.db import models
from django.db.models.functions import Coalesce, Lower
from django.forms import TextInput
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.access import PersonRequest
from accounts.models import Space, User
from accounts.text import identifier_key

from . import categories
from .models import Device
from .models.device import DeviceQuerySet

Status = Device.Status


@dataclass(frozen=True)
class Table:
    """One table of Hardware. `previous` shows who held the devices before: nobody does now. `remark` is the heading of
    the column that other apps fill (`devices_listed`). `sort` is the order until somebody chooses another: who has
    waited longest stands first. `source` is the table whose devices come to stand here."""

    slug: str
    title: str | Promise
    empty: str | Promise
    statuses: tuple[str, ...]
    only_unassigned: bool = False
    previous: bool = False
    remark: str | Promise = ""
    sort: str = "name"
    source: str = "all"

    @property
    def fill_from(self) -> "Table":
        """Where to go when it is empty."""
        return TABLES[self.source]

    def rows(self, devices: DeviceQuerySet) -> DeviceQuerySet:
        if self.only_unassigned:
            return devices.unassigned()
        return devices.filter(status__in=self.statuses)

    @property
    def columns(self) -> list[tuple[str, str | Promise]]:
        """The columns as (sort key, heading), on screen and in the export. No key: it can't be sorted by."""
        return [
            ("name", _("Device")),
            ("category", _("Category")),
            ("serial", _("Serial number")),
            ("holder", _("Previous holder") if self.previous else _("Holder")),
            ("payor", _("Payor")),
            ("status", _("Status")),
            ("since", _("Since")),
            ("", _("How long")),
            *([("", self.remark)] if self.remark else []),
        ]

    @property
    def shown(self) -> list[tuple[str, str | Promise]]:
        """The columns on screen, where "how long" stands below "since"."""
        return [column for column in self.columns if column != ("", _("How long"))]


IN_USE = (Status.ACTIVE, Status.NEEDS_REPAIR, Status.IN_REPAIR)

TABLES = {
    table.slug: table
    for table in (
        Table("all", _("All hardware"), _("Register the first device, and it stands here."), IN_USE),
        Table(
            "needs-repair",
            _("Needs repair"),
            _("Nothing waits for repair. When somebody asks for one, the device stands here."),
            (Status.NEEDS_REPAIR,),
            remark=_("What is wrong?"),
            sort="since",
        ),
        Table(
            "in-repair",
            _("In repair"),
            _("Nothing is in repair. What you take in from Needs repair stands here."),
            (Status.IN_REPAIR,),
            previous=True,
            remark=_("MDM"),
            sort="since",
            source="needs-repair",
        ),
        Table(
            "unassigned",
            _("Unassigned"),
            _("Every active device is with somebody. What nobody holds stands here."),
            (Status.ACTIVE,),
            only_unassigned=True,
            previous=True,
        ),
        Table(
            "archived",
            _("Archived"),
            _("Nothing is archived. What you remove stands here, with its whole history."),
            (Status.RECYCLED,),
            previous=True,
            remark=_("Outcome"),
            sort="-since",
            source="in-repair",
        ),
    )
}

HOLDER = Coalesce("holder_user__full_name", "holder_space__name", models.Value(""))
PREVIOUS_HOLDER = Coalesce("last_holder_user__full_name", "last_holder_space__name", models.Value(""))

_NAME = Lower("name")
SORTS: dict[str, tuple[models.F | models.Func, ...]] = {
    "name": (_NAME,),
    "category": (Lower("category"), _NAME),
    "serial": (models.F("serial_key"), _NAME),
    "holder": (Lower("holder_name"), _NAME),
    "payor": (Lower("payor__name"), _NAME),
    "status": (models.F("status"), _NAME),
    "since": (models.F("status_since"),),
}

# Where a word of the search is looked for as it stands.
_TEXTS = ("name", "manufacturer", "model", "imei")
_HOLDERS = ("holder_user__full_name", "holder_space__name")
_PREVIOUS_HOLDERS = ("last_holder_user__full_name", "last_holder_space__name")


def search(devices: models.QuerySet[Device], text: str, *, previous: bool = False) -> models.QuerySet[Device]:
    """Devices whose name, model, serial number, asset tag, IMEI or holder contains the text; with `previous`, whose
    previous holder does. Every word must be found somewhere; serial numbers and asset tags are compared without blanks
    and hyphens, also over several words."""
    texts = _TEXTS + (_PREVIOUS_HOLDERS if previous else _HOLDERS)
    whole = identifier_key(text)
    by_words = models.Q()
    for word in text.split()[:8]:
        match = models.Q()
        for field in texts:
            match |= models.Q(**{f"{field}__icontains": word})
        if key := identifier_key(word):
            match |= models.Q(serial_key__contains=key) | models.Q(asset_tag_key__contains=key)
        by_words &= match
    if not whole:
        return devices.filter(by_words)
    return devices.filter(by_words | models.Q(serial_key__contains=whole) | models.Q(asset_tag_key__contains=whole))


class TableFilter(django_filters.FilterSet):
    """What the filters over every table know of themselves."""

    @property
    def is_used(self) -> bool:
        """Whether anything is searched for or filtered."""
        return any(self.data.get(name) for name in self.filters)

    @property
    def are_open(self) -> bool:
        """Whether a filter beside the search is set, so that the page shows them."""
        return any(self.data.get(name) for name in self.filters if name != "q")

    @property
    def qs(self) -> Any:
        """The rows that match; none where a filter says what there is not, rather than all."""
        found = super().qs
        return found if not self.is_bound or self.form.is_valid() else found.none()

    def order(self, sorts: Mapping[str, tuple[models.F | models.Func, ...]], otherwise: str) -> list[models.OrderBy]:
        """The keys of `sorts` that the address asks for, downwards with a "-"; blank ones last, whichever the database
        and the direction."""
        asked: Any = self.data.get("sort", "")
        if asked.removeprefix("-") not in sorts:
            asked = otherwise
        down = asked.startswith("-")
        keys = (*sorts[asked.removeprefix("-")], models.F("pk"))
        return [key.desc(nulls_last=True) if down else key.asc(nulls_last=True) for key in keys]


class HardwareFilter(TableFilter):
    """The search and filters over a table; every choice is the company's own."""

    q = django_filters.CharFilter(
        label=_("Search"), method="filter_text", widget=TextInput(attrs={"type": "search", "maxlength": 200})
    )
    category = django_filters.ChoiceFilter(label=_("Category"), empty_label=_("Any"))
    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=[(s.value, s.label) for s in IN_USE], empty_label=_("Any")
    )
    payor = django_filters.ModelChoiceFilter(
        label=_("Payor"), empty_label=_("Any"), queryset=lambda request: request.user.company.payors.all()
    )
    space = django_filters.ModelChoiceFilter(
        label=_("Space"),
        method="filter_holder",
        empty_label=_("Any"),
        queryset=lambda request: request.user.company.spaces.all(),
    )
    person = django_filters.ModelChoiceFilter(
        label=_("Person"),
        method="filter_holder",
        empty_label=_("Any"),
        queryset=lambda request: request.user.company.users.all(),
    )

    class Meta:
        model = Device
        fields: list[str] = []

    def __init__(self, table: Table, request: PersonRequest) -> None:
        mine = Device.objects.visible_to(request.user)
        self.table = table
        super().__init__(request.GET, queryset=table.rows(mine), request=request)
        used = mine.order_by("category").values_list("category", flat=True).distinct()
        self.filters["category"].extra["choices"] = lambda: [(name, categories.label(name)) for name in used]
        if len(table.statuses) == 1:
            del self.filters["status"]

    def filter_text(self, devices: models.QuerySet[Device], name: str, value: str) -> models.QuerySet[Device]:
        return search(devices, value, previous=self.table.previous)

    def filter_holder(
        self, devices: models.QuerySet[Device], name: str, value: User | Space
    ) -> models.QuerySet[Device]:
        """The holder now; in a table of what nobody holds, the previous one."""
        field = "holder_user" if name == "person" else "holder_space"
        return devices.filter(**{f"last_{field}" if self.table.previous else field: value})

    def sorted(self) -> models.QuerySet[Device]:
        """The rows in the order that the address asks for, with everybody a row names."""
        rows = self.qs.with_people().annotate(holder_name=PREVIOUS_HOLDER if self.table.previous else HOLDER)
        return rows.order_by(*self.order(SORTS, self.table.sort))
