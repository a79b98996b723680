"""A file that somebody brought, in the database: so that a worker on another machine reads it, and a backup has all."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.keys import SameCompany, company_row


class Upload(models.Model):
    """A file of a company, kept for some days. Its bytes are in `UploadPart` (accounts/uploads.py)."""

    company = models.ForeignKey("accounts.Company", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField(default=0)
    uploaded_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        constraints = [company_row("upload_company_row")]

    def __str__(self) -> str:
        return self.name


class UploadPart(models.Model):
    """Some bytes of an upload, and where they begin in it."""

    company = models.ForeignKey("accounts.Company", on_delete=models.PROTECT, related_name="+")
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="parts")
    start = models.PositiveBigIntegerField()
    data = models.BinaryField()

    class Meta:
        verbose_name = _("part of an upload")
        verbose_name_plural = _("parts of uploads")
        indexes = [models.Index(fields=["upload", "start"], name="upload_part_place")]
        constraints = [SameCompany(field="upload", name="upload_part_upload_same_company")]

    def __str__(self) -> str:
        return f"{self.upload_id}: {self.start}"
