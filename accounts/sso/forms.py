"""What an admin says about single sign-on, and the address by which somebody finds their company's provider."""

import hashlib
import re
from base64 import b64decode
from io import BytesIO
from typing import IO, Any
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
from accounts.models.audit import record
from accounts.people import PeopleIterator
from accounts.sessions import end_sessions_past_provider
from accounts.text import clean_email, key_in, readable_domain

from .protocols import is_trusted

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

    @property
    def readable_domain(self) -> str:
        return readable_domain(self.domain)


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
        record(self.instance.company_id, "setting_domain_added", by=self.by, thing=str(self.instance))


class PeopleField(forms.ModelMultipleChoiceField):
    """A choice of several people. A key that no database can look up is one that there isn't."""

    iterator = PeopleIterator

    def _check_values(self, value: Any) -> Any:
        for key in value:
            if key_in(str(key)) is None:
                raise ValidationError(
                    self.error_messages["invalid_pk_value"], code="invalid_pk_value", params={"pk": key}
                )
        return super()._check_values(value)  # type: ignore[misc]


class SingleSignOnForm(ComparedForm):
    """Who comes in by a company's provider. Each protocol adds how the provider is known."""

    protocol: SingleSignOn.Protocol
    break_glass = PeopleField(
        User.objects.none(),
        label=gettext_lazy("Who may sign in by password all the same"),
        help_text=gettext_lazy("For the day on which your provider fails. IT admins who have a password."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = SingleSignOn
        fields = ["is_on", "creates_people", "is_only_way"]
        help_texts = {
            "is_only_way": gettext_lazy(
                "Passwords, passkeys and one-time links let nobody in but the IT admins whom you choose below. Whoever "
                "has come in by them is signed out when you save, perhaps you, too."
            )
        }
        widgets: dict[str, forms.Widget] = {name: forms.CheckboxInput(attrs={"role": "switch"}) for name in fields}

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        sso: SingleSignOn = kwargs["instance"]
        self.by, self.before = by, told_of(sso)
        sso.speak(self.protocol)
        super().__init__(*args, **kwargs)
        admins = _admins_with_password(by)
        self.fields["break_glass"].queryset = admins  # type: ignore[attr-defined]
        self.initial["break_glass"] = [person.pk for person in admins if person.is_break_glass]
        self.compare_with_what_was_shown()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        is_on, is_only_way = cleaned.get("is_on"), cleaned.get("is_only_way")
        if is_on and not self._has_domain():
            self.add_error("is_on", _("Prove one of your domains first: nobody would be led to your provider."))
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
        changed = [person for person in admins if person.is_break_glass != (person.pk in chosen)]
        for person in changed:
            person.is_break_glass = person.pk in chosen
            person.save(update_fields=["is_break_glass"])
        if self.instance.is_only_way:
            end_sessions_past_provider(self.instance.company)
        self.write()
        for person in changed:
            kind = "setting_break_glass_given" if person.is_break_glass else "setting_break_glass_taken"
            record(self.by.company_id, kind, by=self.by, person=person)
        return True

    def write(self) -> None:
        """Save the provider, and tell the audit log what is another than before."""
        self.instance.save()
        for name, after in told_of(self.instance).items():
            if (before := self.before[name]) != after:
                values = {"before": before, "after": after}
                record(self.by.company_id, "setting_changed", by=self.by, field=f"sso_{name}", **values)


class OpenIDForm(SingleSignOnForm):
    protocol = SingleSignOn.Protocol.OIDC
    client_secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        required=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    field_order = ["issuer", "client_id", "client_secret"]

    class Meta(SingleSignOnForm.Meta):
        fields = ["issuer", "client_id", *SingleSignOnForm.Meta.fields]
        widgets = SingleSignOnForm.Meta.widgets | {
            "issuer": forms.URLInput(attrs={"autocomplete": "off"}),
            "client_id": forms.TextInput(attrs={"autocomplete": "off"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["client_secret"].help_text = (
            _("One is kept, and never shown. Left empty, it stays.")
            if self.instance.sealed_secret
            else _("As your provider shows it. It is kept sealed, and never shown again.")
        )

    def clean_issuer(self) -> str:
        issuer: str = self.cleaned_data["issuer"].strip().rstrip("/")
        parts = urlsplit(issuer) if is_trusted(issuer) else None
        if parts is None or parts.query or parts.fragment or parts.username is not None:
            raise ValidationError(_("Type an address that begins with https://, without a question mark."))
        return issuer

    def clean(self) -> dict[str, Any]:
        is_on, secret = self.cleaned_data.get("is_on"), self.cleaned_data.get("client_secret")
        if is_on and not (self.instance.sealed_secret or secret):
            self.add_error("client_secret", _("Enter the client secret first."))
        return super().clean()

    def write(self) -> None:
        """Of the secret the log learns only that it was changed."""
        if secret := self.cleaned_data["client_secret"]:
            self.instance.client_secret = secret
        super().write()
        if secret:
            record(self.by.company_id, "setting_sso_secret_changed", by=self.by)


class SAMLForm(SingleSignOnForm):
    """Needs the extra `saml`. What a provider says of itself is pasted or uploaded, read, and not kept."""

    protocol = SingleSignOn.Protocol.SAML
    metadata = forms.CharField(
        label=gettext_lazy("Metadata of your provider"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
    )
    metadata_file = forms.FileField(
        label=gettext_lazy("Or as a file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".xml,application/xml,text/xml,application/samlmetadata+xml"}),
    )
    field_order = ["metadata", "metadata_file"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["metadata"].help_text = (
            _("What is known of it stands above. Left empty, it stays.")
            if self.instance.certificates
            else _("The XML that your provider shows or offers for download (federation metadata).")
        )

    def clean(self) -> dict[str, Any]:
        uploaded, pasted = (self.cleaned_data.get(name) for name in ("metadata_file", "metadata"))
        if uploaded:
            self._read("metadata_file", uploaded)
        elif pasted:
            self._read("metadata", BytesIO(pasted.encode()))
        elif not (self.instance.certificates or self.errors):
            self.add_error("metadata", _("Paste the metadata of your provider, or choose its file."))
        return super().clean()

    def _read(self, field: str, file: IO[bytes]) -> None:
        from .saml import BYTES, read_metadata

        try:
            found = read_metadata(file.read(BYTES + 1))
        except ValidationError as error:
            self.add_error(field, error)
        else:
            self.instance.issuer, self.instance.sign_in_address, self.instance.certificates = found


FORMS: dict[str, type[SingleSignOnForm]] = {form.protocol: form for form in (OpenIDForm, SAMLForm)}


def told_of(sso: SingleSignOn) -> dict[str, object]:
    """What the audit log tells of a change, in its words; certificates by the beginning of their fingerprints."""
    prints = [hashlib.sha256(b64decode(text)).hexdigest()[:16].upper() for text in sso.certificates]
    switches = {name: "on" if getattr(sso, name) else "off" for name in ("is_on", "creates_people", "is_only_way")}
    return {
        "protocol": str(sso.get_protocol_display()),
        "issuer": sso.issuer,
        "client_id": sso.client_id,
        "sign_in_address": sso.sign_in_address,
        "certificates": ", ".join(prints),
        **switches,
    }


def _admins_with_password(by: User) -> Any:
    """The admins of the company who could sign in without the provider."""
    admins = User.objects.admins().filter(company=by.company, joined_at__isnull=False)
    return admins.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
