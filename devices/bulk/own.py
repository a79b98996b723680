"""The act that devices know without repairs: who pays."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Company, Payor, User
from devices.fields import PayorField
from devices.models import Device
from devices.models.status import Status

from .acts import Act, ActForm, Hurdle, figure, only, paying, register


class PayingForm(ActForm):
    """Who pays."""

    payor = PayorField()

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, company=company, **kwargs)
        self.fields["payor"].queryset = company.payors.open()  # type: ignore[attr-defined]


@register
class SetPayor(Act):
    """Assign each device to whoever holds it, with another payor: as Overview does it."""

    slug = "set_payor"
    name = gettext_lazy("Set payor")
    statuses = (Status.ACTIVE,)
    form = PayingForm

    @property
    def payor(self) -> Payor:
        return self.chosen["payor"]

    def question(self, count: int) -> str:
        words = {"payor": self.payor, "count": figure(count)}
        return (
            ngettext("Let %(payor)s pay for %(count)s device?", "Let %(payor)s pay for %(count)s devices?", count)
            % words
        )

    def hurdles(self) -> list[Hurdle]:
        hurdles = only(Status.ACTIVE)
        hurdles.append(
            Hurdle(_("Nobody holds it. Who pays is said when it is assigned."), Q(holder_user=None, holder_space=None))
        )
        if self.payor.is_employee:
            why = _("Employee pays only for what a person holds. Choose another payor.")
            hurdles.append(Hurdle(why, Q(holder_space__isnull=False)))
        hurdles.append(Hurdle(_("%(payor)s pays for it already.") % {"payor": self.payor}, Q(payor=self.payor)))
        gone = Q(holder_user__is_active=False) | Q(holder_space__closed_at__isnull=False)
        hurdles.append(Hurdle(_("Whoever holds it can't be assigned to any more. Unassign it first."), gone))
        return hurdles

    def consequences(self, devices: QuerySet[Device]) -> list[str]:
        return [*paying(devices, self.payor), _("Whoever holds them keeps them.")]

    def do(self, device: Device, *, by: User, seen: int) -> None:
        device.require_held()
        assert device.holder is not None
        device.assign(device.holder, self.payor, by=by, seen=seen)
