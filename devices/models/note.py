from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.keys import SameCompany


class Note(models.Model):
    """What an admin wrote down about a device. Employees never see it."""

    company = models.ForeignKey("accounts.Company", on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("note"), max_length=5000)
    written_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-written_at", "-id"]
        indexes = [models.Index(fields=["device", "-written_at"], name="note_list")]
        constraints = [
            SameCompany(field="device", name="note_device_same_company"),
            SameCompany(field="author", name="note_author_same_company"),
        ]

    def __str__(self) -> str:
        return self.text[:60]
