"""allauth's pages of two-step sign-in, where ours differ: those on which somebody is read before they are signed in,
and those that change a factor.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.stagekit import LOGIN_SESSION_KEY, clear_login
from allauth.account.utils import url_str_to_user_pk
from allauth.mfa.base import views as base_views
from allauth.mfa.recovery_codes import views as code_views
from allauth.mfa.totp import views as totp_views
from allauth.mfa.webauthn import views as webauthn_views
from allauth.mfa.webauthn.internal.auth import begin_registration
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.access import PersonRequest
from accounts.factors import told
from accounts.scope import recognise_with_company

View = Callable[..., HttpResponseBase]


def recognising(view: View) -> View:
    """Whoever has given their password and owes the second step is read by this view."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        pending = request.session.get(LOGIN_SESSION_KEY)
        if pending and not request.user.is_authenticated:
            recognise_with_company(url_str_to_user_pk(pending["user_pk"]))
        return view(request, *args, **kwargs)

    return wrapper


authenticate = recognising(base_views.authenticate)


class AddPasskeyView(webauthn_views.AddWebAuthnView):
    """Asks the browser for a passkey that can sign in by itself: kept on it, and opened by PIN, finger or face."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["js_data"] = {"creation_options": begin_registration(self.request.user, passwordless=True)}
        return context


@require_POST
@login_not_required
def cancel(request: HttpRequest) -> HttpResponseBase:
    """Back to the first step: as somebody else, or because the phone is at home."""
    clear_login(request)
    return redirect("account_login")


def changing_factors(view: View) -> View:
    """What is sent to this page changes the factors of whoever sends it, and the audit log tells so."""

    @wraps(view)
    def wrapper(request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        with told(request.user):
            return view(request, *args, **kwargs)

    return wrapper


activate_app = changing_factors(totp_views.activate_totp)
remove_app = changing_factors(totp_views.deactivate_totp)
add_passkey = changing_factors(AddPasskeyView.as_view())
remove_passkey = changing_factors(webauthn_views.remove_webauthn)
make_codes = changing_factors(code_views.generate_recovery_codes)
