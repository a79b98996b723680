from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from devices.fields import SeenField
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
            initial["holder"] = device.last_holder
            if device.last_payor is not None and device.last_payor.is_open:
                initial["payor"] = device.last_payor.pk
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["holder"].required = self.fields["payor"].required = True
