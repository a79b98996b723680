from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import PersonRequest, admin_required
from accounts.forms import SpaceForm, posted
from accounts.kept import keeps_typed, refilled
from accounts.models import Space
from accounts.models.closable import holdings

from .listing import BY_NAME, listing, with_held
from .removal import remove


@require_safe
@admin_required
def spaces(request: PersonRequest) -> HttpResponse:
    """The company's spaces, open ones first, each with the number of devices in it."""
    rows = with_held(request.user.company.spaces.all())
    return listing(request, "spaces", rows, BY_NAME, first=Q(closed_at=None))


@keeps_typed
@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def space_new(request: PersonRequest) -> HttpResponse:
    form = SpaceForm(posted(request), instance=Space(company=request.user.company), by=request.user)
    if form.is_valid() and form.saved():
        messages.success(request, _("%(name)s was added.") % {"name": form.instance})
        return redirect("accounts:spaces")
    return render(request, "accounts/space.html", {"form": refilled(form, request)})


@keeps_typed
@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def space_edit(request: PersonRequest, pk: int) -> HttpResponse:
    space = get_object_or_404(request.user.company.spaces, pk=pk)
    form = SpaceForm(posted(request), instance=space, by=request.user)
    if form.is_valid() and form.saved():
        messages.success(request, _("%(name)s was saved.") % {"name": space})
        return redirect("accounts:spaces")
    return render(
        request, "accounts/space.html", {"form": refilled(form, request), "space": space, "held": holdings(space)}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def space_remove(request: PersonRequest, pk: int) -> HttpResponse:
    return remove(request, get_object_or_404(request.user.company.spaces, pk=pk), back="accounts:spaces")


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def space_reopen(request: PersonRequest, pk: int) -> HttpResponse:
    space = get_object_or_404(request.user.company.spaces, pk=pk)
    if request.method == "POST":
        space.reopen(by=request.user)
        messages.success(request, _("%(name)s is open again.") % {"name": space})
    return redirect(space)
