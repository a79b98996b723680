"""An action on many devices at once: what was chosen, what became of each device, and so what can be tried again."""

from django.db import models, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.keys import SameCompany, company_row
from accounts.models.job import Worked


class BulkActionQuerySet(models.QuerySet["BulkAction"]):
    def listed(self) -> "BulkActionQuerySet":
        """For the list of them, the newest first: those that were confirmed."""
        return self.exclude(stage=BulkAction.Stage.ASKED).select_related("who", "job").order_by("-pk")

    @transaction.atomic
    def forget(self) -> None:
        """Delete them with their devices. One that is being confirmed at this moment is locked, and stays."""
        keys = list(self.select_for_update(skip_locked=True).values_list("pk", flat=True))
        BulkAction.objects.filter(pk__in=keys).delete()


class BulkAction(Worked):
    """One act (devices/bulk/acts.py) on a set of devices, which stands still from the moment in which somebody chose
    it: what comes to match later is not swept in."""

    class Stage(models.TextChoices):
        ASKED = "asked", _("Not confirmed")
        RUNNING = "running", _("Under way")
        DONE = "done", _("Done")
        # Before its end: by an admin, or given up by the workers.
        STOPPED = "stopped", _("Stopped")
        BROKEN = "broken", _("Interrupted")

    company = models.ForeignKey("accounts.Company", on_delete=models.PROTECT, related_name="bulk_actions")
    act = models.CharField(max_length=40)
    # The table of Hardware that it was begun in.
    table = models.CharField(max_length=40)
    # What its form was filled in with; read anew whenever it is needed.
    values = models.JSONField(default=dict)
    stage = models.CharField(max_length=7, choices=Stage, default=Stage.ASKED)
    # How many devices it is about; and when it is over, with how many it was done.
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)

    objects = BulkActionQuerySet.as_manager()

    class Meta:
        verbose_name = _("bulk action")
        verbose_name_plural = _("bulk actions")
        indexes = [models.Index(fields=["company", "-id"], name="bulk_action_list")]
        constraints = [
            company_row("bulk_action_company_row"),
            SameCompany(field="who", name="bulk_action_who_same_company"),
            SameCompany(field="job", name="bulk_action_job_same_company"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("devices:bulk_action", args=[self.pk])

    @property
    def not_done(self) -> int:
        """How many devices were left as they were, when it is over."""
        return self.total - self.done


class BulkDevice(models.Model):
    """One device of a bulk action."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        # The confirmation said that it can't be; or it was tried, and refused.
        LEFT_OUT = "left_out", _("Left out")
        FAILED = "failed", _("Failed")

    company = models.ForeignKey("accounts.Company", on_delete=models.PROTECT, related_name="+")
    action = models.ForeignKey(BulkAction, on_delete=models.CASCADE, related_name="rows")
    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="bulk_rows")
    # Its revision when it was chosen: what has changed since is left alone.
    seen = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    # Why not, for whoever wanted it.
    problem = models.TextField(blank=True)

    class Meta:
        verbose_name = _("device of a bulk action")
        verbose_name_plural = _("devices of bulk actions")
        indexes = [
            models.Index(fields=["action", "state", "id"], name="bulk_device_state"),
            models.Index(fields=["device"], name="bulk_device_device"),
        ]
        constraints = [
            SameCompany(field="action", name="bulk_device_action_same_company"),
            SameCompany(field="device", name="bulk_device_device_same_company"),
            models.UniqueConstraint(fields=["action", "device"], name="bulk_device_once"),
        ]

    def __str__(self) -> str:
        return f"{self.action_id}: {self.device_id}"
