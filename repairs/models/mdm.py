from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.keys import SameCompany


class MDMRelease(models.Model):
    """The prompt, opened at intake, to release the device from mobile device management. It never blocks."""

    class State(models.TextChoices):
        OPEN = "open", _("Still in MDM")
        RELEASED = "released", _("Released from MDM")
        NOT_ENROLLED = "not_enrolled", _("Not enrolled")
        NOT_NEEDED = "not_needed", _("No longer needed")

    company = models.ForeignKey(
        "accounts.Company", on_delete=models.PROTECT, related_name="+", verbose_name=_("company")
    )
    repair = models.OneToOneField(
        "repairs.Repair", on_delete=models.PROTECT, related_name="mdm_release", verbose_name=_("repair")
    )
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.OPEN)
    requested_at = models.DateTimeField(_("requested at"), default=clock.now)
    requested_of = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, related_name="+", verbose_name=_("requested of")
    )
    closed_at = models.DateTimeField(_("closed"), null=True)
    closed_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("closed by")
    )

    class Meta:
        verbose_name = _("MDM release")
        verbose_name_plural = _("MDM releases")
        constraints = [
            SameCompany(field="repair", name="mdm_release_repair_same_company"),
            SameCompany(field="requested_of", name="mdm_release_requested_of_same_company"),
            SameCompany(field="closed_by", name="mdm_release_closed_by_same_company"),
            models.CheckConstraint(
                condition=models.Q(state="open", closed_at=None, closed_by=None)
                | models.Q(
                    state__in=["released", "not_enrolled", "not_needed"],
                    closed_at__isnull=False,
                    closed_by__isnull=False,
                ),
                name="mdm_release_closed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_state_display())

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN
