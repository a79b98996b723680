"""Passkeys: what a browser sends, read with care, as the forms that allauth's pages use.

allauth and fido2 check the signatures. Before they do, only what belongs to a passkey is taken out of what was sent, so
that neither the database nor a parser meets anything else.
"""

import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.webauthn import forms as allauth_forms
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.core.exceptions import ValidationError
from django.utils.http import base36_to_int
from django.utils.translation import gettext_lazy
from fido2.utils import websafe_decode

from .models import User
from .scope import recognise

NAME = 60  # characters
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{1,16000}={0,2}")
_HANDLE = re.compile(r"[0-9a-z]{1,12}")  # a number of base 36 that every database can look up
_UNREADABLE = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError, struct.error)

REGISTRATION = ("clientDataJSON", "attestationObject")
ASSERTION = ("clientDataJSON", "authenticatorData", "signature")


REFUSAL = gettext_lazy("This passkey could not be used. Try once more, or take another way.")


def refusal() -> ValidationError:
    return ValidationError(REFUSAL)


class CredentialField(forms.JSONField):
    """What the browser sends, as the script has written it down."""

    widget = forms.HiddenInput
    default_error_messages = {"required": REFUSAL, "invalid": REFUSAL}

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except (RecursionError, ValueError) as error:  # too deep, a number of too many digits
            raise refusal() from error

    def bound_data(self, data: Any, initial: Any) -> None:
        """Nothing: the script writes it anew each time."""


@contextmanager
def refusing() -> Iterator[None]:
    """Whatever is wrong with a passkey, the answer is one sentence. (Too many attempts keep their own.)"""
    try:
        yield
    except ValidationError as error:
        raise refusal() if getattr(error, "code", "") == "incorrect_code" else error from error
    except _UNREADABLE as error:
        raise refusal() from error


def tidy(sent: Any, parts: tuple[str, ...]) -> dict[str, Any]:
    """Of what was sent what makes a passkey, and nothing else. `parts` are those of its response. Raises one of
    _UNREADABLE where something is missing or not what it should be."""
    response = {name: _text(sent["response"][name]) for name in parts}
    if sent["response"].get("userHandle"):
        response["userHandle"] = _text(sent["response"]["userHandle"])
    extensions = sent.get("clientExtensionResults") or {}
    is_resident = (extensions.get("credProps") or {}).get("rk") is True
    return {
        "type": "public-key",
        "id": _text(sent["id"]),
        "rawId": _text(sent["rawId"]),
        "response": response,
        "clientExtensionResults": {"credProps": {"rk": True}} if is_resident else {},
    }


def _text(value: Any) -> str:
    if not _BASE64URL.fullmatch(value):
        raise ValueError("not base64url")
    return value


def person_of_handle(handle: str) -> User | None:
    """Whom a passkey names, before anything is proved: somebody active who has joined."""
    key = websafe_decode(handle).decode("ascii")
    if not _HANDLE.fullmatch(key):
        return None
    pk = base36_to_int(key)
    recognise(pk)
    return User.objects.active().filter(pk=pk, joined_at__isnull=False).first()


# Of somebody who is signed in


class NewPasskeyForm(allauth_forms.AddWebAuthnForm):
    """A passkey to add. All of ours can sign in without a password, so nobody is asked."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME,
        required=False,
        help_text=gettext_lazy("By which you know it again, such as the device that it is on."),
    )
    passwordless = None
    credential = CredentialField()

    def clean_credential(self) -> dict[str, Any]:
        with refusing():
            return tidy(self.cleaned_data["credential"], REGISTRATION)

    def clean(self) -> dict[str, Any]:
        with refusing():
            return super().clean()


class PasskeyNameForm(allauth_forms.EditWebAuthnForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME)


# Using one


class _Using(forms.Form):
    credential = CredentialField()

    def clean_credential(self) -> Any:
        with refusing():
            self.cleaned_data["credential"] = tidy(self.cleaned_data["credential"], ASSERTION)
            return super().clean_credential()  # type: ignore[misc]


class PasskeyForm(_Using, allauth_forms.AuthenticateWebAuthnForm):
    """The second step of signing in."""


class PasskeyAgainForm(_Using, allauth_forms.ReauthenticateWebAuthnForm):
    """The same, of somebody who is signed in."""


class PasskeySignInForm(allauth_forms.LoginWebAuthnForm):
    """Signing in by nothing but a passkey."""

    credential = CredentialField()

    def clean_credential(self) -> Any:
        with refusing():
            credential = tidy(self.cleaned_data["credential"], ASSERTION)
            person = person_of_handle(credential["response"]["userHandle"])
            if person is None:
                raise refusal()
            return auth.complete_authentication(person, credential)
