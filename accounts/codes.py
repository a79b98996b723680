"""Codes that people type to prove that it is they."""

from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.core.cache import cache
from django.utils.translation import gettext as _

from .sign_in_forms import without_placeholders

# How long a code of an authenticator app may be taken: its own period, and those before and after.
CODE_LIVES = (2 * app_settings.TOTP_TOLERANCE + 1) * app_settings.TOTP_PERIOD


def prepare(form: forms.Form, label: str) -> None:
    """A field for digits, in which a phone offers its own codes."""
    without_placeholders(form)
    form.fields["code"].label = label
    attrs = {"inputmode": "numeric", "spellcheck": "false", "autofocus": not form.is_bound}
    form.fields["code"].widget.attrs.update(attrs)


class OneTime:
    """A code that opens once. allauth remembers a used one for its own period only; it lives for the next one, too."""

    user: Any
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        digits = "".join(letter for letter in code if letter.isalnum())
        if not cache.add(f"used-code:{self.user.pk}:{digits}", True, timeout=CODE_LIVES):
            self._emit_authentication_failed(self.authenticator)  # type: ignore[attr-defined]
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(OneTime, AuthenticateForm):
    """The second step of signing in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        prepare(self, _("Code"))


class CodeAgainForm(OneTime, ReauthenticateForm):
    """The same, of somebody who is signed in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        prepare(self, _("Code"))


class AppForm(ActivateTOTPForm):
    """Setting up an authenticator app: it shows its first code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        prepare(self, _("Code that the app shows"))

    @property
    def secret_in_groups(self) -> str:
        """As it is easiest to type."""
        return " ".join(self.secret[start : start + 4] for start in range(0, len(self.secret), 4))
