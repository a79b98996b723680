"""What people fill in about their company, its people, places and payors. How they sign in has a module of its own
(accounts/sign_in_forms.py)."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .comparing import ComparedForm
from .models import Company, Payor, SingleSignOn, Space, User
from .models.audit import record
from .models.closable import Refused
from .text import clean_email
from .tokens import link_keys


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: what was sent, even where that is nothing; None on a GET."""
    return request.POST if request.method == "POST" else None


def in_words(value: object) -> object:
    """What a field holds, as the audit log writes it: a switch is on or off."""
    return ("on" if value else "off") if isinstance(value, bool) else value


# Rows of a company


class CompanyRowForm(ComparedForm):
    """A form of a row that belongs to a company, in which the field `once` may have each value only once.

    The instance comes with its company, `by` fills it in. `saved()` is what a view asks after `is_valid()`.
    """

    once = "name"

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        if not self.instance._state.adding:
            self.compare_with_what_was_shown()

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        self.refuse_duplicate()

    def refuse_duplicate(self) -> None:
        """Put the constraint's message beside its field (Django would put it on top of the form)."""
        if self.once not in self.cleaned_data or self.once not in self.changed_data:
            return
        others = {field.name for field in self.instance._meta.fields} - {"company", self.once}
        try:
            self.instance.validate_constraints(exclude=others)
        except ValidationError as error:
            self.add_error(self.once, error.messages)

    def saved(self) -> bool:
        """Save what was entered. False, with the reason beside its field, when the rules or somebody quicker forbid."""
        try:
            with transaction.atomic():
                self.write()
        except IntegrityError:
            self.refuse_duplicate()
            if self.is_valid():
                raise
        return self.is_valid()

    def write(self) -> None:
        """Insert the row, or update what was changed of it and nothing else."""
        row, kind = self.instance, self.instance._meta.model_name
        if row._state.adding:
            row.save(force_insert=True)
            record(row.company_id, f"{kind}_added", by=self.by, thing=row)
            return
        row.save(update_fields=self.changed_data)
        for field in self.changed_data:
            values = {"before": self.initial[field], "after": self.cleaned_data[field]}
            record(row.company_id, f"{kind}_changed", by=self.by, field=field, thing=row, **values)


class SpaceForm(CompanyRowForm):
    class Meta:
        model = Space
        fields = ["name", "description"]
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "off"})}
        help_texts = {"name": gettext_lazy("A room, a stock shelf, a shared kit.")}


class PayorForm(CompanyRowForm):
    """A cost centre. The two payors that every company begins with keep their names."""

    class Meta:
        model = Payor
        fields = ["name"]
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "off"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.kind != Payor.Kind.COST_CENTRE:
            self.initial["name"] = str(self.instance)
            self.fields["name"].disabled = True

    def write(self) -> None:
        if not self.fields["name"].disabled:
            super().write()


class UserForm(CompanyRowForm):
    """Somebody of the company, as an admin (`by`) describes them. New people get no password: they join by a link,
    which the view hands out where they are new or have a new address."""

    once = "email"
    # Of the link by which they join, where they have to.
    link_key = ""

    class Meta:
        model = User
        fields = ["full_name", "email", "role", "language"]
        widgets = {
            # Not the admin's own name and address, which a browser would offer.
            "full_name": forms.TextInput(attrs={"autocomplete": "off"}),
            "email": forms.EmailInput(attrs={"autocomplete": "off"}),
        }
        help_texts = {"language": ""}

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        self.fields["language"].choices = [("", _("As in the browser")), *User.Language.choices]  # type: ignore[attr-defined]
        email = self.fields["email"]
        if self.instance == by:
            email.disabled = self.fields["role"].disabled = True
            email.help_text = _("You sign in with it. Another IT admin can change it for you.")
            self.fields["role"].help_text = _("Another IT admin can change it for you.")
        elif self.instance.has_joined:
            email.help_text = _(
                "They sign in with it. Another address signs them out everywhere, and they choose a new password "
                "by a link."
            )

    def clean_full_name(self) -> str:
        return " ".join(self.cleaned_data["full_name"].split())

    def clean_email(self) -> str:
        return clean_email(self.cleaned_data["email"])

    @property
    def new_email(self) -> str:
        """The address, where it is another than before: an account of its own, which is joined anew."""
        email: str = self.cleaned_data["email"]
        return email if "email" in self.changed_data and email != self.initial.get("email") else ""

    def write(self) -> None:
        person = self.instance
        if person._state.adding:
            self.instance = added = User.objects.create_user(company=person.company, **self.cleaned_data)
            record(person.company_id, "user_added", by=self.by, person=added, role=added.role)
            self.make_link(added)
            return
        field = "role"
        try:
            if field in self.changed_data:
                person.set_role(self.cleaned_data["role"], by=self.by)
            field = "email"
            if self.new_email:
                person.change_email(self.new_email, by=self.by)
        except Refused as refusal:
            self.add_error(field, str(refusal))
            transaction.set_rollback(True)
            return
        person.save(update_fields=[name for name in self.changed_data if name in ("full_name", "language")])
        for field in self.changed_data:
            before, after = self.initial[field], self.cleaned_data[field]
            if before != after:
                values = {"before": before, "after": after}
                record(person.company_id, "user_changed", by=self.by, field=field, person=person, **values)
        if self.new_email and person.is_active:
            self.make_link(person)

    def make_link(self, person: User) -> None:
        """By which they join. Whoever signs in at the company's provider alone joins there."""
        if not SingleSignOn.objects.is_only_way_for(person):
            self.link_key = link_keys.new(person)
            record(person.company_id, "sign_in_link_made", by=self.by, person=person)


class DeactivateForm(forms.Form):
    """Nobody's devices are taken back by the way: a tick is needed, and it counts for those that the page showed.
    What can't be taken back now (`can_be_unassigned`) stands in the way."""

    unassign = forms.BooleanField(required=False)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, person: User, held: Sequence[models.Model], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person, self.held = person, held
        self.waiting = [thing for thing in held if not getattr(thing, "can_be_unassigned", True)]
        if not held:
            del self.fields["unassign"], self.fields["seen"]
            return
        self.initial["seen"] = self.now = " ".join(str(thing.pk) for thing in held)
        self.fields["unassign"].label = ngettext(
            "Unassign this device", "Unassign these %(count)d devices", len(held)
        ) % {"count": len(held)}

    def clean_seen(self) -> str:
        if self.cleaned_data["seen"] != self.now:
            # So that the page which says so shows what is held now.
            sent = cast(QueryDict, self.data).copy()
            sent["seen"] = self.now
            self.data = sent
            raise ValidationError(
                _("What %(person)s holds has changed since you opened the page. Please look again.")
                % {"person": self.person}
            )
        return self.now

    def acted(self, *, by: User) -> bool:
        """Let the person go. False, with the reason, when something stands in the way; then nothing was changed."""
        try:
            deleted = self.person.remove(by=by, unassign=self.cleaned_data.get("unassign", False))
        except Refused as refusal:
            self.add_error(None, str(refusal))
            return False
        said = _("%(person)s was deleted.") if deleted else _("%(person)s is deactivated.")
        self.what_happened = said % {"person": self.person}
        return True


# The company, and oneself


class SettingsForm(ComparedForm):
    """What a company decides for itself."""

    repair_payor = forms.ModelChoiceField(
        Payor.objects.none(),
        label=gettext_lazy("Repair payor"),
        help_text=gettext_lazy("Pays for devices in repair and for those that nobody holds."),
        empty_label=None,
    )
    field_order = ["repair_payor"]

    class Meta:
        model = Company
        fields = ["repair_instructions", "colleagues_visible", "admins_need_two_step"]
        widgets = {
            "repair_instructions": forms.Textarea(attrs={"rows": 6}),
            "colleagues_visible": forms.CheckboxInput(attrs={"role": "switch"}),
            "admins_need_two_step": forms.CheckboxInput(attrs={"role": "switch"}),
        }

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        payors = self.instance.payors.open().exclude(kind=Payor.Kind.EMPLOYEE)
        self.fields["repair_payor"].queryset = payors  # type: ignore[attr-defined]
        self.initial["repair_payor"] = self.instance.repair_payor.pk
        self.compare_with_what_was_shown()

    @transaction.atomic
    def saved(self) -> bool:
        """Save what was changed. False when the payor was closed a moment ago."""
        company = self.instance
        payor_before = company.repair_payor
        if "repair_payor" in self.changed_data:
            try:
                company.set_repair_payor(self.cleaned_data["repair_payor"], by=self.by)
            except ValidationError as refusal:
                self.add_error("repair_payor", refusal)
                return False
        company.save(update_fields=[name for name in self.changed_data if name != "repair_payor"])
        for field in self.changed_data:
            before, after = self.initial[field], self.cleaned_data[field]
            if field == "repair_payor":
                before = payor_before
            values = {"before": in_words(before), "after": in_words(after)}
            record(company.pk, "setting_changed", by=self.by, field=field, **values)
        return True


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["language"]
        widgets = {"language": forms.RadioSelect}
        help_texts = {"language": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [("", _("As in the browser")), *User.Language.choices]  # type: ignore[attr-defined]
