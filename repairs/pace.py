"""How long repairs take at a company: what its own history says, against which what is slow stands out."""

from typing import Any

from django.db import connection
from django.db.models import FloatField
from django.db.models.expressions import RawSQL
from django.dispatch import receiver

from devices.models import Device
from devices.signals import paces_wanted

from .models import Repair

# So many of the latest repairs that are over say how it goes; of fewer than so many passages nothing can be said.
LATEST, ENOUGH = 500, 20
# Nine of ten took no longer.
SHARE = 0.9

_SECONDS = {
    "postgresql": "extract(epoch FROM {until}) - extract(epoch FROM {since})",
    "sqlite": "(julianday({until}) - julianday({since})) * 86400",
}
# When a passage begins and ends. A request that was not needed has waited, too.
PASSAGES = {
    Device.Status.NEEDS_REPAIR: ("opened_at", "coalesce(taken_in_at, closed_at)"),
    Device.Status.IN_REPAIR: ("taken_in_at", "closed_at"),
}
_LONGEST = """(
    SELECT min(took) FROM (
        SELECT took, cume_dist() OVER (ORDER BY took) AS share, count(*) OVER () AS passages FROM (
            SELECT {took} AS took, {since} AS since, device_id FROM {repairs}
            WHERE company_id = %s AND closed_at IS NOT NULL AND brought_in_id IS NULL
            ORDER BY closed_at DESC LIMIT {latest}
        ) AS latest JOIN {devices} AS device ON device.id = latest.device_id AND device.registered_at < since
    ) AS ranked WHERE share >= {share} AND passages >= {enough}
)"""


@receiver(paces_wanted)
def longest_of_nine_in_ten(company_id: int, **kwargs: Any) -> dict[str, RawSQL]:
    """How many seconds nine of ten devices stayed in Needs repair and in In repair at most, by the status.

    Whole passages only: none that a list brought along, which knows days at best, and none that began before the device
    was registered, nobody knows when. The cost is bounded however many repairs there are.
    """
    return {
        status: RawSQL(
            _LONGEST.format(
                took=_SECONDS[connection.vendor].format(since=since, until=until),
                since=since,
                repairs=Repair._meta.db_table,
                devices=Device._meta.db_table,
                latest=LATEST,
                share=SHARE,
                enough=ENOUGH,
            ),
            [company_id],
            FloatField(),
        )
        for status, (since, until) in PASSAGES.items()
    }
