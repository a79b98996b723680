"""Erasing a person (GDPR, article 17): what tells who they were goes; what happened stays, and every log holds."""

from collections.abc import Iterator

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils.translation import gettext as _

from . import clock, signals
from .batches import batched
from .models import AuditLine, AuditPlate, User
from .models.audit import record
from .models.closable import Refused, refuse_while_holding, require_admin, still_there
from .sessions import forget_sessions

# In English whoever erases: it is stored once, for all readers.
ERASED = "(erased)"


def refuse_unless_gone(person: User) -> None:
    """Raises Refused for somebody who is active, or erased already; StillInUse while they hold anything."""
    if person.erased_at is not None:
        raise Refused(_("This person is erased already."))
    if person.is_active:
        raise Refused(_("%(person)s is active. Deactivate the account first.") % {"person": person})
    refuse_while_holding(person)


def erase(person: User, *, by: User | None) -> None:
    """Blank whatever names the person: their row, their sign-in, their name in every log, and what they wrote.

    The row itself stays, without a name, as devices and repairs refer to it. Whoever knows more about them (devices,
    repairs) does the same on the signal `erasing`, in this transaction. `by` is None for whoever runs the server, at
    its console. Raises Refused as `refuse_unless_gone` does, PermissionDenied for anybody but an admin of the company.
    """
    if by is not None:
        require_admin(by, person.company_id)
    with transaction.atomic():
        row = still_there(person)
        refuse_unless_gone(row)
        signals.erasing.send(sender=User, subject=row)
        _audit_log_forgets(row)
        _sign_in_goes(row)
        row.full_name, row.email = ERASED, f"erased-{row.pk}@erased.invalid"
        row.language, row.role, row.tables = "", User.Role.EMPLOYEE, {}
        row.joined_at = row.last_login = None
        row.erased_at = clock.now()
        row.set_unusable_password()
        row.save()
        record(row.company_id, "user_erased", by=by)
        # Each session of the installation is read for it, so not while others wait for this transaction.
        transaction.on_commit(lambda: forget_sessions({row.pk}), robust=True)


def _audit_log_forgets(person: User) -> None:
    """Blank their plates in the company's audit log, what a line tells of them (an earlier name or address), and what
    was searched for by a name or address of theirs."""
    plates = AuditPlate.objects.filter(company=person.company).exclude(salt="")
    lines = AuditLine.objects.filter(company=person.company)
    words, names = set(), {person.full_name, person.email}
    for details in lines.telling_of(person).values_list("details", flat=True):
        told = {key for role, key in details.items() if role in ("before", "after") and key}
        words |= told
        if details.get("field") in ("full_name", "email"):
            names |= set(plates.filter(pk__in=told).values_list("name", flat=True))
    theirs = plates.filter(kind=AuditPlate.Kind.USER, reference=person.pk)
    names |= set(theirs.values_list("name", flat=True))
    words |= set(_searches_for(names, lines, plates))
    for some in batched(words, 500):
        plates.filter(kind=AuditPlate.Kind.TEXT, pk__in=some).update(name="", salt="")
    theirs.update(name="", salt="")


def _searches_for(
    names: set[str], lines: models.QuerySet[AuditLine], plates: models.QuerySet[AuditPlate]
) -> Iterator[str]:
    """The plates of what exports were filtered by that hold one of these names, in small or capital letters."""
    wanted = [name.casefold() for name in names]
    filters = lines.filter(kind="data_exported_in_part").values_list("details__filter", flat=True)
    for some in batched(filters.iterator(), 500):
        for key, words in plates.filter(pk__in=some).values_list("pk", "name"):
            if any(name in words.casefold() for name in wanted):
                yield key


def _sign_in_goes(person: User) -> None:
    """Addresses, second factors, and whatever else hangs on the account alone: the rows that would go with it."""
    for relation in User._meta.related_objects:
        if relation.on_delete is models.CASCADE:
            relation.related_model._base_manager.filter(**{relation.field.name: person}).delete()
    # What support staff have done to the account is told with its name.
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.filter(content_type=kind, object_id=str(person.pk)).update(object_repr=ERASED)
