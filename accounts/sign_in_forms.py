"""What people fill in to sign in: allauth's forms with Velory's words and rules, and the page of a one-time link."""

from contextlib import suppress
from typing import Any

from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
from allauth.account.forms import LoginForm, ResetPasswordForm, ResetPasswordKeyForm, UserTokenForm
from allauth.account.forms import ReauthenticateForm as AllauthPasswordForm
from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.http import base36_to_int
from django.utils.translation import gettext as _

from . import scope
from .background import soon
from .models import SingleSignOn, User
from .models.user import AddressTaken, LinkUsed
from .receivers import tell
from .text import clean_email


def without_placeholders(form: forms.Form) -> None:
    """allauth repeats each label inside its field, where it disappears with the first letter typed."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


def name_passwords(form: forms.Form, *, new: str, again: str) -> None:
    """The same words on every page on which a password is chosen; allauth and Django each have theirs."""
    without_placeholders(form)
    form.fields[new].label = _("New password")
    form.fields[again].label = _("New password once more")
    form.fields[again].help_text = ""


class SignInForm(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        without_placeholders(self)
        self.fields["login"].label = _("Email")
        self.fields["login"].widget.attrs |= {"autocomplete": "username", "autofocus": not self.is_bound}
        self.fields["password"].label = _("Password")


class PasswordResetForm(ResetPasswordForm):
    """Mails a link to whoever has joined with the address, and to nobody else; the page answers the same."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        without_placeholders(self)
        self.fields["email"].label = _("Email")
        self.fields["email"].widget.attrs |= {"autocomplete": "username", "autofocus": not self.is_bound}

    def clean_email(self) -> str:
        email = clean_email(self.cleaned_data["email"])
        scope.look_for(email)
        self.users = list(User.objects.active().filter(email=email, joined_at__isnull=False))
        return email

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """In the background, found or not: the answer takes as long for an address that nobody has. Whoever signs in
        at their company's provider alone is mailed that, and no link. The mail is in the language of whoever gets it,
        or else of the browser."""
        send = super().save

        def act() -> None:
            own = next((person.language for person in self.users if person.language), None)
            with translation.override(own or translation.get_language()):
                self._say_where() if self._is_refused() else send(request, **kwargs)

        soon(act)
        return self.cleaned_data["email"]

    def _is_refused(self) -> bool:
        return any(SingleSignOn.objects.is_only_way_for(person) for person in self.users)

    def _say_where(self) -> None:
        for person in self.users:
            body = render_to_string("accounts/sso_mail.txt", {"person": person})
            send_mail(_("You sign in to Velory with your company"), body, None, [person.email])


class LinkForm(UserTokenForm):
    """The link of a mail to whoever forgot their password: whose it is."""

    def _get_user(self, uidb36: str) -> Any:
        with suppress(ValueError):
            scope.recognise(base36_to_int(uidb36))
        person = super()._get_user(uidb36)
        return None if person is not None and SingleSignOn.objects.is_only_way_for(person) else person


class NewPasswordForm(ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_passwords(self, new="password1", again="password2")


class ChangePasswordForm(AllauthChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_passwords(self, new="password1", again="password2")
        self.fields["oldpassword"].label = _("Current password")

    def clean_oldpassword(self) -> str:
        try:
            return super().clean_oldpassword()
        except ValidationError:
            tell(self.user, "sign_in_again_failed", person=self.user)
            raise


class PasswordAgainForm(AllauthPasswordForm):
    """The password once more, of somebody who is signed in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        without_placeholders(self)
        self.fields["password"].label = _("Password")
        self.fields["password"].widget.attrs["autofocus"] = not self.is_bound


class ChoosePasswordForm(SetPasswordForm):
    """The page of a one-time link: the first password, or another one where the old was forgotten."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_passwords(self, new="new_password1", again="new_password2")

    def validate_password_for_user(self, user: Any, password_field_name: str = "") -> None:
        """What is wrong with the password stands beside it, not beside its repetition."""
        super().validate_password_for_user(user, "new_password1")

    def saved(self) -> bool:
        """Set the password, which ends every session of before. False when the address is somebody's account."""
        try:
            self.user.join(self.cleaned_data["new_password1"])
        except LinkUsed:
            self.add_error(None, _("This link was used a moment ago. Sign in with the password that was chosen then."))
            return False
        except AddressTaken:
            self.add_error(
                None,
                _(
                    "Somebody signs in to Velory with this address already, perhaps you yourself, at another company. "
                    "Ask your IT admin to add you with another address."
                ),
            )
            return False
        return True
