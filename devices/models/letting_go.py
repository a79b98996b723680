"""The one deletion of devices: those that an import made, with their whole logs, when it is undone.

The database lets lines of a log go only then (`Event.LET_GO`): the first line says that an import made the device, that
import is being undone, and nothing has been written since. On PostgreSQL the application has no right to delete lines
even so; a function of the owner's does it (accounts/triggers.py).
"""

from collections.abc import Sequence

from django.db import connection

from devices.signals import devices_going

from .assignment import Assignment
from .device import Device
from .event import Event
from .note import Note


def let_go(company_id: int, keys: Sequence[int]) -> None:
    """Delete these devices of a company and all that hangs on them. Belongs inside a transaction. Raises IntegrityError
    for any that may not go."""
    devices = Device.objects.filter(company_id=company_id, pk__in=keys)
    devices_going.send(sender=Device, company_id=company_id, keys=list(keys))
    for model in (Assignment, Note):
        model.objects.filter(company_id=company_id, device__in=keys).delete()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT velory_let_go_event(%s)", [list(keys)])
        else:
            marks = ", ".join(["%s"] * len(keys))
            # The first line goes last: it says that the others may.
            for lines in ("sequence > 1", "sequence = 1"):
                cursor.execute(
                    f"DELETE FROM {Event._meta.db_table} WHERE company_id = %s AND {lines} AND device_id IN ({marks})",
                    [company_id, *keys],
                )
    devices._raw_delete(using=connection.alias)
