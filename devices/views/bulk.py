"""Acting on many devices: chosen in a table, looked at before it is confirmed, done, and told of."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import PersonRequest, admin_required
from accounts.keyset import MOST_COUNTED, KeysetPage, Order, Total
from accounts.models.closable import Refused
from accounts.text import clean_search
from devices import columns
from devices.bulk import acts, work
from devices.bulk.choosing import choose, choose_again
from devices.bulk.preview import FREE, Preview
from devices.models import BulkAction, BulkDevice
from devices.models.saved_filter import LONGEST_QUERY
from devices.tables import TABLES, TICKED, HardwareFilter, ticked

Stage, State = BulkAction.Stage, BulkDevice.State
ON_A_PAGE = 50
# What changes nothing needs no confirmation: an address of its own shows it.
READ_ONLY = ("export", "labels")
# In the addresses of an action: what its table shows, for whoever goes back there.
BACK = "back"

BulkView = Callable[..., HttpResponseBase]


@require_POST
@admin_required
def choose_many(request: PersonRequest, table: str) -> HttpResponse:
    """The devices that were ticked in a table, or all that match: what is to be done with them leads to its page."""
    found = TABLES.get(table)
    if found is None:
        raise Http404
    filters = HardwareFilter(found, request)
    wanted, keys = request.POST.get("act", ""), ticked(request.POST)
    devices, address = filters.qs, request.GET.copy()
    if "all" not in request.POST:
        devices = devices.filter(pk__in=keys)
        address.setlist(TICKED, list(map(str, keys)))
    try:
        if "all" not in request.POST and not keys:
            raise Refused(_("Choose at least one device."))
        if wanted in READ_ONLY:
            return redirect(f"{reverse(f'devices:{wanted}', args=[table])}?{address.urlencode()}")
        if acts.find(wanted) is None:
            raise Refused(_("Choose what is to be done with them."))
        return redirect(_address(choose(wanted, devices, table, by=request.user), request.GET.urlencode()))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(f"{reverse('devices:hardware_table', args=[table])}?{request.GET.urlencode()}")


def of_action(view: BulkView) -> BulkView:
    """Give the view the action of its address, of the person's company; a POST locks it. 404 for any other."""

    @admin_required
    @wraps(view)
    def wrapper(request: PersonRequest, pk: int) -> HttpResponseBase:
        actions = BulkAction.objects.filter(company=request.user.company).select_related("who")
        if request.method != "POST":
            action = get_object_or_404(actions.select_related("job"), pk=pk)
            action.company = request.user.company
            return view(request, action)
        with transaction.atomic():
            action = get_object_or_404(actions.select_for_update(no_key=True, of=("self",)), pk=pk)
            action.company = request.user.company
            return view(request, action)

    return wrapper


@require_safe
@admin_required
def bulk_actions(request: PersonRequest) -> HttpResponse:
    """All of the company that were confirmed."""
    actions = BulkAction.objects.filter(company=request.user.company).listed()
    page = Paginator(actions, ON_A_PAGE).get_page(request.GET.get("page"))
    rows = [(action, _name_of(action)) for action in page]
    return render(request, "devices/bulk_actions.html", {"page": page, "rows": rows})


@require_safe
@of_action
def bulk_action(request: PersonRequest, action: BulkAction) -> HttpResponse:
    """Where it stands: what has to be chosen, what would happen, how far it is, what came of it. While a worker is at
    it, htmx asks again and again."""
    if not request.htmx:
        return _page_of(request, action)
    if action.is_working:
        return render(request, "devices/_bulk_progress.html", _told_of(request, action))
    response = HttpResponse()
    response["HX-Refresh"] = "true"
    return response


@require_safe
@of_action
def bulk_devices(request: PersonRequest, action: BulkAction) -> HttpResponse:
    """All devices with which it would be done, or that one reason keeps from it: the confirmation names the first."""
    act = work.act_of(action)
    if action.stage != Stage.ASKED or act is None:
        return redirect(_address(action, _way_back(request)))
    preview, asked = Preview(action, act), request.GET.get("why", "")
    number = int(asked) if asked.isdecimal() and len(asked) < 3 else FREE
    why = preview.why(number)
    devices = preview.group(FREE if why is None else number).prefetch_related("holder_user", "holder_space")
    page = KeysetPage(devices, Order(columns.BY_NAME), ON_A_PAGE, request.GET.get("page", ""))
    if not page.object_list:
        return redirect(_address(action, _way_back(request)))
    context = {"why": why, "page": page, "total": Total.of(devices, MOST_COUNTED)}
    return render(request, "devices/bulk_devices.html", _told_of(request, action) | context)


@require_POST
@of_action
def bulk_choose(request: PersonRequest, action: BulkAction) -> HttpResponse:
    """Space, payor, outcome: whatever its act asks for."""
    act = acts.find(action.act)
    if action.stage != Stage.ASKED or act is None or act.form is None:
        return _too_late(request, action)
    # Kept as it was sent, and read anew whenever it is needed: what can't be chosen any more is said there.
    values = {name: clean_search(request.POST.get(name)) for name in act.form.base_fields}
    form = act.form(values, company=action.company)
    if not form.is_valid():
        return _page_of(request, action, form=form)
    action.change(values=values)
    return redirect(_address(action, _way_back(request)))


@require_POST
@of_action
def bulk_start(request: PersonRequest, action: BulkAction) -> HttpResponse:
    """It was confirmed."""
    act = work.act_of(action)
    if action.stage != Stage.ASKED:
        return _too_late(request, action)
    if act is None:
        messages.error(request, _("What was chosen can't be chosen any more. Try again, and choose something else."))
        return _page_of(request, action, status=409)
    try:
        with transaction.atomic():
            work.start(action, Preview(action, act), request.POST.get("seal", ""), by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _page_of(request, action, status=409)
    return redirect(_address(action, _way_back(request)))


@require_POST
@of_action
def bulk_stop(request: PersonRequest, action: BulkAction) -> HttpResponse:
    """No more of it; what was done stays."""
    if action.stage != Stage.RUNNING:
        return _too_late(request, action)
    try:
        work.stop(action, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _page_of(request, action, status=409)
    return redirect(_address(action, _way_back(request)))


@require_POST
@of_action
def bulk_again(request: PersonRequest, action: BulkAction) -> HttpResponse:
    """With those with which it was not done, once more: another action, to be confirmed like any other."""
    if action.stage == Stage.ASKED or action.is_working:
        return _too_late(request, action)
    try:
        return redirect(_address(choose_again(action, by=request.user), _way_back(request)))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _page_of(request, action, status=409)


def _way_back(request: PersonRequest) -> str:
    """What the table that it was begun in was searched, filtered and sorted by. The address takes it along from page to
    page: nothing else wants it, and a search may be for a person."""
    return QueryDict(request.GET.get(BACK, "")).urlencode()


def _address(action: BulkAction, back: str) -> str:
    return action.get_absolute_url() + (f"?{urlencode({BACK: back})}" if 0 < len(back) <= LONGEST_QUERY else "")


def _too_late(request: PersonRequest, action: BulkAction) -> HttpResponse:
    """A page left over from before, or a second click."""
    text = _("This action has gone on in the meantime: %(stage)s. Nothing was done a second time.")
    messages.error(request, text % {"stage": action.get_stage_display()})
    return _page_of(request, action, status=409)


def _name_of(action: BulkAction) -> str:
    act = acts.find(action.act)
    return str(act.name) if act is not None else action.act


def _told_of(request: PersonRequest, action: BulkAction) -> dict[str, Any]:
    back = _way_back(request)
    kept = _address(action, back).removeprefix(action.get_absolute_url())
    return {"action": action, "name": _name_of(action), "kept": kept, "back": f"?{back}" if kept else ""}


def _page_of(
    request: PersonRequest, action: BulkAction, status: int = 200, form: acts.ActForm | None = None
) -> HttpResponse:
    context = _told_of(request, action) | {"table": TABLES.get(action.table)}
    if action.stage == Stage.ASKED:
        act = work.act_of(action)
        context["form"] = form or work.form_of(action)
        if act is not None and form is None and "choose" not in request.GET:
            context["act"], context["preview"] = act, Preview(action, act)
        return render(request, "devices/bulk_asked.html", context, status=status)
    if not action.is_working:
        context |= _what_came_of_it(request, action)
    return render(request, "devices/bulk_action.html", context, status=status)


def _what_came_of_it(request: PersonRequest, action: BulkAction) -> dict[str, Any]:
    """The numbers, the reasons why not, and a page of the devices: those that were done, or by default the others."""
    numbers = dict(action.rows.order_by().values_list("state").annotate(Count("pk")))
    done = numbers.pop(State.DONE, 0)
    shows_done = "done" in request.GET or not numbers
    rows = action.rows.select_related("device")
    rows = rows.filter(state=State.DONE) if shows_done else rows.exclude(state=State.DONE)
    reasons = action.rows.filter(state__in=[State.LEFT_OUT, State.FAILED]).order_by()
    return {
        "done": done,
        "not_done": sum(numbers.values()),
        "waiting": numbers.get(State.WAITING, 0),
        "shows_done": shows_done,
        "reasons": list(reasons.values_list("problem").annotate(number=Count("pk")).order_by("-number")[:10]),
        "page": KeysetPage(rows, Order(("id",)), ON_A_PAGE, request.GET.get("page", "")),
        "total": done if shows_done else sum(numbers.values()),
    }
