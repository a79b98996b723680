"""What somebody looks for again and again in a table, kept under a name."""

from typing import Any, Self

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.fields import NameField
from accounts.keys import SameCompany, company_row
from accounts.models import Company, User
from accounts.models.audit import record
from accounts.models.closable import Refused, require_admin

# So many may stand over one table: a person's own, and likewise the company's.
MOST = 20
LONGEST_QUERY = 2000


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    def visible_to(self, user: User) -> Self:
        """An admin's own and the company's. Nobody else opens the tables that they stand over."""
        if not user.is_admin:
            return self.none()
        return self.filter(models.Q(owner=None) | models.Q(owner=user), company_id=user.company_id)

    def over(self, table: str) -> Self:
        """Those of this table, the company's first, as they stand over it."""
        return self.filter(table=table).order_by(models.F("owner").asc(nulls_first=True), Lower("name"), "pk")

    def called(self, name: str) -> Self:
        """Those of this name, whose letter case the constraints compare in just this way."""
        return self.filter(Exact(Lower("name"), Lower(models.Value(name))))

    @transaction.atomic
    def keep(
        self, company: Company, *, by: User, table: str, name: str, query: str, shared: bool, replace: bool = False
    ) -> "SavedFilter":
        """Keep a query under a name, for oneself or, `shared`, for the company. With `replace` it takes the place of
        one of the same name. Raises NameTaken without, Refused where there are `MOST` already, PermissionDenied for
        anybody but an admin."""
        require_admin(by, company.pk)
        owner = None if shared else by
        _wait_for_others(company.pk, None if shared else by.pk)
        rows = self.filter(company=company, owner=owner, table=table)
        same = rows.called(name).first()
        if same is not None:
            if not replace:
                raise NameTaken(name)
            before, same.query = same.query, query
            same.save(update_fields=["query"])
            if same.query != before:
                same.tell("changed", by=by)
            return same
        if rows.count() >= MOST:
            raise Refused(_("There are %(most)d already. Delete one first.") % {"most": MOST})
        row = self.create(company=company, owner=owner, table=table, name=name, query=query)
        row.tell("saved", by=by)
        return row


def _wait_for_others(company_id: int, owner_id: int | None) -> None:
    """Whoever names a filter waits for whoever names one for the same: of two with one name, the second learns of the
    first."""
    whose: Any = Company.objects.filter(pk=company_id) if owner_id is None else User.objects.filter(pk=owner_id)
    whose.select_for_update(no_key=True).get()


class NameTaken(Exception):
    """There is a saved filter of this name over this table, for the same."""


class SavedFilter(models.Model):
    """A table's query (search, filters, order) under a name: somebody's own, or where it has no owner the company's."""

    company = models.ForeignKey("accounts.Company", on_delete=models.PROTECT, related_name="saved_filters")
    # Goes with the person: also where they are erased (accounts/erasing.py).
    owner = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="saved_filters", null=True)
    table = models.CharField(max_length=20)
    name = NameField(gettext_lazy("name"), max_length=60)
    query = models.CharField(max_length=LONGEST_QUERY)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("saved filter")
        verbose_name_plural = gettext_lazy("saved filters")
        constraints = [
            company_row("savedfilter_company_row"),
            SameCompany(field="owner", name="savedfilter_owner_same_company"),
            models.UniqueConstraint(
                "company",
                "owner",
                "table",
                Lower("name"),
                condition=models.Q(owner__isnull=False),
                name="savedfilter_own_name_once",
            ),
            models.UniqueConstraint(
                "company", "table", Lower("name"), condition=models.Q(owner=None), name="savedfilter_company_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The table with this filter."""
        return f"{reverse('devices:hardware_table', args=[self.table])}?{self.query}"

    @property
    def is_shared(self) -> bool:
        """Whether everybody who opens the table sees it."""
        return self.owner_id is None

    @transaction.atomic
    def rename(self, name: str, *, by: User) -> None:
        """Raises NameTaken, DoesNotExist where somebody has deleted it meanwhile, PermissionDenied for anybody but its
        owner, or of the company's but an admin."""
        self._require(by)
        _wait_for_others(self.company_id, self.owner_id)
        self.refresh_from_db()
        others = SavedFilter.objects.filter(company=self.company_id, owner=self.owner_id, table=self.table)
        if others.exclude(pk=self.pk).called(name).exists():
            raise NameTaken(name)
        before, self.name = self.name, name
        if name != before:
            self.save(update_fields=["name"])
            self.tell("renamed", by=by, before=before)

    @transaction.atomic
    def remove(self, *, by: User) -> None:
        """Raises DoesNotExist and PermissionDenied as `rename` does."""
        self._require(by)
        _wait_for_others(self.company_id, self.owner_id)
        self.refresh_from_db()
        self.delete()
        self.tell("deleted", by=by)

    def _require(self, by: User) -> None:
        require_admin(by, self.company_id)
        if self.owner_id not in (None, by.pk):
            raise PermissionDenied(_("This is somebody else's."))

    def tell(self, act: str, *, by: User, before: str = "") -> None:
        """The company's have a line in its audit log; one's own are one's own business."""
        if self.is_shared:
            names = {"thing": self.name} | ({"before": before} if before else {})
            record(self.company_id, f"setting_filter_{act}", by=by, field="", **names)
