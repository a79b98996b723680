"""Erasing a person (GDPR, article 17): what tells who they were goes; what happened stays, and every log holds."""

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.utils.translation import gettext as _

from . import clock, signals
from .batches import batched
from .models import AuditLine, AuditPlate, User
from .models.audit import record
from .models.closable import Refused, refuse_while_holding, require_admin, still_there

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
        row.language, row.role = "", User.Role.EMPLOYEE
        row.joined_at = row.last_login = None
        row.erased_at = clock.now()
        row.set_unusable_password()
        row.save()
        record(row.company_id, "user_erased", by=by)
    _sessions_go(person)


def _audit_log_forgets(person: User) -> None:
    """Blank their plates in the company's audit log, and what a line tells of them: an earlier name or address."""
    plates = AuditPlate.objects.filter(company=person.company).exclude(salt="")
    told = AuditLine.objects.filter(company=person.company).about(person).values_list("details", flat=True)
    words = {
        key for details in told if "person" in details for role, key in details.items() if role in ("before", "after")
    }
    for some in batched(words, 500):
        plates.filter(kind=AuditPlate.Kind.TEXT, pk__in=some).update(name="", salt="")
    plates.filter(kind=AuditPlate.Kind.USER, reference=person.pk).update(name="", salt="")


def _sign_in_goes(person: User) -> None:
    """Addresses, second factors, and whatever else hangs on the account alone: the rows that would go with it."""
    for relation in User._meta.related_objects:
        if relation.on_delete is models.CASCADE:
            relation.related_model._base_manager.filter(**{relation.field.name: person}).delete()
    # What support staff have done to the account is told with its name.
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.filter(content_type=kind, object_id=str(person.pk)).update(object_repr=ERASED)


def _sessions_go(person: User) -> None:
    """The sessions have ended with the password; here their rows go too. Each must be read to know whose it is, so this
    is no part of the transaction."""
    for session in Session.objects.iterator():
        if session.get_decoded().get("_auth_user_id") == str(person.pk):
            session.delete()
