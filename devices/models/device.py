import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Self

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_fsm import FSMField, Transition, transition

from accounts import clock
from accounts.keys import SameCompany, company_row
from accounts.models import Company, Payor, Space, User
from accounts.models.closable import require_admin

from .changing import HOLDERS_AND_PAYORS, FlowOff, MoveRefused
from .correcting import Correcting
from .sorting import Sorting
from .status import Status
from .tried import tried


class DeviceQuerySet(models.QuerySet["Device"]):
    def visible_to(self, user: User) -> Self:
        """What this person may open: an admin everything of the company; an employee what they hold, and what a repair
        took from them or what they reported, until it is back with somebody."""
        if user.is_admin:
            return self.filter(company_id=user.company_id, company__isnull=False)
        return self.concerning(user)

    def concerning(self, user: User) -> Self:
        """What is this person's own business, whatever their role: My devices."""
        company = self.filter(company_id=user.company_id, company__isnull=False)
        away = models.Q(status=Device.Status.IN_REPAIR) | models.Q(
            returned_from_repair=True, holder_user=None, holder_space=None
        )
        return company.exclude(status=Device.Status.RECYCLED).filter(
            models.Q(holder_user=user) | models.Q(reported_by=user) | (models.Q(last_holder_user=user) & away)
        )

    def in_use(self) -> Self:
        """All but the archived ones: what Hardware lists."""
        return self.filter(archived_at=None)

    def archived(self) -> Self:
        return self.filter(status=Device.Status.RECYCLED)

    def unassigned(self) -> Self:
        """In nobody's hands although nothing is wrong with them. What is in repair has a table of its own."""
        return self.filter(status=Device.Status.ACTIVE, holder_user=None, holder_space=None)

    def numbered(self, key: str, numbers: Iterable[str]) -> Self:
        """Those whose serial number or asset tag, in the form in which it is compared (`key` names the field), is one
        of these. That it isn't blank has to be said: else PostgreSQL does not see for more than a hundred numbers that
        the index over those that aren't would serve, and reads the whole table."""
        return self.filter(**{f"{key}__in": set(numbers) - {""}}).exclude(**{key: ""})

    def with_people(self) -> Self:
        """Holders and payors come along, so that a table asks once."""
        return self.select_related(*HOLDERS_AND_PAYORS)

    @transaction.atomic
    def register(
        self,
        company: Company,
        *,
        by: User,
        holder: User | Space | None = None,
        payor: Payor | None = None,
        token: uuid.UUID | None = None,
        **fields: Any,
    ) -> "Device":
        """Put a device into the register and, with `holder` and `payor`, into somebody's hands. The same `token` and
        fields once more, by a second click, are the device of the first one.

        `fields` are those of `Device.DESCRIPTION`. Raises ValidationError (a serial number or asset tag that the
        company has already, a holder without a payor, among others), PermissionDenied for anybody but an admin.
        """
        require_admin(by, company.pk)
        if (holder is None) != (payor is None):
            raise ValidationError({"payor": _("Who gets a device and who pays for it go together.")})
        device = self.model(company=company, status_since=clock.now(), registered_at=clock.now())
        if token is not None:
            # Made of the company, too: nobody can name another company's device by it.
            device.uuid = uuid.uuid5(uuid.UUID(int=company.pk), f"{token} {sorted(fields.items())}")
            if (same := self.filter(company=company, uuid=device.uuid).first()) is not None:
                return same
        device.describe(fields)
        try:
            device._insert()
        except IntegrityError:
            if (same := self.filter(company=company, uuid=device.uuid).first()) is not None:
                return same
            raise
        with device.kept(by=by):
            device.record("registered", by=by)
            if holder is not None and payor is not None:
                device.hand_to(holder, payor, by=by)
        return device


# Who may do what (the column "who" of the moves in docs/moves.md)


def is_its_admin(device: Any, user: Any) -> bool:
    return user.is_admin and user.company_id == device.company_id


def is_holder_or_admin(device: Any, user: Any) -> bool:
    return is_its_admin(device, user) or (user.is_active and device.holder_user_id == user.pk)


def is_holder_reporter_or_admin(device: Any, user: Any) -> bool:
    return is_holder_or_admin(device, user) or (user.is_active and device.reported_by_id == user.pk)


class Device(Sorting, Correcting):
    """One piece of hardware, and the state machine that takes it through repair.

    Nothing sets `status` but the transitions, and nothing calls those but `move`, `assign` and what runs inside them.
    """

    Status = Status

    company = models.ForeignKey(
        "accounts.Company",
        on_delete=models.PROTECT,
        related_name="devices",
        editable=False,
        verbose_name=gettext_lazy("company"),
    )
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    # Where it stands
    status = FSMField(
        gettext_lazy("status"),
        max_length=12,
        choices=Status,
        default=Status.ACTIVE,
        protected=True,
        editable=False,
    )
    status_since = models.DateTimeField(gettext_lazy("since"), editable=False)
    # Who asked for the repair that is open, or that it has come back from.
    reported_by = models.ForeignKey(
        "accounts.User",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
    )
    registered_at = models.DateTimeField(gettext_lazy("registered"), editable=False)
    archived_at = models.DateTimeField(gettext_lazy("archived"), null=True, blank=True, editable=False)

    # What other apps say of it in the row of a table (devices.signals.devices_listed).
    remark = ""

    objects = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("device")
        verbose_name_plural = gettext_lazy("devices")
        ordering = ["name_key", "id"]
        indexes = [
            # One for each order of a table (devices/tables.py), led by the company and ended by what makes it one.
            *(
                models.Index(
                    fields=["company", *keys, "id"], condition=models.Q(archived_at=None), name=f"device_in_use_{name}"
                )
                for name, keys in {
                    "name": ["name_key"],
                    "category": ["category", "name_key"],
                    "serial": ["serial_key"],
                    "holder": ["holder_key", "name_key"],
                    "since": ["status_since"],
                }.items()
            ),
            # Likewise for the columns that people choose; archived devices have the same orders in an index of their
            # own, so that each device stands in one of the two.
            *(
                models.Index(fields=["company", *keys, "id"], condition=condition, name=f"device_{which}_{name}")
                for which, condition in {
                    "in_use": models.Q(archived_at=None),
                    "archived": models.Q(status=Status.RECYCLED),
                }.items()
                for name, keys in {
                    "maker": ["manufacturer", "name_key"],
                    "model": ["model", "name_key"],
                    "tag": ["asset_tag_key"],
                    "payor": ["payor_key", "name_key"],
                    "supplier": ["supplier", "name_key"],
                    "bought": ["purchase_date"],
                    "cost": ["purchase_cost"],
                    "warranty": ["warranty_end"],
                    "renewal": ["renewal_date"],
                    "registered": ["registered_at"],
                }.items()
            ),
            *(
                models.Index(fields=["company", "status", key, "id"], name=f"device_status_{name}")
                for name, key in {
                    "name": "name_key",
                    "since": "status_since",
                    "holder": "last_holder_key",
                }.items()
            ),
            models.Index(
                fields=["company", "holder_key", "name_key", "id"],
                condition=models.Q(status="needs_repair"),
                name="device_waiting_holder",
            ),
            models.Index(
                fields=["company", "status", "name_key", "id"],
                condition=models.Q(holder_user=None, holder_space=None),
                name="device_unassigned",
            ),
            # Serial numbers and asset tags, which are different for each device, have theirs by that.
            models.Index(fields=["company", "imei"], condition=~models.Q(imei=""), name="device_imei"),
        ]
        constraints = [
            company_row("device_company_row"),
            SameCompany(field="holder_user", name="device_holder_user_same_company"),
            SameCompany(field="holder_space", name="device_holder_space_same_company"),
            SameCompany(
                field="payor",
                name="device_payor_same_company",
                carries=("payor_kind", "kind"),
            ),
            SameCompany(field="last_holder_user", name="device_last_holder_user_same_company"),
            SameCompany(field="last_holder_space", name="device_last_holder_space_same_company"),
            SameCompany(field="last_payor", name="device_last_payor_same_company"),
            SameCompany(field="reported_by", name="device_reported_by_same_company"),
            models.UniqueConstraint(
                fields=["company", "serial_key"],
                condition=~models.Q(serial_key=""),
                name="device_serial_number_once",
                violation_error_message=gettext_lazy("A device with this serial number is registered already."),
            ),
            models.UniqueConstraint(
                fields=["company", "asset_tag_key"],
                condition=~models.Q(asset_tag_key=""),
                name="device_asset_tag_once",
                violation_error_message=gettext_lazy("A device with this asset tag is registered already."),
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["active", "needs_repair", "in_repair", "recycled"]),
                name="device_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(holder_user=None) | models.Q(holder_space=None),
                name="device_one_holder",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["active", "needs_repair"])
                | models.Q(holder_user=None, holder_space=None),
                name="device_away_is_unassigned",
            ),
            models.CheckConstraint(
                condition=models.Q(status="recycled", archived_at__isnull=False)
                | (~models.Q(status="recycled") & models.Q(archived_at=None)),
                name="device_recycled_is_archived",
            ),
            models.CheckConstraint(
                condition=models.Q(payor=None, payor_kind="")
                | (models.Q(payor__isnull=False) & ~models.Q(payor_kind="")),
                name="device_payor_kind_kept",
            ),
            models.CheckConstraint(
                condition=~models.Q(payor_kind="employee") | models.Q(holder_user__isnull=False),
                name="device_employee_pays_what_users_hold",
            ),
            models.CheckConstraint(
                condition=models.Q(holder_user=None, holder_space=None) | models.Q(payor__isnull=False),
                name="device_held_is_paid",
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="device_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    # Addresses

    def get_absolute_url(self) -> str:
        return reverse("devices:overview", args=[self.pk])

    @property
    def support_url(self) -> str:
        return reverse("repairs:support", args=[self.pk])

    @property
    def assign_url(self) -> str:
        """Overview, where it is assigned."""
        return f"{self.get_absolute_url()}#assign"

    @property
    def log_url(self) -> str:
        return reverse("devices:log", args=[self.pk])

    @property
    def unassign_url(self) -> str:
        return reverse("devices:unassign", args=[self.pk])

    # Questions

    @property
    def is_archived(self) -> bool:
        return self.status == Status.RECYCLED

    def may(self, verb: str, user: User) -> bool:
        """Whether this person may carry out this move now: role, status and the company's gate."""
        move = self._transition(verb)
        return (
            move.source == self.status
            and move.has_perm(self, user)  # type: ignore[arg-type]
            and (self.company.repair_flow_on or not move.custom.get("gated"))
        )

    # Moves: one method each. What belongs to the verb stands in its body; what belongs to entering or leaving a status
    # is a receiver (devices/receivers.py, repairs/receivers.py).

    @transition(
        field=status,
        source=Status.ACTIVE,
        target=Status.NEEDS_REPAIR,
        permission=is_holder_or_admin,
        custom={"gated": True},
    )
    def report(self, *, by: User, **facts: Any) -> None:
        """Something is wrong with it. It stays with its holder until IT takes it in."""
        self.reported_by = by

    @transition(
        field=status,
        source=Status.NEEDS_REPAIR,
        target=Status.ACTIVE,
        permission=is_holder_reporter_or_admin,
    )
    def revert(self, *, by: User, **facts: Any) -> None:
        """Nothing is wrong after all. Holder and payor stay as they are."""
        self.reported_by = None

    @transition(
        field=status,
        source=Status.NEEDS_REPAIR,
        target=Status.IN_REPAIR,
        permission=is_its_admin,
        custom={"gated": True},
    )
    def take_in(self, *, by: User, **facts: Any) -> None:
        """IT has the device. Receivers unassign it, change the payor and prompt the MDM release."""

    @transition(
        field=status,
        source=Status.IN_REPAIR,
        target=Status.ACTIVE,
        permission=is_its_admin,
    )
    def finish(self, *, by: User, assigning: bool = False, **facts: Any) -> None:
        """It works again. With `assigning`, the same act gives it to somebody."""
        self.returned_from_repair = True

    @transition(
        field=status,
        source=Status.IN_REPAIR,
        target=Status.RECYCLED,
        permission=is_its_admin,
    )
    def recycle(self, *, by: User, **facts: Any) -> None:
        """It can't be repaired: archived, with its whole history."""
        self.archived_at = clock.now()
        self.returned_from_repair = False
        self.reported_by = None

    @transition(
        field=status,
        source=Status.RECYCLED,
        target=Status.ACTIVE,
        permission=is_its_admin,
    )
    def restore(self, *, by: User, **facts: Any) -> None:
        """It was removed by mistake: back in Hardware, unassigned."""
        self.archived_at = None

    def move(self, verb: str, *, by: User, seen: int | None = None, **facts: Any) -> Self:
        """Carry out one of the moves above: the row locked, one transaction, one save. Returns the fresh device.

        `seen` is the revision that the person's page showed. `facts` reach the transition and its receivers: `report`
        takes problem and description, `recycle` takes outcome, replacement and may_order (repairs/receivers.py).
        Raises MoveRefused when the status forbids it or the page was stale, PermissionDenied for a wrong role or when
        the company's repair flow is off.

        Who listens: devices/receivers.py (assignment, payor, log) and repairs/receivers.py (Repair, MDM release).
        """
        with tried(verb), self.changing(by=by, seen=seen) as device:
            device.carry_out(verb, by=by, **facts)
        return device

    def carry_out(self, verb: str, *, by: User, **facts: Any) -> None:
        """`move`, inside a change that is open already."""
        self.require(verb, by)
        getattr(self, verb)(by=by, **facts)
        self.status_since = clock.now()
        self.revision += 1

    def require(self, verb: str, by: User) -> None:
        """Raises what `move` would raise for this person, status and company; changes nothing."""
        move = self._transition(verb)
        if not move.has_perm(self, by):  # type: ignore[arg-type]
            raise PermissionDenied(_("You may not do this with the device."))
        if move.source != self.status:
            raise MoveRefused(
                _("%(device)s is %(status)s, so this can't be done. Nothing was changed.")
                % {"device": self, "status": self.get_status_display()}
            )
        if move.custom.get("gated") and not self.company.repair_flow_on:
            raise FlowOff(_("The repair flow is not activated for your company."))

    @classmethod
    def transitions(cls) -> Mapping[str, Transition]:
        """Every move by its verb; each has one source. docs/moves.md is drawn from this."""
        field: Any = cls._meta.get_field("status")
        return {move.name: move for move in field.get_all_transitions(cls)}

    @classmethod
    def _transition(cls, verb: str) -> Transition:
        return cls.transitions()[verb]

    def _insert(self) -> None:
        self.refresh_keys()
        try:
            with transaction.atomic():
                self.save(force_insert=True)
        except IntegrityError:
            # Somebody registered the same serial number or asset tag a moment ago.
            self.refuse_duplicates()
            raise
