from django.db.models import Count, Max, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from devices.models import Device

from .models import Repair

Status = Device.Status


def menu(request: HttpRequest) -> dict[str, dict[str, int]]:
    """The counts beside the tables in an admin's menu, in one query; nothing for anybody else."""
    user = getattr(request, "user", None)
    if user is None or not getattr(user, "is_admin", False):
        return {}
    devices = Device.objects.visible_to(user)
    nobody = Q(holder_user=None, holder_space=None)
    # Every page of an admin asks this, so the repairs come along: one number, the same for each device.
    repairs = Repair.objects.visible_to(user).order_by().values("company").annotate(number=Count("pk"))
    counts = devices.annotate(repairs_of_company=Subquery(repairs.values("number"))).aggregate(
        all=Count("pk", filter=~Q(status=Status.RECYCLED)),
        needs_repair=Count("pk", filter=Q(status=Status.NEEDS_REPAIR)),
        in_repair=Count("pk", filter=Q(status=Status.IN_REPAIR)),
        unassigned=Count("pk", filter=Q(status=Status.ACTIVE) & nobody),
        archived=Count("pk", filter=Q(status=Status.RECYCLED)),
        repairs=Coalesce(Max("repairs_of_company"), 0),
    )
    return {"menu": counts}
