"""What the forms for assigning offer, read at once, and no more of it than lists show."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import connections, router

from accounts.choosing import FEW
from accounts.models import Company, Payor, Space, User
from accounts.text import sort_key
from devices.models import Device

from .models import Repair
from .waiting import Waiting


class Choices(NamedTuple):
    payors: list[Payor]
    people: list[User]
    spaces: list[Space]
    waiting: list[Waiting]


_PAYORS, _PEOPLE, _SPACES, _REPAIRS, _DEVICES = (model._meta.db_table for model in (Payor, User, Space, Repair, Device))
# By hand, as Django takes longer to write this query than any database to answer it. PostgreSQL reads no more of each
# part than its limit where that stands within it, and all people or devices of the company where these are sorted, or
# joined to the repairs (devices/listing.py:NAMES). The company stands in it (accounts/planning.py).
_SQL = f"""
SELECT 'payor', id, name, kind, TRUE FROM {_PAYORS} WHERE company_id = %(company)d AND closed_at IS NULL
UNION ALL SELECT * FROM (
    SELECT 'user', id, full_name, email, TRUE FROM {_PEOPLE}
    WHERE company_id = %(company)d AND is_active LIMIT {FEW + 1}
) AS people
UNION ALL SELECT * FROM (
    SELECT 'space', id, name, '', TRUE FROM {_SPACES}
    WHERE company_id = %(company)d AND closed_at IS NULL LIMIT {FEW + 1}
) AS spaces
UNION ALL SELECT 'repair', id, (SELECT full_name FROM {_PEOPLE} WHERE id = waiting.holder_user_id),
    (SELECT name FROM {_DEVICES} WHERE id = waiting.device_id),
    (SELECT is_active FROM {_PEOPLE} WHERE id = waiting.holder_user_id)
FROM (
    SELECT id, holder_user_id, device_id FROM {_REPAIRS}
    WHERE company_id = %(company)d AND closed_at IS NULL AND holder_user_id IS NOT NULL AND device_id <> %%(device)s
    ORDER BY holder_user_id LIMIT {FEW + 1}
) AS waiting
"""


def read_choices(company: Company, device: Device) -> Choices:
    """The open payors; of the active people, the open spaces and the open repairs those of a list, and where these are
    too many for one, one more (`Chooser.few`, `waiting.first_open`)."""
    rows: dict[str, list[Any]] = {"payor": [], "user": [], "space": [], "repair": []}
    with connections[router.db_for_read(Device)].cursor() as cursor:
        cursor.execute(_SQL % {"company": company.pk}, {"device": device.pk})
        for kind, *values in cursor.fetchall():
            rows[kind].append(values)
    return Choices(
        sorted((Payor(pk=pk, name=name, kind=kind) for pk, name, kind, _there in rows["payor"]), key=_by_name),
        _few(lambda pk, name, email, _there: User(pk=pk, full_name=name, email=email), rows["user"]),
        _few(lambda pk, name, *_rest: Space(pk=pk, name=name), rows["space"]),
        _few(Waiting, rows["repair"]),
    )


def _few(make: Callable[..., Any], rows: list[Any]) -> list[Any]:
    """Of more than a list takes nobody looks at anything but their number."""
    return [make(*row) for row in rows] if len(rows) <= FEW else rows


def _by_name(payor: Payor) -> tuple[str, int]:
    return sort_key(payor.name), payor.pk
