from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, admin_required
from accounts.models import User
from accounts.tokens import works_until

from .listing import listing


@require_safe
@admin_required
def invitations(request: PersonRequest) -> HttpResponse:
    """Who has got a link and has not joined, the latest first."""
    rows = request.user.company.users.invited().order_by("-link_made_at", "pk")
    return listing(request, "invitations", rows, search_in=["full_name", "email"], more=until)


def until(person: Any) -> None:
    """When the link ends, and whether it has, for the row that shows it."""
    person.link_until = works_until(person)
    person.link_is_over = person.link_until <= clock.now()


@require_POST
@admin_required
def withdraw(request: PersonRequest, pk: int) -> HttpResponse:
    """The link works no more. The person stays in the list, as somebody whom the company knows."""
    person: User = get_object_or_404(request.user.company.users.invited(), pk=pk)
    person.withdraw_link(by=request.user)
    messages.success(request, _("The invitation of %(person)s is withdrawn.") % {"person": person})
    return redirect("accounts:user_invitations")
