from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.fields import NameField
from accounts.keys import company_row

from .closable import delete_if_unused, refuse_while_holding, require_admin, still_there
from .named import Named, NamedQuerySet

if TYPE_CHECKING:
    from .user import User


class SpaceQuerySet(NamedQuerySet):
    def open(self) -> "SpaceQuerySet":
        """Those that a device may be assigned to."""
        return self.filter(closed_at=None)


class Space(Named):
    """A place that can hold devices: a room, a stock shelf, a shared kit."""

    company = models.ForeignKey(
        "accounts.Company",
        on_delete=models.PROTECT,
        related_name="spaces",
        editable=False,
        verbose_name=_("company"),
    )
    name = NameField(_("name"), max_length=100)
    description = models.CharField(_("description"), max_length=300, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True, editable=False)

    named_by = ("name", "description")

    objects = SpaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("space")
        verbose_name_plural = _("spaces")
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["company", "found_by", "id"], name="space_found")]
        constraints = [
            company_row("space_company_row"),
            models.UniqueConstraint(
                "company",
                Lower("name"),
                name="space_name_once",
                violation_error_message=_("There is a space with this name already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("accounts:space_edit", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @transaction.atomic
    def remove(self, *, by: "User") -> bool:
        """Delete if unused, else close. True when deleted. Raises StillInUse while it holds a device."""
        from .audit import record

        require_admin(by, self.company_id)
        space = still_there(self)
        refuse_while_holding(space)
        if delete_if_unused(space):
            record(self.company_id, "space_deleted", by=by, thing=self)
            return True
        space.closed_at = clock.now()
        space.save(update_fields=["closed_at"])
        record(self.company_id, "space_closed", by=by, thing=self)
        return False

    @transaction.atomic
    def reopen(self, *, by: "User") -> None:
        """Offer it again."""
        from .audit import record

        require_admin(by, self.company_id)
        if Space.objects.filter(pk=self.pk).exclude(closed_at=None).update(closed_at=None):
            record(self.company_id, "space_reopened", by=by, thing=self)
