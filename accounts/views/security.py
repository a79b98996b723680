from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import PersonRequest
from accounts.sessions import end_sessions, open_sessions
from accounts.two_step import factors_of, needs_two_step


@require_http_methods(["GET", "HEAD", "POST"])
def security(request: PersonRequest) -> HttpResponse:
    """How somebody signs in, and where they are signed in; support staff included. POST signs them out elsewhere."""
    if request.method == "POST":
        end_sessions(request.user, besides=request.session.session_key)
        messages.success(request, _("You are signed out everywhere else."))
        return redirect("accounts:security")
    factors = factors_of(request.user)
    context = {
        "factors": factors,
        "needs_two_step": needs_two_step(request.user),
        "sessions": open_sessions(request.user, request.session.session_key),
    }
    return render(request, "accounts/security.html", context)


def to_security(request: HttpRequest) -> HttpResponse:
    """In place of allauth's own lists of factors: all of them stand on one page of ours."""
    return redirect("accounts:security")
