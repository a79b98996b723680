from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.fields import NameField

from .closable import require_admin
from .payor import Payor

if TYPE_CHECKING:
    from .user import User


class CompanyQuerySet(models.QuerySet["Company"]):
    @transaction.atomic
    def found(self, *, name: str, slug: str, **fields: object) -> "Company":
        """Make a company with what each begins with: the payors *Company*, who also pays in repair, and *Employee*."""
        company = self.create(name=name, slug=slug, **fields)
        company.give_first_payors()
        return company


class Company(models.Model):
    """The tenant. Everything but Velory's own support staff belongs to exactly one."""

    class Plan(models.TextChoices):
        TRIAL = "trial", _("Trial")
        STARTER = "starter", _("Starter")
        STANDARD = "standard", _("Standard")
        PRO = "pro", _("Pro")

    PLANS_WITH_REPAIR_FLOW = (Plan.STARTER, Plan.STANDARD, Plan.PRO)

    name = NameField(_("name"), max_length=100)
    slug = models.SlugField(
        _("short name"),
        unique=True,
        help_text=_("Names the company in commands, such as acme."),
    )
    plan = models.CharField(_("plan"), max_length=10, choices=Plan, default=Plan.TRIAL)
    repair_flow_released = models.BooleanField(
        _("repair flow released"),
        default=False,
        help_text=_("The soft release: support staff switch it on for one company after the other."),
    )
    repair_instructions = models.TextField(
        _("repair instructions"),
        blank=True,
        max_length=5000,
        help_text=_("Shown to whoever asks for a repair: where to bring the device, and to whom."),
    )
    colleagues_visible = models.BooleanField(
        _("employees see all devices"),
        default=False,
        help_text=_("Name, category, holder and status of every device of the company, and nothing to change."),
    )
    admins_need_two_step = models.BooleanField(
        _("IT admins must use two-step sign-in"),
        default=False,
        help_text=_("Whoever does not use it yet, you included, sets it up before anything else."),
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(plan__in=["trial", "starter", "standard", "pro"]),
                name="company_plan_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("accounts:settings")

    # The repair flow's gate

    @property
    def repair_flow_on(self) -> bool:
        """The plan has the repair flow, and support staff have released it for this company."""
        return self.repair_flow_released and self.plan in self.PLANS_WITH_REPAIR_FLOW

    # Who pays

    def give_first_payors(self) -> None:
        Payor.objects.create(company=self, name="Company", kind=Payor.Kind.COMPANY, pays_repairs=True)
        Payor.objects.create(company=self, name="Employee", kind=Payor.Kind.EMPLOYEE)

    @cached_property
    def repair_payor(self) -> Payor:
        """Who pays for what nobody holds and for what is in repair; never *Employee*."""
        return self.payors.get(pays_repairs=True)

    def pinned_repair_payor(self) -> Payor:
        """Who pays in repair, and goes on to until the transaction ends: no admin chooses another one meanwhile."""
        while (payor := Payor.pinned_for_repairs(self.pk)) is None:
            pass
        return payor

    @cached_property
    def own_payor(self) -> Payor:
        """The payor *Company*, preselected for what a space holds."""
        return self.payors.get(kind=Payor.Kind.COMPANY)

    @transaction.atomic
    def set_repair_payor(self, payor: Payor, *, by: "User") -> None:
        """Let another payor pay in repair. Raises ValidationError for *Employee*, for one that is closed, and for one
        of another company; PermissionDenied for anybody but an admin."""
        require_admin(by, self.pk)
        # Locked, so that two admins who choose at the same moment take turns.
        payors = list(self.payors.order_by("pk").select_for_update(no_key=True))
        if payor not in [one for one in payors if one.is_open and not one.is_employee]:
            raise ValidationError(gettext("%(payor)s can't be chosen any more.") % {"payor": payor})
        self.payors.filter(pays_repairs=True).update(pays_repairs=False)
        self.payors.filter(pk=payor.pk).update(pays_repairs=True)
        self.__dict__.pop("repair_payor", None)
