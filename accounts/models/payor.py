from typing import TYPE_CHECKING

from django.db import connection, models, transaction
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.fields import NameField
from accounts.keys import company_row

from .closable import StillInUse, delete_if_unused, refuse_while_holding, require_admin, still_there
from .named import Named

if TYPE_CHECKING:
    from .user import User


class PayorQuerySet(models.QuerySet["Payor"]):
    def open(self) -> "PayorQuerySet":
        """Those that may be chosen."""
        return self.filter(closed_at=None)


class Payor(Named):
    """Who pays for a device: *Company*, *Employee*, or a cost centre."""

    class Kind(models.TextChoices):
        COMPANY = "company", _("Company")
        EMPLOYEE = "employee", _("Employee")
        COST_CENTRE = "cost_centre", _("Cost centre")

    company = models.ForeignKey(
        "accounts.Company",
        on_delete=models.PROTECT,
        related_name="payors",
        editable=False,
        verbose_name=_("company"),
    )
    name = NameField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.COST_CENTRE, editable=False)
    pays_repairs = models.BooleanField(_("pays in repair"), default=False, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True, editable=False)

    named_by = ("name",)

    objects = PayorQuerySet.as_manager()

    class Meta:
        verbose_name = _("payor")
        verbose_name_plural = _("payors")
        ordering = ["name", "id"]
        constraints = [
            company_row("payor_company_row"),
            company_row("payor_kind_row", also="kind"),
            models.UniqueConstraint(
                "company",
                Lower("name"),
                name="payor_name_once",
                violation_error_message=_("There is a payor with this name already."),
            ),
            models.UniqueConstraint(
                fields=["company", "kind"],
                condition=~models.Q(kind="cost_centre"),
                name="payor_first_two_once",
            ),
            models.UniqueConstraint(
                fields=["company"],
                condition=models.Q(pays_repairs=True),
                name="payor_one_pays_repairs",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["company", "employee", "cost_centre"]),
                name="payor_kind_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(pays_repairs=True, kind="employee"),
                name="payor_employee_never_pays_repairs",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at=None) | models.Q(kind="cost_centre", pays_repairs=False),
                name="payor_closable",
            ),
        ]

    def __str__(self) -> str:
        return self.label(self.name) if self.kind != self.Kind.COST_CENTRE else self.name

    def get_absolute_url(self) -> str:
        return reverse("accounts:payor_edit", args=[self.pk])

    @staticmethod
    def label(name: str) -> str:
        """A payor's name in the reader's language: the first two are words of ours, the rest the company's own."""
        return {"Company": gettext("Company"), "Employee": gettext("Employee")}.get(name, name)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def is_employee(self) -> bool:
        return self.kind == self.Kind.EMPLOYEE

    def pinned(self) -> "Payor | None":
        """The payor as it is now, and as it stays until the transaction ends; None when it is gone."""
        return Payor._pinned("id", self.pk)

    @classmethod
    def pinned_for_repairs(cls, company_id: int) -> "Payor | None":
        """Who pays in the company's repairs, likewise; None where an admin has just chosen another one."""
        return cls._pinned("pays_repairs AND company_id", company_id)

    @classmethod
    def _pinned(cls, which: str, key: int) -> "Payor | None":
        """The lock is shared, which `select_for_update` can't be: those who assign devices at the same moment don't
        wait for each other."""
        columns = ", ".join(str(field.column) for field in cls._meta.concrete_fields)
        query = f"SELECT {columns} FROM {cls._meta.db_table} WHERE {which} = %s"
        if connection.features.has_select_for_update:
            query += " FOR SHARE"
        return next(iter(cls._default_manager.raw(query, [key])), None)

    @transaction.atomic
    def remove(self, *, by: "User") -> bool:
        """Delete if unused, else close. True when deleted. Raises StillInUse for the first two, the repair payor, and
        one that still pays for a device."""
        from .audit import record

        require_admin(by, self.company_id)
        payor = still_there(self)
        if payor.kind != self.Kind.COST_CENTRE:
            raise StillInUse(gettext("%(payor)s comes with every company and stays.") % {"payor": payor})
        if payor.pays_repairs:
            raise StillInUse(
                gettext("%(payor)s pays in repair. Choose another repair payor in Settings first.") % {"payor": payor}
            )
        refuse_while_holding(payor)
        if delete_if_unused(payor):
            record(self.company_id, "payor_deleted", by=by, thing=self)
            return True
        payor.closed_at = clock.now()
        payor.save(update_fields=["closed_at"])
        record(self.company_id, "payor_closed", by=by, thing=self)
        return False

    @transaction.atomic
    def reopen(self, *, by: "User") -> None:
        """Offer it again."""
        from .audit import record

        require_admin(by, self.company_id)
        if Payor.objects.filter(pk=self.pk).exclude(closed_at=None).update(closed_at=None):
            record(self.company_id, "payor_reopened", by=by, thing=self)
