"""Windows over a table of Hardware: its columns and density, and the filters that are kept under a name."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import PersonRequest, admin_required
from accounts.forms import posted
from accounts.models.closable import Refused
from devices.likes import remember
from devices.models import SavedFilter
from devices.models.saved_filter import NameTaken
from devices.set_filters import kept_query, set_filters
from devices.table_forms import ColumnsForm, NameForm, SaveFilterForm
from devices.tables import HardwareFilter

from .hardware import find_table


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def columns(request: PersonRequest, table: str) -> HttpResponse:
    """Which columns this person sees in the table, and how close its rows stand. Back to what it showed."""
    shown = find_table(request, table)
    back = _address(table, kept_query(HardwareFilter(shown, request)))
    form = ColumnsForm(posted(request), table=shown)
    if request.method == "POST" and "standard" in request.POST:
        remember(request.user, table, None, is_compact=False)
        return redirect(back)
    if form.is_valid():
        remember(request.user, table, form.chosen, is_compact=form.is_compact)
        return redirect(back)
    return render(request, "devices/table_columns.html", {"form": form, "table": shown, "cancel_url": back})


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def save_filter(request: PersonRequest, table: str) -> HttpResponse:
    """Keep what the address filters by under a name."""
    filters = HardwareFilter(find_table(request, table), request)
    query = kept_query(filters)
    back = _address(table, query)
    if not query:
        messages.error(request, _("There is nothing to save: set a filter first."))
        return redirect(back)
    form = SaveFilterForm(posted(request))
    if form.is_valid():
        try:
            SavedFilter.objects.keep(
                request.user.company, by=request.user, table=table, query=query, **form.cleaned_data
            )
        except NameTaken:
            form.refuse_taken()
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, _("The filter “%(name)s” is saved.") % form.cleaned_data)
            return redirect(back)
    context = {"form": form, "set_filters": set_filters(filters), "search": filters.data.get("q"), "cancel_url": back}
    return render(request, "devices/save_filter.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def saved_filter(request: PersonRequest, pk: int) -> HttpResponse:
    """Give a saved filter another name."""
    kept = _saved_filter(request, pk)
    form = NameForm(posted(request), initial={"name": kept.name})
    if form.is_valid():
        try:
            kept.rename(form.cleaned_data["name"], by=request.user)
        except NameTaken:
            form.refuse_taken()
        except SavedFilter.DoesNotExist as gone:
            raise Http404 from gone
        else:
            messages.success(request, _("Saved."))
            return redirect(kept)
    return render(request, "devices/saved_filter.html", {"form": form, "kept": kept, "cancel_url": kept})


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def delete_filter(request: PersonRequest, pk: int) -> HttpResponse:
    """Forget a saved filter."""
    kept = _saved_filter(request, pk)
    if request.method == "POST":
        try:
            kept.remove(by=request.user)
        except SavedFilter.DoesNotExist as gone:
            raise Http404 from gone
        messages.success(request, _("The filter “%(name)s” is deleted.") % {"name": kept.name})
        return redirect(_address(kept.table))
    return render(request, "devices/delete_filter.html", {"kept": kept, "cancel_url": kept})


def _saved_filter(request: PersonRequest, pk: int) -> SavedFilter:
    found: SavedFilter = get_object_or_404(SavedFilter.objects.visible_to(request.user), pk=pk)
    return found


def _address(table: str, query: str = "") -> str:
    return reverse("devices:hardware_table", args=[table]) + (f"?{query}" if query else "")
