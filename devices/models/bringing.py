"""An import of a list: the list that somebody brings, what was decided about it, and what it left in the register."""

from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.importing.report import LABELS
from accounts.keys import SameCompany, company_row
from accounts.models.job import Worked

from .device import Device
from .event import Event

# A list beyond this takes long: so many rows, or, of one that wasn't read to its end yet, so many bytes.
LONG_IN_ROWS, LONG_IN_BYTES = 5_000, 2**20


class ImportQuerySet(models.QuerySet["Import"]):
    def listed(self) -> "ImportQuerySet":
        """For the list of imports, the newest first."""
        return self.select_related("who", "job").defer("findings", "job__result").order_by("-pk")


class Import(Worked):
    """One list, from its upload to what became of it. devices/importing/ does the work."""

    class Stage(models.TextChoices):
        COLUMNS = "columns", _("Uploaded")
        REHEARSING = "rehearsing", _("Rehearsing")
        REHEARSED = "rehearsed", _("Rehearsed")
        STORING = "storing", _("Importing")
        STORED = "stored", _("Imported")
        # By an admin, before all good rows were stored: those that were stay.
        STOPPED = "stopped", _("Stopped")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")
        GIVEN_UP = "given_up", _("Given up")

    company = models.ForeignKey("accounts.Company", on_delete=models.PROTECT, related_name="imports")
    # What the list is of (devices/importing/bringing.py).
    kind = models.CharField(max_length=10, default="devices")
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.COLUMNS)

    # The list, and of its rows those that were refused, to be mended. Both go some days after it is over.
    name = models.CharField(max_length=255)
    upload = models.ForeignKey("accounts.Upload", on_delete=models.SET_NULL, related_name="+", null=True)
    refused = models.ForeignKey("accounts.Upload", on_delete=models.SET_NULL, related_name="+", null=True)

    # What was decided
    # Tells lists apart by their headers: the next one of these headers begins with what was decided for this one.
    headers_key = models.CharField(max_length=64)
    # The field of each column, blank where it isn't used.
    fields = models.JSONField(default=list)
    dates = models.CharField(max_length=10, blank=True)
    # What each text in the column of statuses means in Velory.
    statuses = models.JSONField(default=dict)
    # Fields whose empty cells empty the field; others keep what is there.
    emptied = models.JSONField(default=list)
    skip_bad = models.BooleanField(default=False)

    # What came of it (`Report.as_json`, and what the upload told), and how many rows of the list are done with.
    findings = models.JSONField(default=dict)
    rows_done = models.PositiveBigIntegerField(default=0)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [models.Index(fields=["company", "-id"], name="import_list")]
        constraints = [
            company_row("import_company_row"),
            *(
                SameCompany(field=field, name=f"import_{field}_same_company")
                for field in ("who", "job", "upload", "refused")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("devices:import", args=[self.pk])

    @property
    def what(self) -> Any:
        """What it lists, in the plural."""
        return LABELS[self.kind]

    @property
    def is_long(self) -> bool:
        """Whether work on it takes longer than others should wait for."""
        size = self.upload.size if self.upload is not None else 0
        return size > LONG_IN_BYTES or self.rows_done > LONG_IN_ROWS

    @property
    def is_unstored(self) -> bool:
        """Nothing of it has come into the register."""
        return self.stage in (Import.Stage.COLUMNS, Import.Stage.REHEARSING, Import.Stage.REHEARSED)

    @property
    def can_be_undone(self) -> bool:
        """Stored, as far as it was wanted, or given up by the workers in the middle of it."""
        stages = (Import.Stage.STORING, Import.Stage.STORED, Import.Stage.STOPPED, Import.Stage.UNDOING)
        return not self.is_working and self.stage in stages

    @property
    def can_be_stopped(self) -> bool:
        """It is being stored."""
        return self.is_working and self.stage == Import.Stage.STORING

    @property
    def is_broken_off(self) -> bool:
        """Given up by the workers in the middle of storing or of undoing it: a part of it is in the register."""
        return self.can_be_undone and self.stage not in (Import.Stage.STORED, Import.Stage.STOPPED)


class Imported(models.Model):
    """What one row of an import did to one thing: enough to undo it."""

    company = models.ForeignKey("accounts.Company", on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="things", verbose_name=_("import"))
    # A device, or a person or space that was made for one.
    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="+", null=True)
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+", null=True)
    space = models.ForeignKey("accounts.Space", on_delete=models.CASCADE, related_name="+", null=True)
    # Made by it, or there before and changed. A log that has grown since says that something else depends on it.
    is_new = models.BooleanField()
    log_sequence = models.PositiveIntegerField(default=0)
    # How a device was that was there before, by field; "holder_user", "holder_space" and "payor" by key.
    before = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("imported thing")
        verbose_name_plural = _("imported things")
        indexes = [
            models.Index(fields=["batch", "id"], name="imported_of"),
            models.Index(fields=["device"], name="imported_device"),
        ]
        constraints = [
            SameCompany(field=field, name=f"imported_{field}_same_company")
            for field in ("batch", "device", "user", "space")
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.device_id or self.user_id or self.space_id}"


def reopen_undoing(company_id: int, devices: Collection[int], *, kinds: Collection[str]) -> None:
    """What an import did to these devices can be undone again where lines of these kinds alone have come into their
    logs since: what they tell of was taken back. Belongs inside the transaction that has locked the devices."""
    others = Event.objects.filter(device=OuterRef("device"), sequence__gt=OuterRef("log_sequence"))
    things = Imported.objects.filter(~Exists(others.exclude(kind__in=kinds)), company_id=company_id, device__in=devices)
    things.update(log_sequence=Subquery(Device.objects.filter(pk=OuterRef("device")).values("log_sequence")))
