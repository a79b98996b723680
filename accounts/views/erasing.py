from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import PersonRequest, admin_required
from accounts.erasing import erase, refuse_unless_gone
from accounts.models import User
from accounts.models.closable import Refused


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def user_erase(request: PersonRequest, pk: int) -> HttpResponse:
    """Confirmation window and act: the name of somebody who has left goes everywhere, for good."""
    person: User = get_object_or_404(request.user.company.users.known(), pk=pk)
    refusal = None
    try:
        if request.method == "POST":
            erase(person, by=request.user)
            messages.success(request, _("The person is erased."))
            return redirect("accounts:users")
        refuse_unless_gone(person)
    except Refused as reason:
        refusal = reason
    context = {"person": person, "refusal": refusal, "cancel_url": person.get_absolute_url()}
    return render(request, "accounts/user_erase.html", context, status=409 if request.method == "POST" else 200)
