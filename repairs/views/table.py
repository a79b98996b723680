"""Repairs: all of them, open and closed, for admins."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.forms import TextInput
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest, admin_required
from accounts.batches import batched
from accounts.exporting import note_table
from accounts.keyset import MOST_COUNTED, KeysetPage, Order, Total, in_order
from accounts.scope import within
from accounts.text import identifier_key
from devices.alike import ask_instead
from devices.exports import csv_response
from devices.tables import TableFilter
from repairs.models import Repair

PAGE = 50
CHUNK = 500

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
    ("", _("Reported by"), "is-extra"),
    ("", _("What is wrong?"), "is-extra"),
    ("taken_in", _("Taken in"), ""),
    ("closed", _("Closed"), ""),
    ("outcome", _("Outcome"), ""),
)


class RepairFilter(TableFilter):
    """Search by device and person; filter by outcome, or by what is still open."""

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

    class Meta:
        model = Repair
        fields: list[str] = []

    def __init__(self, request: PersonRequest) -> None:
        super().__init__(request.GET, queryset=Repair.objects.visible_to(request.user), request=request)

    def filter_text(self, repairs: QuerySet[Repair], name: str, value: str) -> QuerySet[Repair]:
        for word in value.split()[:8]:
            match = Q(device__name__icontains=word) | Q(holder_user__full_name__icontains=word)
            match |= Q(reporter__full_name__icontains=word) | Q(description__icontains=word)
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
    return {"filters": filters, "page": page, "total": Total.of(filters.qs, MOST_COUNTED), "columns": COLUMNS}


@require_safe
@admin_required
def export(request: PersonRequest) -> StreamingHttpResponse:
    """The table as CSV, over all its pages, in English."""
    with translation.override("en"):
        headings = [str(heading) for _key, heading, _css in COLUMNS] + ["Replacement"]
    note_table(request, "Repairs")
    rows = within(request.user.company_id, _rows(RepairFilter(request)))
    return csv_response("velory-repairs", headings, rows)


def _rows(filters: RepairFilter) -> Iterator[list[Any]]:
    for chunk in batched(in_order(filters.qs.with_people(), filters.order, CHUNK), CHUNK):
        with translation.override("en"):
            lines = [_line(repair) for repair in chunk]
        yield from lines


def _line(repair: Repair) -> list[Any]:
    reported, taken_in, closed = (
        timezone.localtime(moment).strftime("%Y-%m-%d %H:%M") if moment else ""
        for moment in (repair.opened_at, repair.taken_in_at, repair.closed_at)
    )
    return [
        repair.device,
        repair.holder or "",
        reported,
        repair.reporter,
        ": ".join(filter(None, [repair.get_problem_display(), repair.description])),
        taken_in,
        closed,
        repair.get_outcome_display() or "Open",
        repair.replacement or "",
    ]
