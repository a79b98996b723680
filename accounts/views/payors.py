from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import PersonRequest, admin_required
from accounts.forms import PayorForm, posted
from accounts.kept import keeps_typed, refilled
from accounts.models import Payor

from .listing import BY_NAME, listing
from .removal import remove


@require_safe
@admin_required
def payors(request: PersonRequest) -> HttpResponse:
    """The company's payors, open ones first, each with the number of devices it pays for. Archived ones are history."""
    rows = request.user.company.payors.annotate(held=Count("devices", filter=Q(devices__archived_at=None)))
    return listing(request, "payors", rows, BY_NAME, first=Q(closed_at=None))


@keeps_typed
@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def payor_new(request: PersonRequest) -> HttpResponse:
    form = PayorForm(posted(request), instance=Payor(company=request.user.company), by=request.user)
    if form.is_valid() and form.saved():
        messages.success(request, _("%(name)s was added.") % {"name": form.instance})
        return redirect("accounts:payors")
    return render(request, "accounts/payor.html", {"form": refilled(form, request)})


@keeps_typed
@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def payor_edit(request: PersonRequest, pk: int) -> HttpResponse:
    payor = get_object_or_404(request.user.company.payors, pk=pk)
    form = PayorForm(posted(request), instance=payor, by=request.user)
    if form.is_valid() and form.saved():
        messages.success(request, _("%(name)s was saved.") % {"name": payor})
        return redirect("accounts:payors")
    return render(request, "accounts/payor.html", {"form": refilled(form, request), "payor": payor})


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def payor_remove(request: PersonRequest, pk: int) -> HttpResponse:
    payor = get_object_or_404(request.user.company.payors, pk=pk)
    if request.method != "POST" and (payor.kind != Payor.Kind.COST_CENTRE or payor.pays_repairs):
        return redirect(payor)  # that page says why it stays
    return remove(request, payor, back="accounts:payors")


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def payor_reopen(request: PersonRequest, pk: int) -> HttpResponse:
    payor = get_object_or_404(request.user.company.payors, pk=pk)
    if request.method == "POST":
        payor.reopen(by=request.user)
        messages.success(request, _("%(name)s is open again.") % {"name": payor})
    return redirect(payor)
