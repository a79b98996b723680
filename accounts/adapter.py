from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import SingleSignOn
from .notices import notify
from .qr import qr_path
from .receivers import not_signed_in, tell, tell_now_and_then
from .sealed import seal, unseal


class AccountAdapter(DefaultAccountAdapter):
    """How Velory bends allauth: people are added by their company's admins, never by signing up."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": gettext_lazy("The email address or the password is not right."),
        # As long as settings.ACCOUNT_RATE_LIMITS looks back.
        "too_many_login_attempts": gettext_lazy("Too many attempts have failed. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """All ways in lead through here: password, passkey, link. Where the company's provider is the only one, whoever
        has proved who they are is told so."""
        refused = super().pre_login(request, user, **kwargs)
        if refused is not None:
            tell_now_and_then(user, "sign_in_deactivated_refused")
            return refused
        by_provider = (kwargs["signal_kwargs"] or {}).get("single_sign_on")
        if not by_provider and SingleSignOn.objects.is_only_way_for(user):
            tell_now_and_then(user, "sign_in_past_sso_refused")
            clear_login(request)
            return render(request, "accounts/sso_only.html", status=403)
        return None

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        not_signed_in(credentials)

    def get_login_stages(self) -> list[str]:
        stages = super().get_login_stages()
        stages[stages.index("allauth.mfa.stages.AuthenticateStage")] = "accounts.stages.SecondStep"
        return stages

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Support staff work in the Django admin, everybody else begins at My devices."""
        return reverse("admin:index" if getattr(request.user, "is_staff", False) else "devices:mine")

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Whether it is their password. allauth would go by its own list of addresses, which is empty."""
        is_theirs = user.check_password(password)
        if not is_theirs:
            tell(user, "sign_in_again_failed", person=user)
        return is_theirs

    def send_notification_mail(self, template_prefix: str, user: Any, *args: Any, **kwargs: Any) -> None:
        """What allauth tells a person by mail, in our words: it names the kind by its template."""
        notify(user, template_prefix.rpartition("/")[2])

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing on signing in and out, and where a link was mailed for a new password: the page shows it."""
        template = kwargs.get("message_template") or (args[2] if len(args) > 2 else "")
        silent = ["account/messages/logged_in.txt", "account/messages/logged_out.txt"]
        if not args[0].user.is_authenticated:
            silent.append("account/messages/password_changed.txt")
        if template not in silent:
            super().add_message(*args, **kwargs)


class MFAAdapter(DefaultMFAAdapter):
    """The words and pictures of two-step sign-in, and how its secrets are kept."""

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Raises Unreadable, which leads to the page of one's factors (accounts/middleware.py)."""
        return unseal(encrypted_text)

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Passkey") if number == 1 else _("Passkey %(number)d") % {"number": number}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": "Velory"}

    def build_totp_svg(self, url: str) -> SafeString:
        width, path = qr_path(url)
        return format_html(
            '<svg class="qr" viewBox="0 0 {0} {0}" role="img" aria-label="{1}"><path d="{2}"/></svg>',
            width,
            _("QR code for your authenticator app"),
            path,
        )
