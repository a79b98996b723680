"""My devices, and the tables of Hardware with their exports."""

from functools import partial
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest, admin_required, member_required
from accounts.compiled import CompiledQuery
from accounts.exporting import note_table
from accounts.keyset import Total
from accounts.models import User
from accounts.planning import plan_once
from accounts.text import clean_search
from devices import categories, columns
from devices.alike import ask_instead
from devices.bulk.acts import offered
from devices.exports.download import download, wants_all_columns
from devices.exports.hardware import hardware_sheet
from devices.finding import LONGEST, search_few
from devices.listing import drawn, page_of, ways
from devices.models import Device, SavedFilter
from devices.searching import category_among
from devices.set_filters import kept_query, set_filters
from devices.signals import devices_listed, my_devices
from devices.tables import TABLES, HardwareFilter, Table

PAGE = 50
MOST_ARCHIVED = 100
# Every table has an index in this order. It has nothing to do with what is searched for, unlike that of names, in which
# all that matches may come last.
COUNTED_ALONG = ("status_since", "id")


def _saved(table: str, company: int, admin: int) -> QuerySet[SavedFilter]:
    return SavedFilter.objects.visible_to(User(company_id=company, pk=admin, role=User.Role.ADMIN)).over(table)


_SAVED = {table: CompiledQuery(SavedFilter, partial(_saved, table)) for table in TABLES}


def listed(devices: list[Device], request: PersonRequest) -> list[Device]:
    """Let the other apps add to each device what a row shows of theirs."""
    devices_listed.send(sender=Device, devices=devices, user=request.user)
    return devices


@require_safe
@member_required
def mine(request: PersonRequest) -> HttpResponse:
    """My devices: what I hold, and what is away from me in a repair or was reported by me."""
    query = clean_search(request.GET.get("q"))
    devices = search_few(Device.objects.concerning(request.user).with_people(), query).order_by("name_key", "id")
    page = Paginator(devices, PAGE).get_page(request.GET.get("page"))
    page.object_list = listed(list(page.object_list), request)
    context: dict[str, Any] = {"page": page, "query": query}
    answers: list[tuple[Any, Any]] = my_devices.send(sender=Device, user=request.user)
    for _receiver, answer in answers:
        context |= answer
    return render(request, "devices/mine.html", context)


@require_safe
@member_required
def colleagues(request: PersonRequest) -> HttpResponse:
    """All devices of the company, read-only: name, category, holder, status. Only where the company lets employees."""
    if not (request.user.company.colleagues_visible or request.user.is_admin):
        raise Http404
    query = clean_search(request.GET.get("q"))
    devices = Device.objects.filter(company=request.user.company).in_use().with_people()
    for word in query.split()[:LONGEST]:
        devices = devices.filter(
            Q(name__icontains=word) | Q(holder_user__full_name__icontains=word) | Q(holder_space__name__icontains=word)
        )
    page = Paginator(devices.order_by("name_key", "id"), PAGE).get_page(request.GET.get("page"))
    return render(request, "devices/colleagues.html", {"page": page, "query": query})


@require_safe
@admin_required
@plan_once
def hardware(request: PersonRequest, table: str = "all") -> HttpResponse:
    """One of the tables of Hardware. htmx gets the results alone."""
    found = find_table(request, table)
    context = _shown(found, request)
    if not (context["page"].object_list or context.get("archived")):
        devices, asked = found.rows(Device.objects.visible_to(request.user)), clean_search(request.GET.get("q"))
        if category := category_among(devices, categories.known(asked)):
            context["category"] = category
        elif instead := ask_instead(request):
            context = _shown(found, request) | instead
        else:
            context["category"] = category_among(devices, categories.spelled(asked))
    context["saved_filters"] = _SAVED[found.slug](request.user.company_id, request.user.pk)
    return render(request, "devices/_results.html" if request.htmx else "devices/hardware.html", context)


def _shown(found: Table, request: PersonRequest) -> dict[str, Any]:
    """What a page of the table shows."""
    filters = HardwareFilter(found, request)
    page = page_of(found, filters, request)
    context: dict[str, Any] = {"table": found, "filters": filters, "page": page}
    slow = filters.paces.slow_among(page.object_list if columns.SINCE in found.columns else [])
    context |= {"head_and_rows": drawn(found, page.object_list, slow.keys, request), "slow": slow.words}
    context |= {"set_filters": set_filters(filters), "kept_query": kept_query(filters)}
    context["acts"] = offered(found.statuses, request.user.company)
    wanted = {}
    if filters.is_used:  # else the menu has counted it
        if page.has_other_pages:
            wanted["total"] = filters.qs, filters.search.most_counted
        else:
            context["total"] = Total(len(page.object_list), PAGE)
    if found.slug == "all" and (filters.search.words or filters.is_set("imported")):
        # What is archived is in no other table; whoever looks for it should learn where it is.
        wanted["archived"] = filters.among(Device.objects.visible_to(request.user).archived()), MOST_ARCHIVED
    if wanted:
        context |= zip(wanted, Total.of_each(*wanted.values(), along=COUNTED_ALONG), strict=True)
    return context


@require_safe
@member_required
def shortcuts(request: PersonRequest) -> HttpResponse:
    """The keys that work on every page and in an admin's tables, and the switch for them: a window, or a page of its
    own."""
    return render(request, "devices/shortcuts.html")


@require_safe
@admin_required
def export(request: PersonRequest, table: str) -> StreamingHttpResponse:
    """The table over all its pages, as CSV or as a workbook: the columns that it shows, or all. In English, like every
    export."""
    found = find_table(request, table)
    rows = ways(HardwareFilter(found, request), request)
    sheet = hardware_sheet(found, rows, request, all_columns=wants_all_columns(request))
    note_table(request, sheet.title)
    return download(request, sheet)


def find_table(request: PersonRequest, slug: str) -> Table:
    """The table as this person likes it, or 404."""
    if slug not in TABLES:
        raise Http404
    return TABLES[slug].as_liked_by(request.user)
