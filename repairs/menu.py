from collections.abc import Mapping
from functools import lru_cache

from django.db import connection
from django.http import HttpRequest

from accounts import clock
from accounts.keyset import MOST_COUNTED, Total
from devices.models import Device

from .models import Repair

Status = Device.Status

# Beyond, the menu says "1,000+": it stands on every page of an admin, and must cost next to nothing.
MOST_IN_MENU = 1000

_DEVICES, _REPAIRS = Device._meta.db_table, Repair._meta.db_table
_COUNTED = {
    **{status.value: f"{_DEVICES} WHERE company_id = %(company)d AND status = '{status.value}'" for status in Status},
    "unassigned": f"{_DEVICES} WHERE company_id = %(company)d AND status = '{Status.ACTIVE.value}' "
    "AND holder_user_id IS NULL AND holder_space_id IS NULL ORDER BY name_key",  # the order lets SQLite see its index
    "repairs": f"{_REPAIRS} WHERE company_id = %(company)d",
    "all": f"{_DEVICES} WHERE company_id = %(company)d AND archived_at IS NULL",
}
# By hand, as Django takes longer to write this query than any database to answer it. The company and the limits stand
# in it, as in all that may be planned once (accounts/planning.py).
_COUNT = {
    name: f"(SELECT count(*) FROM (SELECT 1 FROM {rows} LIMIT %({name})d) AS counted)"
    for name, rows in _COUNTED.items()
}
# Seconds for which a process takes for granted that what it counted to a limit holds so many still: at a million
# devices the page would spend an eighth of its time on finding out that it does.
KEPT = 30
# What each table shows.
_TABLES = {
    "all": "all",
    "needs-repair": Status.NEEDS_REPAIR.value,
    "in-repair": Status.IN_REPAIR.value,
    "unassigned": "unassigned",
    "archived": Status.RECYCLED.value,
}
# With nothing but these in its address a table shows all that it holds; what it shows else, it counts itself.
_WHOLE = {"sort", "page", "filters"}


def menu(request: HttpRequest) -> dict[str, object]:
    """The counts beside the tables in an admin's menu, in one query at most; nothing for anybody else. Within a table
    of Hardware that one is counted further, and is the page's `total` unless the view knows another."""
    user = getattr(request, "user", None)
    if user is None or not getattr(user, "is_admin", False) or user.company_id is None:
        return {}
    table = _table(request)
    is_whole = _WHOLE.issuperset(name for name, value in request.GET.items() if value)
    most = MOST_COUNTED if is_whole else MOST_IN_MENU
    limits = {name: 1 + (most if name == _TABLES.get(table) else MOST_IN_MENU) for name in _COUNTED}
    counted = _count(user.company_id, limits)
    counted |= {name: counted[shown] for name, shown in _TABLES.items()}
    numbers = {name: Total(number, MOST_IN_MENU) for name, number in counted.items()}
    total = {"total": Total(counted[table], most)} if table in _TABLES else {}
    return {"menu": numbers, **total}


def _count(company_id: int, limits: Mapping[str, int]) -> dict[str, int]:
    """How many each holds, counted to its limit."""
    full = counted_to_a_limit(company_id, int(clock.now().timestamp() // KEPT))
    counted = dict(limits)
    if asked := [name for name, limit in limits.items() if full.get(name, 0) < limit]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(_COUNT[name] for name in asked)}" % {"company": company_id, **limits})
            counted |= zip(asked, cursor.fetchone(), strict=True)
        full |= {name: counted[name] for name in asked if counted[name] == limits[name]}
    return counted


@lru_cache(maxsize=1000)
def counted_to_a_limit(company_id: int, period: int) -> dict[str, int]:
    """What was counted to a limit in this period of `KEPT` seconds, and to which; filled as it is found out."""
    return {}


def _table(request: HttpRequest) -> str:
    """The table of Hardware that the page is; blank where it is none."""
    match = request.resolver_match
    if match is None or match.view_name not in ("devices:hardware", "devices:hardware_table"):
        return ""
    return match.kwargs.get("table", "all")
