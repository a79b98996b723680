from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choosing import ChooseField
from accounts.comparing import ComparedForm
from accounts.models import Company, Space

from . import categories
from .fields import AmountField, DigitsField, PayorField, SeenField
from .models import Device
from .models.correcting import LONGEST_TEXT
from .models.describing import COMPARED


class SeenForm(forms.Form):
    """The form of a confirmation window: nothing but the revision that the page showed."""

    seen = SeenField()

    def __init__(self, *args: Any, device: Device, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.device = device
        self.initial["seen"] = device.revision


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class DeviceForm(ComparedForm):
    """What a device is."""

    class Meta:
        model = Device
        fields = Device.DESCRIPTION
        widgets = {
            "category": forms.TextInput(attrs={"list": "categories", "autocomplete": "off"}),
            "purchase_date": DateInput,
            "warranty_end": DateInput,
            "renewal_date": DateInput,
            "purchase_cost": forms.TextInput(attrs={"inputmode": "decimal"}),
        }
        localized_fields = ("purchase_cost",)
        field_classes = {"purchase_cost": AmountField, "imei": DigitsField}
        help_texts = {
            "category": gettext_lazy("Choose one, or type your own."),
            "serial_number": gettext_lazy("Blanks, hyphens and letter case don't matter."),
        }

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.company = company
        self.instance.company = company
        self.initial["category"] = categories.label(self.initial["category"])
        if self.instance.pk is not None:
            self.compare_with_what_was_shown()

    @property
    def category_choices(self) -> list[str]:
        """What the category's list suggests: the well-known ones and the company's own."""
        used = self.company.devices.order_by("category").values_list("category", flat=True).distinct()
        own = [name for name in used if name not in categories.KNOWN]
        return [str(name) for name in categories.KNOWN.values()] + own

    @property
    def description(self) -> dict[str, Any]:
        """The cleaned fields, as `Device.objects.register` and `Device.edit` take them."""
        return {name: self.cleaned_data[name] for name in Device.DESCRIPTION}

    def clean_category(self) -> str:
        return categories.canonical(self.cleaned_data["category"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        bought, covered = cleaned.get("purchase_date"), cleaned.get("warranty_end")
        if bought and covered and covered < bought:
            self.add_error("warranty_end", _("The warranty can't end before the purchase."))
        device = Device(pk=self.instance.pk, company=self.company)
        try:
            if self.errors:  # what else is wrong is said at once
                device.identify({name: cleaned[name] for name in COMPARED if name in cleaned})
            else:
                device.describe(self.description)
        except ValidationError as error:
            self.add_refusal(error)
        return cleaned

    def add_refusal(self, error: ValidationError) -> None:
        """Put what a verb of Device refused beside its field; a duplicate links to the device that has it."""
        for field, errors in error.error_dict.items():
            for one in errors:
                same = (one.params or {}).get("device")
                message = one.messages[0]
                if isinstance(same, Device):
                    message = format_html('<a href="{}">{}</a>', same.get_absolute_url(), message)
                self.add_error(field if field in self.fields else None, message)


class RegisterForm(DeviceForm):
    """A new device, and in whose hands it is. Its token tells a second click from a second device."""

    token = forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput)
    holder = ChooseField(
        "holders", label=gettext_lazy("Assign to"), required=False, empty_label=gettext_lazy("Nobody yet")
    )
    payor = PayorField(required=False)

    def __init__(self, *args: Any, company: Company, initial: dict[str, Any] | None = None, **kwargs: Any) -> None:
        # The model's category is for imports. Here it would stand for what nobody has looked at.
        super().__init__(*args, company=company, initial={"category": "", **(initial or {})}, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["holder"].offer(company)
        fields["payor"].queryset = company.payors.open()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        holder, payor = cleaned.get("holder"), cleaned.get("payor")
        if holder is not None and payor is None and "payor" not in self.errors:
            self.add_error("payor", _("Choose who pays for the device."))
        if holder is None and payor is not None and "holder" not in self.errors:
            self.add_error("holder", _("Choose who gets the device, or leave the payor empty."))
        if payor is not None and payor.is_employee and isinstance(holder, Space):
            self.add_error("payor", _("Employee pays only for what a person holds. Choose another payor."))
        return cleaned


class DateTimeInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class LateEntryForm(forms.Form):
    occurred_at = forms.DateTimeField(label=gettext_lazy("When did it happen?"), widget=DateTimeInput)
    text = forms.CharField(
        label=gettext_lazy("What happened?"), max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 3})
    )


class CorrectionForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("What is right?"), max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 3})
    )


class NoteForm(forms.Form):
    text = forms.CharField(label=gettext_lazy("New note"), max_length=5000, widget=forms.Textarea(attrs={"rows": 3}))


class EventsForm(forms.Form):
    """Which lines of the event logs go into a file, and into which."""

    since = forms.DateField(label=gettext_lazy("Recorded from"), required=False, widget=DateInput)
    until = forms.DateField(label=gettext_lazy("Recorded until"), required=False, widget=DateInput)
    format = forms.ChoiceField(label=gettext_lazy("File"), choices=[("xlsx", "Excel"), ("csv", "CSV")])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("This is before the first day."))
        return cleaned
