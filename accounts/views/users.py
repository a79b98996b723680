from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import PersonRequest, admin_required
from accounts.forms import DeactivateForm, UserForm, posted
from accounts.kept import keeps_typed, refilled
from accounts.models import User
from accounts.models.closable import holdings, is_used
from accounts.tokens import works_until
from accounts.two_step import uses_two_step

from .links import hand_out_link
from .listing import BY_NAME, listing, with_held


@require_safe
@admin_required
def users(request: PersonRequest) -> HttpResponse:
    """The company's people, active ones first, each with the number of devices they hold."""
    rows = with_held(request.user.company.users.known())
    return listing(request, "users", rows, BY_NAME, first=Q(is_active=True))


@keeps_typed
@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def user_new(request: PersonRequest) -> HttpResponse:
    """Add somebody. The answer is the same whether or not another company knows the address."""
    form = UserForm(posted(request), instance=User(company=request.user.company), by=request.user)
    if form.is_valid() and form.saved():
        messages.success(request, _("%(person)s was added and is invited.") % {"person": form.instance})
        return hand_out_link(request, form.instance, form.link_key)
    return render(request, "accounts/user.html", {"form": refilled(form, request)})


@keeps_typed
@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def user_edit(request: PersonRequest, pk: int) -> HttpResponse:
    person: User = get_object_or_404(request.user.company.users.known(), pk=pk)
    form = UserForm(posted(request), instance=person, by=request.user)
    if form.is_valid() and form.saved():
        messages.success(request, _("%(person)s was saved.") % {"person": person})
        if form.link_key:
            return hand_out_link(request, person, form.link_key)
        return redirect("accounts:users")
    context = {
        "form": refilled(form, request),
        "person": person,
        "held": holdings(person),
        "uses_two_step": uses_two_step(person),
        "link_until": works_until(person),
    }
    return render(request, "accounts/user.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def user_remove(request: PersonRequest, pk: int) -> HttpResponse:
    """Confirmation window and act: nobody leaves with devices unless the admin takes them back on purpose. Nobody
    locks themselves out."""
    person: User = get_object_or_404(request.user.company.users.known(), pk=pk)
    if person == request.user:
        messages.error(request, _("You can't deactivate yourself. Another IT admin can do it for you."))
        return redirect(person)
    held = holdings(person)
    form = DeactivateForm(posted(request), person=person, held=held)
    if form.is_valid() and form.acted(by=request.user):
        messages.success(request, form.what_happened)
        return redirect("accounts:users")
    context = {
        "form": form,
        "person": person,
        "held": held,
        "is_kept": person.has_joined or bool(held) or is_used(person),
        "cancel_url": person.get_absolute_url(),
    }
    return render(request, "accounts/user_remove.html", context, status=409 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def user_two_step(request: PersonRequest, pk: int) -> HttpResponse:
    """Confirmation window and act: takes somebody's factors away, as they have lost them."""
    person: User = get_object_or_404(request.user.company.users.known(), pk=pk)
    if request.method == "POST":
        person.reset_two_step(by=request.user)
        messages.success(request, _("%(person)s signs in with the password alone now.") % {"person": person})
        return redirect(person)
    context = {"person": person, "cancel_url": person.get_absolute_url()}
    return render(request, "accounts/user_two_step.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def user_reactivate(request: PersonRequest, pk: int) -> HttpResponse:
    person: User = get_object_or_404(request.user.company.users.known(), pk=pk)
    if request.method == "POST":
        person.reactivate(by=request.user)
        messages.success(request, _("%(person)s is active again.") % {"person": person})
    return redirect(person)
