"""Form fields that only offer what is the company's own."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import DecimalValidator, MinValueValidator
from django.utils.translation import gettext_lazy

from accounts.models import Payor


class PayorField(forms.ModelChoiceField):
    """A choice among the company's open payors, which the form fills in."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Payor"))
        kwargs.setdefault("empty_label", gettext_lazy("Choose who pays"))
        super().__init__(queryset=Payor.objects.none(), **kwargs)

    def offer(self, payors: Iterable[Payor]) -> None:
        """Fill the choices with payors that were read already: showing them asks no more."""
        offered = list(payors)
        self.queryset = Payor.objects.filter(pk__in=[payor.pk for payor in offered])
        self.choices = [("", self.empty_label), *((payor.pk, str(payor)) for payor in offered)]


class AmountField(forms.DecimalField):
    """An amount as people write it: 12345.50, 12 345,50 or 12,345.50. Where one comma could mean either, it is refused
    rather than guessed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for validator in self.validators:
            if isinstance(validator, MinValueValidator):
                validator.message = gettext_lazy("An amount can't be less than 0.")
            elif isinstance(validator, DecimalValidator):
                too_many: Any = gettext_lazy("An amount has two decimals at most.")
                validator.messages = validator.messages | {"max_decimal_places": too_many}

    def to_python(self, value: Any) -> Any:
        text = "".join(str(value or "").split())
        if "," in text and "." in text:
            thousands, decimal = sorted(",.", key=text.rfind)
            text = text.replace(thousands, "").replace(decimal, ".")
        elif re.fullmatch(r"-?\d+,\d{1,2}", text):
            text = text.replace(",", ".")
        return super().to_python(text)


class DigitsField(forms.CharField):
    """Digits that people write in groups, such as an IMEI."""

    def to_python(self, value: Any) -> str:
        return re.sub(r"[\s-]", "", super().to_python(value) or "")


class SeenField(forms.IntegerField):
    """The revision of the device that the page showed (`Device.changing`), carried along unseen."""

    widget = forms.HiddenInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def clean(self, value: Any) -> int:
        try:
            seen = super().clean(value)
        except ValidationError:
            seen = None
        return -1 if seen is None else seen  # no page of ours: nothing was ever as it showed
