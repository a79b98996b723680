from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Company, Payor, Space, User
from accounts.people import PersonField
from devices.fields import PayorField, SeenField
from devices.forms import RegisterForm, SeenForm
from devices.models import Device

from .models import Repair


class RequestForm(SeenForm):
    """The switch on the Support tab: on asks for a repair, off takes the request back."""

    needs_repair = forms.BooleanField(
        label=gettext_lazy("Device in need of repair?"),
        required=False,
        widget=forms.CheckboxInput(attrs={"role": "switch"}),
    )
    problem = forms.ChoiceField(
        label=gettext_lazy("What is wrong?"),
        choices=[("", gettext_lazy("Choose what fits best")), *Repair.Problem.choices],
        required=False,
    )
    description = forms.CharField(
        label=gettext_lazy("In your own words"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, device: Device, repair: Repair | None, **kwargs: Any) -> None:
        super().__init__(*args, device=device, **kwargs)
        if repair is not None:
            self.initial["needs_repair"] = True
            self.initial["problem"] = repair.problem
            self.initial["description"] = repair.description
        self.repair = repair

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        written = [name for name in ("problem", "description") if cleaned.get(name)]
        if cleaned.get("needs_repair") or not any(cleaned[name] != self.initial.get(name) for name in written):
            return cleaned
        if self.repair is None:
            text = _("Turn the switch on to ask for a repair, or clear what you wrote.")
        else:
            text = _("Leave the switch on to save what you wrote, or clear it to take the request back.")
        self.add_error("needs_repair", text)
        return cleaned


class RemoveForm(SeenForm):
    """Which it is: recycled, or replaced by one that the previous user may order."""

    outcome = forms.ChoiceField(label=gettext_lazy("What becomes of it?"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, device: Device, **kwargs: Any) -> None:
        super().__init__(*args, device=device, **kwargs)
        choices = [(Repair.Outcome.RECYCLED.value, _("Recycled"))]
        if isinstance(device.last_holder, User) and device.last_holder_is_available:
            replaced = _("Replaced: %(user)s may order a new one") % {"user": device.last_holder}
            choices.append((Repair.Outcome.REPLACED.value, replaced))
        self.fields["outcome"].choices = choices  # type: ignore[attr-defined]
        self.initial.setdefault("outcome", Repair.Outcome.RECYCLED)
        if len(choices) == 1:
            self.fields["outcome"].widget = forms.HiddenInput()


class BackupForm(forms.Form):
    how = forms.ChoiceField(choices=Repair.Backup.choices)


class MDMForm(forms.Form):
    state = forms.ChoiceField(
        choices=[
            ("released", gettext_lazy("Mark as released")),
            ("not_enrolled", gettext_lazy("Not enrolled")),
        ]
    )


class ReplaceForm(RegisterForm):
    """The device that is registered instead of one in repair: prefilled with its category, previous user and payor."""

    seen = SeenField()

    def __init__(self, *args: Any, device: Device, **kwargs: Any) -> None:
        initial = {
            "seen": device.revision,
            "category": device.category,
            "manufacturer": device.manufacturer,
        }
        if device.last_holder is not None and device.last_holder_is_available:
            initial["holder"] = self.base_fields["holder"].key_of(device.last_holder)  # type: ignore[attr-defined]
            if device.last_payor is not None and device.last_payor.is_open:
                initial["payor"] = device.last_payor.pk
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["holder"].required = self.fields["payor"].required = True


# Assigning. Three short forms instead of one, so that the payor can stand preselected without a script: the remembered
# one for the previous holder, Company for a space, nothing for another person.


class AssignForm(SeenForm):
    """Who gets the device, and who pays. `way` says which of the three it is."""

    way = "previous"

    payor = PayorField()

    def __init__(
        self,
        *args: Any,
        device: Device,
        company: Company,
        payors: Sequence[Payor] | None = None,
        waiting: Sequence[Repair] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, device=device, auto_id=f"id_{self.way}_%s", **kwargs)
        # The company's open payors, where somebody has read them already: three forms stand on one page. Likewise the
        # repairs in which somebody waits.
        payors = list(company.payors.open()) if payors is None else payors
        offered = [payor for payor in payors if self._is_for_a_person() or not payor.is_employee]
        self.fields["payor"].offer(offered)  # type: ignore[attr-defined]
        self.initial["payor"] = self._usual_payor(payors)

    def _is_for_a_person(self) -> bool:
        return isinstance(self.device.last_holder, User)

    def _usual_payor(self, payors: Sequence[Payor]) -> Payor | None:
        last = self.device.last_payor
        if self._is_for_a_person():
            return last if last is not None and last.is_open else None
        return next(payor for payor in payors if payor.kind == Payor.Kind.COMPANY)

    @property
    def to(self) -> User | Space:
        """Who gets it. On a valid form."""
        holder = self.device.last_holder
        assert holder is not None
        return holder

    @property
    def loan_for(self) -> Repair | None:
        return None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.way == "previous" and not self.device.last_holder_is_available:
            raise ValidationError(_("The previous holder can't be assigned to any more. Choose somebody else."))
        return cleaned


class AssignToUserForm(AssignForm):
    way = "user"

    user = PersonField(label=gettext_lazy("User"), empty_label=gettext_lazy("Choose a person"))
    stands_in_for = forms.ModelChoiceField(
        label=gettext_lazy("As replacement for"),
        queryset=Repair.objects.none(),
        required=False,
        empty_label=gettext_lazy("Not a replacement"),
        help_text=gettext_lazy("For somebody who waits for their own device: this one comes back when theirs does."),
    )
    field_order = ("seen", "user", "payor", "stands_in_for")

    def __init__(
        self,
        *args: Any,
        device: Device,
        company: Company,
        waiting: Sequence[Repair] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, device=device, company=company, **kwargs)
        self.fields["user"].queryset = company.users.active()  # type: ignore[attr-defined]
        field: Any = self.fields["stands_in_for"]
        repairs = Repair.objects.waiting_for(company, device).select_related("device", "holder_user")
        field.queryset = repairs.order_by("holder_user__full_name", "pk")
        field.label_from_instance = lambda repair: f"{repair.holder_user} – {repair.device}"
        if waiting is not None:
            offered = [repair for repair in waiting if repair.lets_wait_for(device)]
            field.choices = [("", field.empty_label), *((one.pk, field.label_from_instance(one)) for one in offered)]

    def _is_for_a_person(self) -> bool:
        return True

    def _usual_payor(self, payors: Sequence[Payor]) -> Payor | None:
        return None

    @property
    def to(self) -> User:
        return self.cleaned_data["user"]

    @property
    def loan_for(self) -> Repair | None:
        return self.cleaned_data["stands_in_for"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        user, repair = cleaned.get("user"), cleaned.get("stands_in_for")
        if user is not None and repair is not None and repair.holder_user_id != user.pk:
            self.add_error(
                "stands_in_for",
                _("That one was %(holder)s's. Choose a device of %(user)s, or none.")
                % {"holder": repair.holder_user, "user": user},
            )
        return cleaned


class AssignToSpaceForm(AssignForm):
    way = "space"

    space = forms.ModelChoiceField(
        label=gettext_lazy("Space"),
        queryset=Space.objects.none(),
        empty_label=gettext_lazy("Choose a space"),
    )
    field_order = ("seen", "space", "payor")

    def __init__(self, *args: Any, device: Device, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, device=device, company=company, **kwargs)
        self.fields["space"].queryset = company.spaces.open()  # type: ignore[attr-defined]

    def _is_for_a_person(self) -> bool:
        return False

    @property
    def to(self) -> Space:
        return self.cleaned_data["space"]


ASSIGN_FORMS: dict[str, type[AssignForm]] = {
    form.way: form for form in (AssignForm, AssignToUserForm, AssignToSpaceForm)
}
