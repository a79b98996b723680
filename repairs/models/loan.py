from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.keys import SameCompany


class ReplacementLoan(models.Model):
    """An assignment that stands in for a device in repair: somebody has this one until theirs is back."""

    company = models.ForeignKey("accounts.Company", on_delete=models.PROTECT, related_name="+")
    repair = models.ForeignKey("repairs.Repair", on_delete=models.PROTECT, related_name="loans")
    assignment = models.OneToOneField("devices.Assignment", on_delete=models.PROTECT, related_name="loan")

    class Meta:
        verbose_name = _("replacement on loan")
        verbose_name_plural = _("replacements on loan")
        constraints = [
            SameCompany(field="repair", name="replacement_loan_repair_same_company"),
            SameCompany(field="assignment", name="replacement_loan_assignment_same_company"),
        ]

    def __str__(self) -> str:
        return f"{self.assignment_id} → {self.repair_id}"
