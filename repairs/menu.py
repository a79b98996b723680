from django.db import connection
from django.http import HttpRequest

from accounts.keyset import Total
from devices.models import Device

from .models import Repair

Status = Device.Status

# Beyond, the menu says "1,000+": it stands on every page of an admin, and must cost next to nothing.
MOST_COUNTED = 1000

_DEVICES, _REPAIRS = Device._meta.db_table, Repair._meta.db_table
_COUNTED = {
    **{status.value: f"{_DEVICES} WHERE company_id = %(company)s AND status = '{status.value}'" for status in Status},
    "unassigned": f"{_DEVICES} WHERE company_id = %(company)s AND status = '{Status.ACTIVE.value}' "
    "AND holder_user_id IS NULL AND holder_space_id IS NULL",
    "repairs": f"{_REPAIRS} WHERE company_id = %(company)s",
}
# By hand, as Django takes longer to write this query than any database to answer it.
_SQL = "SELECT " + ", ".join(
    f"(SELECT count(*) FROM (SELECT 1 FROM {rows} LIMIT {MOST_COUNTED + 1}) AS counted)" for rows in _COUNTED.values()
)


def menu(request: HttpRequest) -> dict[str, dict[str, Total]]:
    """The counts beside the tables in an admin's menu, in one query; nothing for anybody else."""
    user = getattr(request, "user", None)
    if user is None or not getattr(user, "is_admin", False) or user.company_id is None:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SQL, {"company": user.company_id})
        numbers = dict(zip(_COUNTED, (Total(number, MOST_COUNTED) for number in cursor.fetchone()), strict=True))
    all_of_them = numbers[Status.ACTIVE] + numbers[Status.NEEDS_REPAIR] + numbers[Status.IN_REPAIR]
    return {"menu": numbers | {"all": all_of_them, "archived": numbers[Status.RECYCLED]}}
