"""A table of Hardware: its rows read as plain values, with what other apps add, drawn or exported."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.access import PersonRequest
from accounts.keyset import KeysetPage, Order, Ways
from accounts.models import Payor, Space, User

from . import categories, columns
from .columns import Column
from .exports.sheet import Row as Cells
from .exports.sheet import among, in_chunks
from .models import Device
from .signals import devices_listed
from .tables import HardwareFilter, Table

PAGE = 50
# What a row needs whatever its columns are.
IN_EVERY_ROW = ("id", "name_key", "status", "category", "serial_number", "payor__name")


class Row:
    """A device in a table: the fields that its columns read, and what other apps say of it."""

    if TYPE_CHECKING:
        id: int
        category: str
        payor__name: str | None

    remark = ""
    mdm_open = False

    def __init__(self, names: Iterable[str], values: Iterable[Any]) -> None:
        self.__dict__.update(zip(names, values, strict=True))
        self.pk = self.id


def _name(model: type[Model], key: str, field: str) -> RawSQL:
    table = model._meta.db_table
    return RawSQL(f"(SELECT {field} FROM {table} WHERE {table}.id = {Device._meta.db_table}.{key})", ())


# Names of what a device refers to, looked up for each row that is shown. Joined, PostgreSQL takes the policies of these
# tables for a reason to read all people of the company first. By hand, as Django takes longer to write them.
NAMES = {
    "holder_user__full_name": _name(User, "holder_user_id", "full_name"),
    "holder_space__name": _name(Space, "holder_space_id", "name"),
    "last_holder_user__full_name": _name(User, "last_holder_user_id", "full_name"),
    "last_holder_space__name": _name(Space, "last_holder_space_id", "name"),
    "payor__name": _name(Payor, "payor_id", "name"),
}


def _values(devices: QuerySet[Device], shown: Iterable[Column], order: Order) -> QuerySet[Any]:
    """The devices as plain values: some ten times as fast as objects with all that they refer to. What they are sorted
    by comes along, though no column may show it."""
    of_columns = (field for column in shown for field in column.fields)
    fields = dict.fromkeys([*IN_EVERY_ROW, *of_columns, *order.fields])
    names = {field: NAMES[field] for field in fields if field in NAMES}
    return devices.order_by().annotate(**names).values_list(*fields, named=True)


def _rows(table: Table, values: list[Any], request: PersonRequest) -> list[Row]:
    """Let the other apps add to each device what its row shows of theirs."""
    rows = [Row(value._fields, value) for value in values]
    if table.remark:
        devices_listed.send(sender=Device, devices=rows, user=request.user)
    return rows


def page_of(table: Table, filters: HardwareFilter, request: PersonRequest) -> KeysetPage:
    """The page that the address asks for."""
    order = table.order(request.GET.get("sort", ""))
    found = ways(filters, request)
    if len(found) > 1 and filters.search.is_rare:
        few, order = filters.at_once(order)
        found = [lambda: few]
    rows = [lambda way=way: _values(way(), table.columns, order) for way in found]
    page = KeysetPage(rows, order, PAGE, request.GET.get("page", ""))
    page.object_list = _rows(table, page.object_list, request)
    return page


def ways(filters: HardwareFilter, request: PersonRequest) -> Sequence[Callable[[], QuerySet[Device]]]:
    """The devices of the table: a search without another order lists names that begin with it first."""
    is_search = filters.search.words and not request.GET.get("sort")
    return filters.in_turn() if is_search else [lambda: filters.qs]


def drawn(table: Table, rows: list[Row], slow: Collection[int], request: PersonRequest) -> SafeString:
    """Head and rows as HTML, by a faster engine than that of the pages: drawing them is most of what a page costs."""
    leads_to = "devices:overview" if table.slug in ("all", "unassigned") else "repairs:support"
    begins, ends = reverse(leads_to, args=[0]).split("0")
    return SafeString(
        render_to_string(
            "devices/table.html",
            {
                "heads": table.columns,
                "sort": table.sort,
                "rows": rows,
                "columns": [
                    (column.cell, _attribute(column.heading), column.fields and column.fields[0])
                    for column in table.columns
                ],
                # What stands as a second line below another where the table gets tight.
                "extra": {column.slug for column in table.columns if column.is_extra},
                "slow": slow,
                "begins": begins,
                "ends": ends,
                # Each word is translated once, however many rows have it.
                "categories": {name: categories.label(name) for name in {row.category for row in rows}},
                "payors": {name: Payor.label(name or "") for name in {row.payor__name for row in rows}},
                "statuses": {status.value: str(status.label) for status in Device.Status},
                "previous_holder": columns.last_holder_of,
                "word_payor": _("Payor"),
                "word_unassigned": _("Unassigned"),
                "slow_label": _attribute(_("Slow")),
            },
            request,
            using="jinja2",
        )
    )


def _attribute(value: object) -> SafeString:
    """The value of an attribute as it stands in HTML: in quotes, which a single word does without."""
    text = str(value)
    return SafeString(text if text.isalnum() else f'"{escape(text)}"')


def exported(table: Table, rows: Ways, request: PersonRequest) -> Iterator[Sequence[Cells]]:
    """What the columns of these devices say, in the order of the page. What other apps add costs a query for many."""
    shown, order = table.exported, table.order(request.GET.get("sort", ""))

    def read(keys: Sequence[int]) -> dict[int, Cells]:
        devices = Device.objects.visible_to(request.user).filter(pk__in=among(keys))
        found: list[Any] = list(_values(devices, shown, order))
        if table.remark:
            found = _rows(table, found, request)
        cells = zip(*(_said(column, found) for column in shown), strict=True)
        return dict(zip((row.id for row in found), cells, strict=True))

    return in_chunks(request.user.company_id, rows, order, read)


def _said(column: Column, rows: list[Any]) -> list[Any]:
    """What a column says of each row, made once for all rows with the same values."""
    if not column.fields:
        return list(map(column.text, rows))
    values = list(map(attrgetter(*column.fields), rows))
    said = {value: column.text(row) for value, row in dict(zip(values, rows, strict=True)).items()}
    return [said[value] for value in values]
