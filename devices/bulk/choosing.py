"""Which devices: those that somebody has ticked, or all that match what a table shows. The set is frozen here."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import F, QuerySet, Value
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.models.closable import Refused
from devices.models import BulkAction, BulkDevice, Device

from .acts import figure

# More takes longer than a request may; and nobody oversees it.
MOST = 100_000
# Of one person's actions that wait to be confirmed, so many stay: each may hold that many rows until it is tidied away.
MOST_WAITING = 5


@transaction.atomic
def choose(
    act: str, devices: QuerySet[Device], table: str, *, by: User, values: dict[str, str] | None = None
) -> BulkAction:
    """A bulk action on these devices of the person's company, not confirmed yet; `values` is what its form is filled in
    with, where that is known. Raises Refused for no devices, and for too many."""
    assert by.company_id is not None
    action = BulkAction.objects.create(company_id=by.company_id, who=by, act=act, table=table, values=values or {})
    action.change(total=_freeze(action, devices.order_by("pk")))
    BulkAction.objects.filter(who=by, stage=BulkAction.Stage.ASKED).order_by("-pk")[MOST_WAITING:].forget()
    return action


def choose_again(action: BulkAction, *, by: User) -> BulkAction:
    """Another one on those devices of this one with which it was not done, as they are now. Raises as `choose` does."""
    left = BulkDevice.objects.filter(company=by.company_id, action=action).exclude(state=BulkDevice.State.DONE)
    devices = Device.objects.visible_to(by).filter(pk__in=left.values("device"))
    return choose(action.act, devices, action.table, by=by, values=action.values)


def _freeze(action: BulkAction, devices: QuerySet[Device]) -> int:
    """Note each device with its revision, in one statement: however many they are, none of them comes here."""
    facts: dict[str, Any] = {
        "company_id": F("company_id"),
        "action_id": Value(action.pk),
        "device_id": F("pk"),
        "seen": F("revision"),
        "state": Value(BulkDevice.State.WAITING.value),
        "problem": Value(""),
    }
    chosen = devices.values_list(*facts.values())[: MOST + 1]
    try:
        sql, params = chosen.query.sql_with_params()
    except EmptyResultSet:  # nothing can match, as Django sees without asking the database
        raise Refused(_("Choose at least one device.")) from None
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {BulkDevice._meta.db_table} ({', '.join(facts)}) {sql}", params)
        count = cursor.rowcount
    if not count:
        raise Refused(_("Choose at least one device."))
    if count > MOST:
        raise Refused(_("That is more than %(most)s devices. Filter the table further.") % {"most": figure(MOST)})
    return count
