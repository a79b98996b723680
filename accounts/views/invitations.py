from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, admin_required
from accounts.keyset import Order
from accounts.models import User
from accounts.tokens import works_until

from .listing import listing


@require_safe
@admin_required
def invitations(request: PersonRequest) -> HttpResponse:
    """Who has not joined: those who have got a link first, the latest on top, and then who was added last."""
    latest = Order(("link_made_at", "id"), is_down=True, may_be_blank=True)
    return listing(request, "invitations", request.user.company.users.not_joined(), latest, more=until)


def until(person: Any) -> None:
    """When the link ends, and whether it has, for the row that shows it; None where there is no link."""
    person.link_until = works_until(person)
    person.link_is_over = person.link_until is not None and person.link_until <= clock.now()


@require_POST
@admin_required
def withdraw(request: PersonRequest, pk: int) -> HttpResponse:
    """The link works no more. The person stays in the list, as somebody whom the company knows."""
    person: User = get_object_or_404(request.user.company.users.invited(), pk=pk)
    person.withdraw_link(by=request.user)
    messages.success(request, _("The invitation of %(person)s is withdrawn.") % {"person": person})
    return redirect("accounts:user_invitations")
