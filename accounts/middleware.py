from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from .two_step import owes_two_step

# Where whoever has to set up two-step sign-in may go meanwhile: to set it up, to choose a language or a password, out.
OPEN = {
    "accounts:join",
    "accounts:profile",
    "accounts:security",
    "account_change_password",
    "account_inactive",
    "account_login",
    "account_logout",
    "account_reauthenticate",
    "admin:logout",
}


class TwoStepMiddleware:
    """Leads an IT admin or support staff who must use two-step sign-in, and don't yet, to where they set it up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponseBase | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in OPEN or name.startswith("mfa_") or not owes_two_step(request.user):
            return None
        if request.method == "POST":
            messages.error(request, _("Nothing was saved: set up two-step sign-in first."))
        return redirect("accounts:security")
