from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.keys import SameCompany, company_row
from accounts.models import Space, User


class Assignment(models.Model):
    """A dated stay of a device with a user or in a space. The device itself knows its holder of now; this is the
    history, kept in step by the same verbs."""

    company = models.ForeignKey(
        "accounts.Company", on_delete=models.PROTECT, related_name="+", verbose_name=_("company")
    )
    device = models.ForeignKey(
        "devices.Device", on_delete=models.PROTECT, related_name="assignments", verbose_name=_("device")
    )
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="assignments", null=True)
    space = models.ForeignKey(
        "accounts.Space",
        on_delete=models.PROTECT,
        related_name="assignments",
        null=True,
    )
    started_at = models.DateTimeField(_("from"), default=clock.now)
    ended_at = models.DateTimeField(_("until"), null=True)

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["-started_at", "-id"]
        indexes = [models.Index(fields=["device", "-started_at"], name="assignment_list")]
        constraints = [
            company_row("assignment_company_row"),
            SameCompany(field="device", name="assignment_device_same_company"),
            SameCompany(field="user", name="assignment_user_same_company"),
            SameCompany(field="space", name="assignment_space_same_company"),
            models.UniqueConstraint(
                fields=["device"],
                condition=models.Q(ended_at=None),
                name="assignment_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(user=None, space__isnull=False) | models.Q(user__isnull=False, space=None),
                name="assignment_one_holder",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} → {self.holder}"

    @property
    def holder(self) -> User | Space | None:
        return self.user or self.space
