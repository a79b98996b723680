"""The tables of Hardware: which devices each holds, and how it is searched, filtered and sorted."""

from collections import OrderedDict
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Self

import django_filters
from django.db import models
from django.forms import HiddenInput, TextInput
from django.http import QueryDict
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.access import PersonRequest
from accounts.choosing import ChooseField
from accounts.keyset import Order
from accounts.models import Space, User
from accounts.text import clean_search, key_in

from . import categories, columns
from .columns import Column
from .finding import Search
from .likes import Likes
from .models import Device, Import, Imported
from .models.device import DeviceQuerySet
from .paces import Paces
from .time_filters import TimeFilters

Status = Device.Status


@dataclass(frozen=True)
class Table:
    """One table of Hardware. `previous` shows who held the devices before: nobody does now. `remark` is the heading of
    the column that other apps fill (`devices_listed`). `sort` is the order until somebody chooses another: who has
    waited longest stands first. `source` is the table whose devices come to stand here. `chosen` are the columns that
    whoever looks at it has chosen, None where they haven't; `is_compact` is how close they like the rows."""

    slug: str
    title: str | Promise
    empty: str | Promise
    statuses: tuple[str, ...]
    only_unassigned: bool = False
    previous: bool = False
    remark: str | Promise = ""
    sort: str = "name"
    source: str = "all"
    chosen: frozenset[str] | None = None
    is_compact: bool = False

    def as_liked_by(self, user: User) -> "Table":
        """The same table with this person's columns and density."""
        likes = Likes(user)
        return replace(self, chosen=likes.columns(self.slug), is_compact=likes.is_compact)

    @property
    def fill_from(self) -> "Table":
        """Where to go when it is empty."""
        return TABLES[self.source]

    def rows(self, devices: DeviceQuerySet) -> DeviceQuerySet:
        if self.only_unassigned:
            return devices.unassigned()
        if len(self.statuses) > 1:
            return devices.in_use()
        return devices.filter(status=self.statuses[0])

    @property
    def offered(self) -> list[Column]:
        """The columns that one may choose from, as they stand in the table; the name stands in every one."""
        holder = columns.LAST_HOLDER if self.previous else columns.HOLDER
        offered = [*columns.WHAT_IT_IS, holder, columns.PAYOR, columns.STATUS, columns.SINCE, *columns.WHERE_FROM]
        if self.remark:
            remark = Column("remark", self.remark, (), lambda row: row.remark, cell="remark")
            offered.insert(offered.index(columns.SINCE) + 1, remark)
        return offered

    @property
    def columns(self) -> list[Column]:
        """The columns on screen; "how long" stands below "since"."""
        if self.chosen is None:
            return [column for column in self.offered if column.is_standard]
        # Nothing gives way that somebody has asked for.
        return [
            replace(column, is_extra=False)
            for column in self.offered
            if column is columns.NAME or column.slug in self.chosen
        ]

    @property
    def exported(self) -> list[Column]:
        """The columns of the export."""
        shown = self.columns
        if (
            since := next((n for n, column in enumerate(shown, 1) if column.slug == columns.SINCE.slug), None)
        ) is not None:
            shown.insert(since, columns.HOW_LONG)
        return shown

    def order(self, asked: str) -> Order:
        """The order that the address asks for (`name`, `-name`), or the table's own."""
        orders = {column.slug: column.order for column in self.offered if column.order}
        if asked.removeprefix("-") not in orders:
            asked = self.sort
        return replace(orders[asked.removeprefix("-")], is_down=asked.startswith("-"))


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


class ChooseFilter(django_filters.Filter):
    """A filter by one of the company's people or spaces. `kind` is that of the field (accounts/choosing.py)."""

    field_class = ChooseField

    @property
    def field(self) -> ChooseField:
        field: ChooseField = super().field
        field.offer(self.parent.request.user.company)
        return field


class ImportFilter(django_filters.ModelChoiceFilter):
    """A filter by one of the company's imports: set by the link on its page alone, so nobody chooses it."""

    def __init__(self, **of: Any) -> None:
        label = pgettext_lazy("a list that was imported", "Import")
        super().__init__(label=label, queryset=_imports, widget=HiddenInput, **of)


def _imports(request: PersonRequest) -> models.QuerySet[Import]:
    return request.user.company.imports.all()


# The name of the boxes before the rows, and how many of them are read.
TICKED, MOST_TICKED = "device", 500


def ticked(data: QueryDict) -> list[int]:
    """The devices whose boxes are ticked, by key. What is no key is left out."""
    return [key for text in data.getlist(TICKED)[:MOST_TICKED] if (key := key_in(text)) is not None]


class DeclaredFilters(OrderedDict[str, django_filters.Filter]):
    """The filters of a set as they are declared. django-filter copies them for every request, and deeply, which takes
    as long as reading a page of rows; all that a set changes of its own stands in `extra`."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        copies = {name: copy(declared) for name, declared in self.items()}
        for one in copies.values():
            one.extra = dict(one.extra)
            one.method = one.method  # what calls it is bound to the filter
        return type(self)(copies)


class TableFilter(django_filters.FilterSet):
    """What the filters over every table know of themselves."""

    @classmethod
    def get_filters(cls) -> DeclaredFilters:
        return DeclaredFilters(super().get_filters())

    def is_set(self, name: str) -> bool:
        """Whether it was chosen or typed."""
        return bool(self.data.get(name) or self.data.get(f"{name}_typed"))

    @property
    def is_used(self) -> bool:
        """Whether anything is searched for or filtered."""
        return any(self.is_set(name) for name in self.filters)

    @property
    def are_open(self) -> bool:
        """Whether the page shows the filters beside the search: where one is set, or somebody wants to set one."""
        return "filters" in self.data or any(self.is_set(name) for name in self.filters if name != "q")

    @property
    def qs(self) -> Any:
        """The rows that match; none where a filter says what there is not, rather than all."""
        if not self.is_used:
            return self.queryset
        found = super().qs
        return found if not self.is_bound or self.form.is_valid() else found.none()


class HardwareFilter(TimeFilters, TableFilter):
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
    space = ChooseFilter(label=_("Space"), method="filter_holder", kind="every-space", empty_label=_("Any"))
    holder = django_filters.CharFilter(label=_("Holder"), method="filter_holder_name")
    model = django_filters.CharFilter(label=_("Model"), method="filter_model")
    imported = ImportFilter(method="filter_imported")

    class Meta:
        model = Device
        fields: list[str] = []

    def __init__(self, table: Table, request: PersonRequest) -> None:
        mine = Device.objects.visible_to(request.user)
        self.table = table
        self.paces = Paces(request.user.company_id, table.statuses)
        super().__init__(request.GET, queryset=table.rows(mine), request=request)
        self.filters["category"].extra["choices"] = lambda: [
            (name, categories.label(name))
            for name in mine.order_by("category").values_list("category", flat=True).distinct()
        ]
        for name in TimeFilters.base_filters:
            self.filters.move_to_end(name)
        if len(table.statuses) == 1:
            del self.filters["status"]
        if not self.paces.statuses:
            del self.filters["slow"]

    def filter_text(self, devices: models.QuerySet[Device], name: str, value: str) -> models.QuerySet[Device]:
        return devices  # what is searched for comes last: see below

    @cached_property
    def search(self) -> Search:
        """What is searched for, perhaps nothing."""
        return Search(self.request.user.company_id, clean_search(self.data.get("q")))

    @property
    def is_used(self) -> bool:
        return super().is_used or TICKED in self.data

    @property
    def qs(self) -> models.QuerySet[Device]:
        """The rows that match the filters and the search."""
        return self.search.filter(self._filtered)

    @property
    def _filtered(self) -> models.QuerySet[Device]:
        """Those that match the filters; where the address names devices, of these."""
        found = super().qs
        return found.filter(pk__in=ticked(self.data)) if TICKED in self.data else found

    def among(self, devices: models.QuerySet[Device]) -> models.QuerySet[Device]:
        """Those of other devices that are searched for, whatever else is filtered; where an import was asked for, of
        its own."""
        if self.is_set("imported"):
            batch = self.form.cleaned_data.get("imported") if self.form.is_valid() else None
            devices = self.filter_imported(devices, "imported", batch) if batch else devices.none()
        return self.search.filter(devices)

    def in_turn(self) -> list[Callable[[], models.QuerySet[Device]]]:
        """The same rows in the order of a search: those whose name begins with it, then the others."""
        filtered, by_name = self._filtered, self.search.by_name
        if self.search.finds_nothing:
            return [filtered.none]
        return [lambda: filtered.filter(by_name), lambda: self.search.filter(filtered).exclude(by_name)]

    def at_once(self, order: Order) -> tuple[models.QuerySet[Device], Order]:
        """The same by one statement, for a search that finds few, and the order in which they come then."""
        is_behind = models.Case(
            models.When(self.search.by_name, then=models.Value(order.is_down)),
            default=models.Value(not order.is_down),
            output_field=models.BooleanField(),
        )
        return self.qs.annotate(is_behind=is_behind), replace(order, fields=("is_behind", *order.fields))

    def filter_holder(self, devices: models.QuerySet[Device], name: str, value: Space) -> models.QuerySet[Device]:
        """The space that holds it now; in a table of what nobody holds, the one that held it."""
        return devices.filter(**{f"{self._holder}_space": value})

    def filter_holder_name(self, devices: models.QuerySet[Device], name: str, value: str) -> models.QuerySet[Device]:
        """Likewise, whoever and whatever has this in their name."""
        company = self.request.user.company
        people = company.users.filter(full_name__icontains=value)
        spaces = company.spaces.filter(name__icontains=value)
        return devices.filter(
            models.Q(**{f"{self._holder}_user__in": people.order_by()})
            | models.Q(**{f"{self._holder}_space__in": spaces.order_by()})
        )

    def filter_model(self, devices: models.QuerySet[Device], name: str, value: str) -> models.QuerySet[Device]:
        """Those whose model has this in it. The search finds them by its index, and some besides."""
        return Search(self.request.user.company_id, value).filter(devices).filter(model__icontains=value)

    def filter_imported(self, devices: models.QuerySet[Device], name: str, value: Import) -> models.QuerySet[Device]:
        """Those that this import registered or changed."""
        things = Imported.objects.filter(company_id=value.company_id, batch=value, device__isnull=False)
        return devices.filter(pk__in=things.values("device"))

    @property
    def _holder(self) -> str:
        return "last_holder" if self.table.previous else "holder"
