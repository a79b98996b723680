"""How long repairs take at a company: what its own history says, against which what is slow stands out."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.dispatch import receiver

from devices.models import Device
from devices.signals import paces_wanted

from .models import Repair

# So many of the latest repairs that are over say how it goes; of fewer than so many passages nothing can be said.
LATEST, ENOUGH = 1000, 20
# Nine of ten took no longer.
SHARE = 0.9

_SECONDS = {
    "postgresql": "extract(epoch FROM {until}) - extract(epoch FROM {since})",
    "sqlite": "(julianday({until}) - julianday({since})) * 86400",
}


def _took(since: str, until: str) -> str:
    return _SECONDS[connection.vendor].format(since=since, until=until)


@receiver(paces_wanted)
def longest_of_nine_in_ten(company_id: int, **kwargs: Any) -> dict[str, timedelta]:
    """How long nine of ten stayed in Needs repair and in In repair at most, by the status.

    Whole passages only, one that was not needed among them: it waited, too. One statement, whose cost is bounded
    however many repairs there are; an index holds all that it reads.
    """
    sql = f"""
        WITH latest AS (
            SELECT opened_at, taken_in_at, closed_at FROM {Repair._meta.db_table}
            WHERE company_id = %(company)s AND closed_at IS NOT NULL ORDER BY closed_at DESC LIMIT {LATEST}
        ), passages AS (
            SELECT '{Device.Status.NEEDS_REPAIR}' AS status,
                {_took("opened_at", "coalesce(taken_in_at, closed_at)")} AS took FROM latest
            UNION ALL
            SELECT '{Device.Status.IN_REPAIR}', {_took("taken_in_at", "closed_at")}
            FROM latest WHERE taken_in_at IS NOT NULL
        )
        SELECT status, min(took) FROM (
            SELECT status, took, cume_dist() OVER (PARTITION BY status ORDER BY took) AS share,
                count(*) OVER (PARTITION BY status) AS passages
            FROM passages
        ) AS ranked WHERE share >= {SHARE} AND passages >= {ENOUGH} GROUP BY status"""
    with connection.cursor() as cursor:
        cursor.execute(sql, {"company": company_id})
        return {status: timedelta(seconds=float(took)) for status, took in cursor.fetchall()}
