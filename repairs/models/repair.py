from datetime import datetime
from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.keys import SameCompany, company_row
from accounts.models import Company, Space, User
from devices.models import Device


class RepairQuerySet(models.QuerySet["Repair"]):
    def visible_to(self, user: User) -> Self:
        """All repairs of the company for its admins; nobody else reads the table."""
        return self.filter(company_id=user.company_id, company__isnull=False) if user.is_admin else self.none()

    def open(self) -> Self:
        return self.filter(closed_at=None)

    def of_the_flow(self) -> Self:
        """Without those that a list brought along: what moved the device between its statuses."""
        return self.filter(brought_in=None)

    def waiting_for(self, company: Company, device: Device) -> Self:
        """Those for which `device` may stand in: open ones of other devices, whose holder is still there."""
        return self.open_of_others(company, device).filter(holder_user__is_active=True)

    def open_of_others(self, company: Company, device: Device) -> Self:
        """The same, whether or not the holder is still there: an index has these."""
        return self.open().filter(company=company, holder_user__isnull=False).exclude(device=device)

    def with_people(self) -> Self:
        """Everybody and everything that a page names comes along."""
        return self.select_related(
            "device",
            "reporter",
            "holder_user",
            "holder_space",
            "payor",
            "taken_in_by",
            "closed_by",
            "replacement",
        )


_is_brought = models.Q(brought_in__isnull=False)


class Repair(models.Model):
    """One passage of a device through the flow, from the request to its outcome. At most one is open per device."""

    class Problem(models.TextChoices):
        DOES_NOT_START = "does_not_start", _("Does not start")
        SCREEN = "screen", _("Screen")
        BATTERY = "battery", _("Battery or charging")
        KEYBOARD = "keyboard", _("Keyboard or touchpad")
        SOUND = "sound", _("Sound, camera or microphone")
        NETWORK = "network", _("Network or connections")
        SLOW = "slow", _("Slow or unstable")
        DAMAGE = "damage", _("Dropped, wet or broken")
        OTHER = "other", _("Something else")

    class Backup(models.TextChoices):
        DONE = "done", _("Backed up")
        IMPOSSIBLE = "impossible", _("Can't be backed up: it does not start")

    class Outcome(models.TextChoices):
        REPAIRED = "repaired", _("Repaired")
        RECYCLED = "recycled", _("Recycled")
        REPLACED = "replaced", _("Replaced")
        NOT_NEEDED = "not_needed", _("Not needed")

    company = models.ForeignKey(
        "accounts.Company", on_delete=models.PROTECT, related_name="repairs", verbose_name=_("company")
    )
    device = models.ForeignKey(
        "devices.Device", on_delete=models.PROTECT, related_name="repairs", verbose_name=_("device")
    )

    # The request
    reporter = models.ForeignKey(
        "accounts.User",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        verbose_name=_("reporter"),
    )
    opened_at = models.DateTimeField(_("reported"), default=clock.now)
    problem = models.CharField(_("problem"), max_length=20, choices=Problem, blank=True)
    description = models.TextField(_("description"), max_length=2000, blank=True)
    backup = models.CharField(_("backup"), max_length=10, choices=Backup, blank=True)
    backup_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("backup by")
    )
    backup_at = models.DateTimeField(_("backup at"), null=True)

    # Who held it and who paid: neither can change between the request and the intake
    holder_user = models.ForeignKey(
        "accounts.User",
        on_delete=models.PROTECT,
        related_name="repairs",
        null=True,
        verbose_name=_("holder"),
    )
    holder_space = models.ForeignKey("accounts.Space", on_delete=models.PROTECT, related_name="repairs", null=True)
    payor = models.ForeignKey(
        "accounts.Payor",
        on_delete=models.PROTECT,
        related_name="repairs",
        null=True,
        verbose_name=_("payor"),
    )

    # With IT
    taken_in_at = models.DateTimeField(_("taken in"), null=True)
    taken_in_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("taken in by")
    )

    # The outcome
    closed_at = models.DateTimeField(_("closed"), null=True)
    closed_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("closed by")
    )
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True)
    replacement = models.ForeignKey(
        "devices.Device",
        on_delete=models.PROTECT,
        related_name="replaced_in",
        null=True,
        verbose_name=_("replacement"),
    )
    # Replaced without a new device yet: the previous user may order one.
    may_order = models.BooleanField(_("may order a new one"), default=False)

    # The list of past repairs that brought it along (repairs/importing/): it never moved the device, and who had to do
    # with it may not be known.
    brought_in = models.ForeignKey(
        "devices.Import", on_delete=models.PROTECT, related_name="repairs", null=True, verbose_name=_("import")
    )
    # Tells it from the device's other ones, so that the same list twice brings it once.
    brought_key = models.CharField(max_length=64, blank=True)
    # What the other register calls it: the number of a work order.
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    # Without a currency, as what a device has cost.
    cost = models.DecimalField(_("cost"), max_digits=12, decimal_places=2, null=True)

    objects = RepairQuerySet.as_manager()

    class Meta:
        verbose_name = _("repair")
        verbose_name_plural = _("repairs")
        ordering = ["-opened_at", "-id"]
        indexes = [
            models.Index(fields=["company", "-opened_at", "-id"], name="repair_list"),
            models.Index(fields=["device", "-opened_at"], name="repair_of_device"),
            models.Index(fields=["company", "holder_user"], condition=models.Q(closed_at=None), name="repair_waiting"),
            # What repairs/pace.py reads: the latest that are over.
            models.Index(
                fields=["company", "-closed_at", "taken_in_at", "opened_at"],
                condition=models.Q(closed_at__isnull=False, brought_in=None),
                name="repair_over",
            ),
        ]
        constraints = [
            company_row("repair_company_row"),
            *(
                SameCompany(field=field, name=f"repair_{field}_same_company")
                for field in (
                    "device",
                    "reporter",
                    "backup_by",
                    "holder_user",
                    "holder_space",
                    "payor",
                    "taken_in_by",
                    "closed_by",
                    "replacement",
                    "brought_in",
                )
            ),
            models.UniqueConstraint(
                fields=["device"],
                condition=models.Q(closed_at=None),
                name="repair_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at=None, outcome="", closed_by=None)
                | models.Q(
                    _is_brought | models.Q(closed_by__isnull=False),
                    closed_at__isnull=False,
                    outcome__in=["repaired", "recycled", "replaced", "not_needed"],
                ),
                name="repair_closed_with_outcome",
            ),
            models.CheckConstraint(
                condition=_is_brought | models.Q(reporter__isnull=False), name="repair_reported_by_somebody"
            ),
            models.CheckConstraint(
                condition=models.Q(taken_in_at=None, taken_in_by=None)
                | models.Q(_is_brought | models.Q(taken_in_by__isnull=False), taken_in_at__isnull=False),
                name="repair_taken_in_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="")
                | models.Q(outcome="not_needed", taken_in_at=None)
                | models.Q(
                    outcome__in=["repaired", "recycled", "replaced"],
                    taken_in_at__isnull=False,
                ),
                name="repair_outcome_fits_intake",
            ),
            models.CheckConstraint(
                condition=models.Q(backup="", backup_by=None, backup_at=None)
                | models.Q(
                    backup__in=["done", "impossible"],
                    backup_by__isnull=False,
                    backup_at__isnull=False,
                ),
                name="repair_backup_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="replaced") | models.Q(replacement=None, may_order=False),
                name="repair_replacement_only_when_replaced",
            ),
            models.CheckConstraint(
                condition=models.Q(holder_user=None) | models.Q(holder_space=None),
                name="repair_one_holder",
            ),
            models.CheckConstraint(
                condition=models.Q(_is_brought, ~models.Q(brought_key=""), closed_at__isnull=False)
                | models.Q(brought_in=None, brought_key="", reference=""),
                name="repair_brought_is_over",
            ),
            models.UniqueConstraint(
                fields=["device", "brought_key"], condition=~models.Q(brought_key=""), name="repair_brought_once"
            ),
            models.CheckConstraint(
                condition=models.Q(cost=None) | models.Q(cost__gte=0), name="repair_cost_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return str(_("Repair of %(device)s") % {"device": self.device})

    def get_absolute_url(self) -> str:
        return self.device.support_url

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def is_undated(self) -> bool:
        """It came with its device in an import whose list said nothing of since when: that it begins with the import is
        all that is known."""
        return self.opened_at == self.device.registered_at

    @property
    def reported_at(self) -> datetime | None:
        """When it was reported, where that is known."""
        return None if self.is_undated else self.opened_at

    @property
    def intake_at(self) -> datetime | None:
        """When it was taken in, where it was and that is known."""
        return None if self.is_undated and self.taken_in_at == self.opened_at else self.taken_in_at

    @property
    def is_brought(self) -> bool:
        """Whether a list brought it along."""
        return self.brought_in_id is not None

    @property
    def holder(self) -> User | Space | None:
        """Who held the device when it was reported."""
        return self.holder_user or self.holder_space

    # The backup prompt

    @property
    def wants_backup(self) -> bool:
        """The prompt stands until acknowledged, reverted or taken in."""
        return wants_backup(self)

    def backup_is_up_to(self, user: User) -> bool:
        """The prompt goes to the user who holds the device; where none does, to the admin who reported it."""
        return backup_is_up_to(self, user)


# The same of a repair's plain values, as a table reads them.


def wants_backup(repair: Any) -> bool:
    return not repair.backup and repair.closed_at is None and repair.taken_in_at is None


def backup_is_up_to(repair: Any, user: User) -> bool:
    return user.pk == (repair.holder_user_id or repair.reporter_id)
