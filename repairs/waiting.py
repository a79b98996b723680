"""For whom a device may stand in: somebody who waits for theirs."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.choices import CallableChoiceIterator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.choosing import FEW, OFFERED
from accounts.models import Company, User
from accounts.text import key_in, sort_key
from devices.models import Device

from .models import Repair

# In place of a repair: the one in which whoever gets the device waits.
THEIRS = "theirs"


class Waiting(NamedTuple):
    """A repair by its key, who waits, and for which device."""

    pk: int
    holder: str
    device: str
    is_there: bool = True  # the holder, who may have left meanwhile

    def __str__(self) -> str:
        return f"{self.holder} – {self.device}"


def first_open(company: Company, device: Device) -> QuerySet[Repair]:
    """Of the open repairs of what people held the first that a list takes, and one more. Who of them is still there is
    looked at afterwards: to find some who are, the database would read all."""
    rows = Repair.objects.open_of_others(company, device)
    # In the order of their index.
    return rows.order_by().filter(pk__in=rows.order_by("holder_user_id").values("pk")[: FEW + 1])


# What Waiting is made of.
COLUMNS = ("pk", "holder_user__full_name", "device__name", "holder_user__is_active")


class WaitingField(forms.Field):
    """One of the repairs in which somebody waits for their device, or none. Where there are many it does not list them:
    one says that the device stands in for theirs, and the form finds out which that is."""

    widget = forms.Select
    default_error_messages = {
        "invalid_choice": forms.ModelChoiceField.default_error_messages["invalid_choice"],
    }
    NONE = ("", gettext_lazy("Not a replacement"))

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("As replacement for"),
            required=False,
            help_text=gettext_lazy(
                "For somebody who waits for their own device: this one comes back when theirs does."
            ),
        )

    def offer(self, company: Company, device: Device, read: list[Waiting] | None = None) -> None:
        """`read` are `first_open`, where somebody has read them already."""
        self._repairs = Repair.objects.waiting_for(company, device)
        if read is None:
            rows = first_open(company, device).values_list(*COLUMNS)
            choices = CallableChoiceIterator(lambda: self._choices([Waiting(*row) for row in rows]))
        else:
            choices = CallableChoiceIterator(lambda: self._choices(read))
        select: Any = self.widget
        select.choices = choices

    def _choices(self, found: list[Waiting]) -> list[tuple[Any, Any]]:
        if len(found) > FEW:
            return [self.NONE, (THEIRS, _("The device that they wait for"))]
        return self._listed(found)

    def _listed(self, found: Iterable[Waiting]) -> list[tuple[Any, Any]]:
        in_order = sorted((one for one in found if one.is_there), key=lambda one: (sort_key(one.holder), one.pk))
        return [self.NONE, *((one.pk, str(one)) for one in in_order)]

    def to_python(self, value: Any) -> Any:
        """A repair, THEIRS, or None."""
        if value in (None, "", THEIRS):
            return value or None
        repair = self._repairs.select_related("device", "holder_user").filter(pk=key_in(str(value)) or 0).first()
        if repair is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return repair

    def of(self, user: User, chosen: Any) -> Repair:
        """The repair that is meant where `user` gets the device. Raises ValidationError where it is not theirs, where
        they have none, and where they have several: then the field offers these."""
        if chosen != THEIRS:
            if chosen.holder_user_id != user.pk:
                text = _("That one was %(holder)s's. Choose a device of %(user)s, or none.")
                raise ValidationError(text % {"holder": chosen.holder_user, "user": user})
            return chosen
        theirs = self._repairs.filter(holder_user=user)
        found = list(theirs.select_related("device", "holder_user").order_by("pk")[:OFFERED])
        if not found:
            raise ValidationError(_("%(user)s waits for no device.") % {"user": user})
        if len(found) > 1:
            listed = self._listed(Waiting(repair.pk, str(user), str(repair.device)) for repair in found)
            select: Any = self.widget
            select.choices = listed
            raise ValidationError(_("%(user)s waits for more than one device. Choose which.") % {"user": user})
        return found[0]
