"""What an admin says about single sign-on, and the address by which somebody finds their company's provider."""

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.comparing import ComparedForm
from accounts.forms import CompanyRowForm
from accounts.models import Domain, SingleSignOn, User
from accounts.models.audit import in_words, record
from accounts.people import PeopleIterator
from accounts.text import clean_email

from .provider import is_trusted

_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")


def clean_domain(text: str) -> str:
    """A domain as name servers know it: lower case, letters beyond ASCII spelled out. "" for what is none."""
    try:
        name = text.strip().rstrip(".").encode("idna").decode().lower()
    except UnicodeError:
        return ""
    return name if _DOMAIN.fullmatch(name) else ""


class AddressForm(forms.Form):
    """Leads to a company by the domain of an address, and by nothing else of it."""

    email = forms.EmailField(
        label=gettext_lazy("Email"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )

    def clean_email(self) -> str:
        return clean_email(self.cleaned_data["email"])

    @property
    def domain(self) -> str:
        return clean_domain(self.cleaned_data["email"].rpartition("@")[2])


class DomainForm(CompanyRowForm):
    class Meta:
        model = Domain
        fields = ["name"]
        labels = {"name": gettext_lazy("New domain")}
        help_texts = {"name": gettext_lazy("What stands behind the @ of your addresses, such as example.com.")}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "off"})}

    def clean_name(self) -> str:
        if not (name := clean_domain(self.cleaned_data["name"])):
            raise ValidationError(_("Type a domain such as example.com."))
        return name

    def write(self) -> None:
        self.instance.save(force_insert=True)
        record(self.instance.company_id, "setting_domain_added", by=self.by, thing=self.instance.name)


class PeopleField(forms.ModelMultipleChoiceField):
    """A choice of several people. A key that no database can look up is one that there isn't."""

    iterator = PeopleIterator

    def _check_values(self, value: Any) -> Any:
        for key in value:
            if not (str(key).isdecimal() and len(str(key)) < 19):
                raise ValidationError(
                    self.error_messages["invalid_pk_value"], code="invalid_pk_value", params={"pk": key}
                )
        return super()._check_values(value)  # type: ignore[misc]


class SingleSignOnForm(ComparedForm):
    """A company's provider, and who comes in by it."""

    client_secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        required=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    break_glass = PeopleField(
        User.objects.none(),
        label=gettext_lazy("Who may sign in by password all the same"),
        help_text=gettext_lazy("For the day on which your provider fails. IT admins who have a password."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    field_order = ["issuer", "client_id", "client_secret"]

    class Meta:
        model = SingleSignOn
        fields = ["issuer", "client_id", "is_on", "creates_people", "is_only_way"]
        widgets = {
            "issuer": forms.URLInput(attrs={"autocomplete": "off"}),
            "client_id": forms.TextInput(attrs={"autocomplete": "off"}),
            **{
                name: forms.CheckboxInput(attrs={"role": "switch"})
                for name in ("is_on", "creates_people", "is_only_way")
            },
        }

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        admins = _admins_with_password(by)
        self.fields["break_glass"].queryset = admins  # type: ignore[attr-defined]
        self.initial["break_glass"] = [person.pk for person in admins if person.is_break_glass]
        secret = self.fields["client_secret"]
        secret.help_text = (
            _("One is kept, and never shown. Left empty, it stays.")
            if self.instance.sealed_secret
            else _("As your provider shows it. It is kept sealed, and never shown again.")
        )
        self.compare_with_what_was_shown()

    def clean_issuer(self) -> str:
        issuer: str = self.cleaned_data["issuer"].strip().rstrip("/")
        parts = urlsplit(issuer) if is_trusted(issuer) else None
        if parts is None or parts.query or parts.fragment or parts.username is not None:
            raise ValidationError(_("Type an address that begins with https://, without a question mark."))
        return issuer

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        is_on, is_only_way, secret = (cleaned.get(name) for name in ("is_on", "is_only_way", "client_secret"))
        if is_on and not self._has_domain():
            self.add_error("is_on", _("Prove one of your domains first: nobody would be led to your provider."))
        if is_on and not (self.instance.sealed_secret or secret):
            self.add_error("client_secret", _("Enter the client secret first."))
        if is_only_way and not is_on:
            self.add_error("is_only_way", _("Let people sign in with your company first."))
        if is_only_way and not cleaned.get("break_glass"):
            self.add_error("break_glass", _("Choose at least one, or nobody gets in when your provider fails."))
        return cleaned

    def _has_domain(self) -> bool:
        return Domain.objects.filter(company=self.by.company, proved_at__isnull=False).exists()

    @transaction.atomic
    def saved(self) -> bool:
        """Save what was changed. False when somebody who was chosen can't be any more."""
        # Locked, so that nobody is demoted meanwhile whom the company would need.
        admins = list(_admins_with_password(self.by).order_by("pk").select_for_update(no_key=True))
        chosen = {person.pk for person in self.cleaned_data["break_glass"]}
        if not chosen <= {person.pk for person in admins}:
            self.add_error("break_glass", _("Somebody whom you chose is no IT admin any more. Please look again."))
            return False
        secret = self.cleaned_data["client_secret"]
        if secret:
            self.instance.client_secret = secret
        self.instance.save()
        self._note(secret)
        for person in admins:
            if person.is_break_glass != (person.pk in chosen):
                person.is_break_glass = person.pk in chosen
                person.save(update_fields=["is_break_glass"])
                kind = "setting_break_glass_given" if person.is_break_glass else "setting_break_glass_taken"
                record(self.by.company_id, kind, by=self.by, person=person)
        return True

    def _note(self, secret: str) -> None:
        """Tell the audit log what was changed; of the secret, only that it was."""
        for field in self.changed_data:
            if field in self._meta.fields:  # type: ignore[operator]
                values = {"before": in_words(self.initial.get(field)), "after": in_words(self.cleaned_data[field])}
                record(self.by.company_id, "setting_changed", by=self.by, field=f"sso_{field}", **values)
        if secret:
            record(self.by.company_id, "setting_sso_secret_changed", by=self.by)


def _admins_with_password(by: User) -> Any:
    """The admins of the company who could sign in without the provider."""
    admins = User.objects.admins().filter(company=by.company, joined_at__isnull=False)
    return admins.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
