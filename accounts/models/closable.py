"""People, spaces and payors leave in the same way: unused ones are deleted, used ones closed, and what something
still hangs on stays, with the reason."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import signals

Row = TypeVar("Row", bound=models.Model)


class Refused(Exception):
    """The rules forbid the act as things stand, and nothing was changed. `str()` is a sentence for whoever tried."""


class StillInUse(Refused):
    """Something stands in the way of removing a person, space or payor. `str()` says what; `things` are the things."""

    def __init__(self, message: str, things: Sequence[models.Model] = ()) -> None:
        super().__init__(message)
        self.things = things


def still_there(subject: Row) -> Row:
    """The row as it is now, locked. Raises Refused when somebody has deleted it a moment ago."""
    row = type(subject)._default_manager.select_for_update(no_key=True).filter(pk=subject.pk).first()
    if row is None:
        raise Refused(_("%(subject)s is gone already.") % {"subject": subject})
    return row


def holdings(subject: models.Model) -> list[models.Model]:
    """What this person or space holds, or this payor pays for, as the other apps tell it."""
    answers: list[tuple[Any, Any]] = signals.holdings_wanted.send(sender=type(subject), subject=subject)
    return [thing for _receiver, things in answers for thing in things]


def refuse_while_holding(subject: models.Model) -> None:
    """Raises StillInUse, with the things, when anything still hangs on the subject."""
    if things := holdings(subject):
        message = ngettext(
            "%(count)d device still belongs to %(subject)s.",
            "%(count)d devices still belong to %(subject)s.",
            len(things),
        ) % {"count": len(things), "subject": subject}
        raise StillInUse(message, things)


def is_used(subject: models.Model) -> bool:
    """Whether a row of any app refers to it and would keep it from being deleted. One query, however many apps."""
    protected = models.Q()
    for relation in subject._meta.get_fields(include_hidden=True):
        if getattr(relation, "on_delete", None) in (models.PROTECT, models.RESTRICT):
            rows = relation.related_model._base_manager.filter(**{relation.field.name: models.OuterRef("pk")})  # type: ignore[union-attr]
            protected |= models.Q(models.Exists(rows))
    return type(subject)._base_manager.filter(protected, pk=subject.pk).exists()


def delete_if_unused(subject: models.Model) -> bool:
    """Delete the row if nothing refers to it. True when it is gone."""
    try:
        with transaction.atomic():
            subject.delete()
    except (models.ProtectedError, models.RestrictedError):
        return False
    return True


def require_admin(by: models.Model, company_id: int | None) -> None:
    """Raises PermissionDenied unless `by` is an active admin of this company."""
    if not (getattr(by, "is_admin", False) and getattr(by, "company_id", None) == company_id):
        raise PermissionDenied(_("Only an IT admin may do this."))
