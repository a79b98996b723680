"""Who holds a device and who pays for it: assigning and unassigning."""

from typing import TYPE_CHECKING, Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import clock
from accounts.keyset import KeyField
from accounts.models import Company, Payor, Space, User
from accounts.models.closable import require_admin
from accounts.text import SORT_KEY_LENGTH, sort_key
from devices.signals import assigned

from .assignment import Assignment
from .changing import Changing, MoveRefused
from .status import Status
from .tried import tried


def _keep(to: str, name: Any) -> Any:
    return models.ForeignKey(
        to,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
        verbose_name=name,
    )


class Holding(Changing):
    """The holder (a user or a space, never both; nobody = unassigned) and the payor, now and before."""

    holder_user = models.ForeignKey(
        "accounts.User",
        on_delete=models.PROTECT,
        related_name="devices",
        null=True,
        blank=True,
        editable=False,
        verbose_name=gettext_lazy("holder"),
    )
    holder_space = models.ForeignKey(
        "accounts.Space",
        on_delete=models.PROTECT,
        related_name="devices",
        null=True,
        blank=True,
        editable=False,
        verbose_name=gettext_lazy("space"),
    )
    payor = models.ForeignKey(
        "accounts.Payor",
        on_delete=models.PROTECT,
        related_name="devices",
        null=True,
        blank=True,
        editable=False,
        verbose_name=gettext_lazy("payor"),
    )
    # A copy of payor.kind, held to it by a composite key: so the database itself can refuse *Employee* as the payor of
    # what no user holds.
    payor_kind = models.CharField(max_length=12, blank=True, default="", editable=False)
    # Its name as tables sort it: a copy, too, so that an index has the order (devices/renaming.py follows a rename).
    payor_key = KeyField(max_length=SORT_KEY_LENGTH, blank=True, default="", editable=False)
    last_holder_user = _keep("accounts.User", gettext_lazy("previous holder"))
    last_holder_space = _keep("accounts.Space", gettext_lazy("previous space"))
    last_payor = _keep("accounts.Payor", gettext_lazy("previous payor"))
    # Back from repair and with nobody yet: the next assignment is the "repaired" one.
    returned_from_repair = models.BooleanField(default=False, editable=False)

    if TYPE_CHECKING:  # what Device brings along
        company: Company
        company_id: int
        status: str
        reported_by: User | None

        def carry_out(self, verb: str, *, by: User, **facts: Any) -> None: ...

    class Meta:
        abstract = True

    @property
    def holder(self) -> User | Space | None:
        return self.holder_user or self.holder_space

    @property
    def is_unassigned(self) -> bool:
        return self.holder_user_id is None and self.holder_space_id is None

    @property
    def can_be_unassigned(self) -> bool:
        """Whether it may be taken back from its holder now: not while it waits for repair."""
        return self.status == Status.ACTIVE and not self.is_unassigned

    @property
    def last_holder(self) -> User | Space | None:
        """Who held it before it was last unassigned."""
        return self.last_holder_user or self.last_holder_space

    @property
    def last_holder_is_available(self) -> bool:
        """Whether the previous holder may be given the device back: an active person, or an open space."""
        if self.last_holder_user is not None:
            return self.last_holder_user.is_active
        return self.last_holder_space is not None and self.last_holder_space.is_open

    def assign(
        self,
        to: User | Space,
        payor: Payor,
        *,
        by: User,
        seen: int | None = None,
        **facts: Any,
    ) -> Self:
        """Give the device to a user or a space, and say who pays. In repair, this finishes the repair in the same act.

        Raises MoveRefused while it waits for repair, when archived, or when the page was stale; ValidationError when
        `to` or `payor` can't be chosen; PermissionDenied for anybody but an admin. Returns the fresh device.
        `facts` go to whoever listens to `devices.signals.assigned`.
        """
        with self.changing(by=by, seen=seen) as device:
            device.hand_to(to, payor, by=by, **facts)
        return device

    def unassign(self, *, by: User, seen: int | None = None) -> Self:
        """Take the device back: held by nobody, paid by the company's repair payor. Raises as `assign` does."""
        with self.changing(by=by, seen=seen) as device:
            require_admin(by, device.company_id)
            device.require_held()
            device.release(by=by)
        return device

    def require_held(self) -> None:
        """Raises MoveRefused where there is nobody to unassign, or the device waits for repair."""
        self._refuse_unless_settled()
        if self.is_unassigned:
            raise MoveRefused(_("Nobody holds it."))

    # Inside a change

    def hand_to(self, to: User | Space, payor: Payor, *, by: User, are_held: bool = False, **facts: object) -> None:
        """`assign`, inside a change that is open already. `are_held` says that `to` and `payor` are from
        `holders_and_payors` (devices/models/many.py)."""
        require_admin(by, self.company_id)
        self._refuse_unless_settled(in_repair_too=True)
        if not are_held:
            to = self._still_available(to)
            payor = self._still_payor(payor, to)
        if self.status == Status.IN_REPAIR:
            with tried("finish"):
                self.carry_out("finish", by=by, assigning=True)
        if to == self.holder:
            if payor == self.payor:
                raise MoveRefused(_("%(device)s is assigned to %(holder)s already.") % {"device": self, "holder": to})
            self._set_payor(payor, by=by)
        else:
            self._end_assignment(by=by)
            self._begin_assignment(to, by=by)
            self._set_payor(payor, by=by)
        self.revision += 1
        assigned.send(sender=type(self), device=self, to=to, by=by, facts=facts)

    def release(self, *, by: User) -> None:
        """`unassign`, inside a change that is open already, by whichever road."""
        self._end_assignment(by=by)
        self.let_repair_payor_pay(by=by)
        self.revision += 1

    def let_repair_payor_pay(self, *, by: User) -> None:
        """Who pays for what nobody holds, inside a change that is open already."""
        self._set_payor(self.company.pinned_repair_payor(), by=by)

    def _refuse_unless_settled(self, *, in_repair_too: bool = False) -> None:
        """Holder and payor stand still while the device waits for repair, and for ever once it is archived."""
        if self.status == Status.NEEDS_REPAIR:
            raise MoveRefused(
                _("%(device)s is waiting for repair. Revert it or take it in before you change who holds it.")
                % {"device": self}
            )
        if self.status == Status.RECYCLED:
            raise MoveRefused(_("%(device)s is archived. Restore it before you assign it.") % {"device": self})
        if self.status == Status.IN_REPAIR and not in_repair_too:
            raise MoveRefused(_("%(device)s is in repair and with nobody.") % {"device": self})

    def _still_available(self, to: User | Space) -> User | Space:
        """The holder-to-be, locked, so that nobody closes it between this look and the commit."""
        row = (
            type(to)
            ._default_manager.select_for_update(no_key=True)
            .filter(company_id=self.company_id, pk=to.pk)
            .first()
        )
        if row is None or not (row.is_active if isinstance(row, User) else row.is_open):
            raise ValidationError({"holder": _("%(holder)s can't be assigned to any more.") % {"holder": to}})
        return row

    def _still_payor(self, payor: Payor, to: User | Space) -> Payor:
        """The payor-to-be, held likewise."""
        row = payor.pinned()
        if row is None or row.company_id != self.company_id or not row.is_open:
            raise ValidationError({"payor": _("%(payor)s can't be chosen any more.") % {"payor": payor}})
        if row.is_employee and not isinstance(to, User):
            raise ValidationError({"payor": _("Employee pays only for what a person holds. Choose another payor.")})
        return row

    def _begin_assignment(self, to: User | Space, *, by: User) -> None:
        Assignment.objects.create(
            company_id=self.company_id,
            device=self,  # type: ignore[misc]
            user=to if isinstance(to, User) else None,
            space=to if isinstance(to, Space) else None,
            started_at=clock.now(),
        )
        self.holder_user = to if isinstance(to, User) else None
        self.holder_space = to if isinstance(to, Space) else None
        self.record(
            "assigned_repaired" if self.returned_from_repair else "assigned",
            by=by,
            holder=to,
        )
        self.returned_from_repair = False
        self.reported_by = None

    def _end_assignment(self, *, by: User) -> None:
        if self.is_unassigned:
            return
        Assignment.objects.filter(device_id=self.pk, ended_at=None).update(ended_at=clock.now())
        self.record("unassigned", by=by, holder=self.holder)
        self.last_holder_user, self.last_holder_space = (
            self.holder_user,
            self.holder_space,
        )
        self.last_payor = self.payor
        self.holder_user = self.holder_space = None

    def let_pay(self, payor: Payor) -> None:
        """Set the payor and what is kept of it, in the object alone."""
        self.payor, self.payor_kind, self.payor_key = payor, payor.kind, sort_key(payor.name)

    def _set_payor(self, payor: Payor, *, by: User) -> None:
        if payor.pk != self.payor_id:
            self.record("payor_changed", by=by, before=self.payor, after=payor)
            self.let_pay(payor)
