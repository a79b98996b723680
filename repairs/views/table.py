"""Repairs: all of them, open and closed, for admins."""

from dataclasses import replace
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.forms import TextInput
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest, admin_required
from accounts.exporting import note_table
from accounts.keyset import MOST_COUNTED, KeysetPage, Order, Total
from accounts.text import identifier_key
from devices.alike import ask_instead
from devices.exports.download import download, wants_all_columns
from devices.set_filters import set_filters
from devices.tables import ImportFilter, TableFilter
from repairs.exports import repairs_sheet
from repairs.models import Repair

PAGE = 50

ORDERS = {
    "device": Order(("device__name_key", "id")),
    "opened": Order(("opened_at", "id")),
    "taken_in": Order(("taken_in_at", "id"), may_be_blank=True),
    "closed": Order(("closed_at", "id"), may_be_blank=True),
    "outcome": Order(("outcome", "id"), may_be_blank=True, blank=""),
}

# (sort key, heading, class of what may go where the table gets tight). No key: it can't be sorted by.
COLUMNS = (
    ("device", _("Device"), ""),
    ("", _("Holder"), ""),
    ("opened", _("Reported"), ""),
    ("", _("Reported by"), "extra"),
    ("", _("What is wrong?"), "extra"),
    ("taken_in", _("Taken in"), ""),
    ("closed", _("Closed"), ""),
    ("outcome", _("Outcome"), ""),
)


class RepairFilter(TableFilter):
    """Search by device, person, description and reference; filter by outcome, or by what is still open."""

    q = django_filters.CharFilter(
        label=_("Search"),
        method="filter_text",
        widget=TextInput(attrs={"type": "search", "maxlength": 200}),
    )
    outcome = django_filters.ChoiceFilter(
        label=_("Outcome"),
        method="filter_outcome",
        empty_label=_("Any"),
        choices=[("open", _("Open")), *Repair.Outcome.choices],
    )
    problem = django_filters.ChoiceFilter(
        label=_("What is wrong?"), empty_label=_("Any"), choices=Repair.Problem.choices
    )
    imported = ImportFilter(field_name="brought_in")

    class Meta:
        model = Repair
        fields: list[str] = []

    def __init__(self, request: PersonRequest) -> None:
        super().__init__(request.GET, queryset=Repair.objects.visible_to(request.user), request=request)

    def filter_text(self, repairs: QuerySet[Repair], name: str, value: str) -> QuerySet[Repair]:
        for word in value.split()[:8]:
            match = Q(device__name__icontains=word) | Q(holder_user__full_name__icontains=word)
            match |= Q(reporter__full_name__icontains=word) | Q(description__icontains=word)
            match |= Q(reference__iexact=word)
            if key := identifier_key(word):
                match |= Q(device__serial_key__contains=key) | Q(device__asset_tag_key__contains=key)
            repairs = repairs.filter(match)
        return repairs

    def filter_outcome(self, repairs: QuerySet[Repair], name: str, value: str) -> QuerySet[Repair]:
        return repairs.filter(closed_at=None) if value == "open" else repairs.filter(outcome=value)

    @property
    def order(self) -> Order:
        """The order that the address asks for, the newest request first without one."""
        asked = self.data.get("sort", "")
        if asked.removeprefix("-") not in ORDERS:
            asked = "-opened"
        return replace(ORDERS[asked.removeprefix("-")], is_down=asked.startswith("-"))


@require_safe
@admin_required
def repairs(request: PersonRequest) -> HttpResponse:
    """The table. htmx gets the results alone."""
    context = _shown(request)
    if not context["page"].object_list and (instead := ask_instead(request)):
        context = _shown(request) | instead
    return render(request, "repairs/_results.html" if request.htmx else "repairs/list.html", context)


def _shown(request: PersonRequest) -> dict[str, Any]:
    """What a page of the table shows."""
    filters = RepairFilter(request)
    page = KeysetPage(filters.qs.with_people(), filters.order, PAGE, request.GET.get("page", ""))
    context = {"filters": filters, "page": page, "total": Total.of(filters.qs, MOST_COUNTED), "columns": COLUMNS}
    return context | {"set_filters": set_filters(filters)}


@require_safe
@admin_required
def export(request: PersonRequest) -> StreamingHttpResponse:
    """The table over all its pages, as CSV or as a workbook: what it shows of each repair, or everything. In English,
    like every export."""
    filters = RepairFilter(request)
    sheet = repairs_sheet(filters.qs, filters.order, request, all_columns=wants_all_columns(request))
    note_table(request, sheet.title)
    return download(request, sheet)
