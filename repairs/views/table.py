"""Repairs: all of them, open and closed, for admins."""

from collections.abc import Iterator
from typing import Any

import django_filters
from django.core.paginator import Paginator
from django.db.models import F, Func, Q, QuerySet
from django.db.models.functions import Lower
from django.forms import TextInput
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest, admin_required
from accounts.batches import batched
from accounts.exporting import note_table
from accounts.scope import within
from accounts.text import identifier_key
from devices.exports import csv_response
from devices.tables import TableFilter
from repairs.models import Repair

PAGE = 50
CHUNK = 500

SORTS: dict[str, tuple[F | Func, ...]] = {
    "device": (Lower("device__name"),),
    "opened": (F("opened_at"),),
    "taken_in": (F("taken_in_at"),),
    "closed": (F("closed_at"),),
    "outcome": (F("outcome"),),
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

    def sorted(self) -> QuerySet[Repair]:
        """The rows in the order that the address asks for, the newest request first without one."""
        return self.qs.with_people().order_by(*self.order(SORTS, "-opened"))


@require_safe
@admin_required
def repairs(request: PersonRequest) -> HttpResponse:
    """The table. htmx gets the results alone."""
    filters = RepairFilter(request)
    page = Paginator(filters.sorted(), PAGE).get_page(request.GET.get("page"))
    context = {"filters": filters, "page": page, "columns": COLUMNS}
    return render(request, "repairs/_results.html" if request.htmx else "repairs/list.html", context)


@require_safe
@admin_required
def export(request: PersonRequest) -> StreamingHttpResponse:
    """The table as CSV, over all its pages, in English."""
    with translation.override("en"):
        headings = [str(heading) for _key, heading, _css in COLUMNS] + ["Replacement"]
    note_table(request, "Repairs")
    rows = within(request.user.company_id, _rows(RepairFilter(request).sorted()))
    return csv_response("velory-repairs", headings, rows)


def _rows(found: QuerySet[Repair]) -> Iterator[list[Any]]:
    for chunk in batched(found.iterator(chunk_size=CHUNK), CHUNK):
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
