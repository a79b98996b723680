"""The forms for assigning on Overview. Three short ones instead of one, so that the payor can stand preselected without
a script: the remembered one for the previous holder, Company for a space, nothing for another person."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choosing import ChooseField
from accounts.models import Company, Payor, Space, User
from devices.fields import PayorField
from devices.forms import SeenForm
from devices.models import Device

from .choices import Choices, read_choices
from .models import Repair
from .waiting import WaitingField

if TYPE_CHECKING:
    from accounts.access import Member


class AssignForm(SeenForm):
    """Who gets the device, and who pays. `way` says which of the three it is. `choices` are what a page offers, read
    for all of its forms at once."""

    way = "previous"

    payor = PayorField()

    def __init__(
        self, *args: Any, device: Device, company: Company, choices: Choices | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, device=device, auto_id=f"id_{self.way}_%s", **kwargs)
        payors = choices.payors if choices else list(company.payors.open())
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

    user = ChooseField("people", label=gettext_lazy("User"), empty_label=gettext_lazy("Choose a person"))
    stands_in_for = WaitingField()
    field_order = ("seen", "user", "payor", "stands_in_for")

    def __init__(
        self, *args: Any, device: Device, company: Company, choices: Choices | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, device=device, company=company, choices=choices, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["user"].offer(company, choices and choices.people)
        fields["stands_in_for"].offer(company, device, choices and choices.waiting)

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
        user, chosen = cleaned.get("user"), cleaned.get("stands_in_for")
        if user is not None and chosen is not None:
            field: Any = self.fields["stands_in_for"]
            try:
                cleaned["stands_in_for"] = field.of(user, chosen)
            except ValidationError as error:
                self.add_error("stands_in_for", error)
        return cleaned


class AssignToSpaceForm(AssignForm):
    way = "space"

    space = ChooseField("spaces", label=gettext_lazy("Space"), empty_label=gettext_lazy("Choose a space"))
    field_order = ("seen", "space", "payor")

    def __init__(
        self, *args: Any, device: Device, company: Company, choices: Choices | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, device=device, company=company, choices=choices, **kwargs)
        self.fields["space"].offer(company, choices and choices.spaces)  # type: ignore[attr-defined]

    def _is_for_a_person(self) -> bool:
        return False

    @property
    def to(self) -> Space:
        return self.cleaned_data["space"]


ASSIGN_FORMS: dict[str, type[AssignForm]] = {
    form.way: form for form in (AssignForm, AssignToUserForm, AssignToSpaceForm)
}


def assign_forms(device: Device, user: "Member") -> dict[str, AssignForm]:
    """The forms by their way; "previous" only where the previous holder can still be given it."""
    choices = read_choices(user.company, device)
    return {
        way: form(device=device, company=user.company, choices=choices)
        for way, form in ASSIGN_FORMS.items()
        if way != "previous" or (device.is_unassigned and device.last_holder_is_available)
    }
