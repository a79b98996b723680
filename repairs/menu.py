from django.db.models import Count, Q
from django.http import HttpRequest

from devices.models import Device

from .models import Repair

Status = Device.Status


def menu(request: HttpRequest) -> dict[str, dict[str, int]]:
    """The counts beside the tables in an admin's menu, in two queries; nothing for anybody else."""
    user = getattr(request, "user", None)
    if user is None or not getattr(user, "is_admin", False):
        return {}
    devices = Device.objects.visible_to(user)
    nobody = Q(holder_user=None, holder_space=None)
    counts = devices.aggregate(
        all=Count("pk", filter=~Q(status=Status.RECYCLED)),
        needs_repair=Count("pk", filter=Q(status=Status.NEEDS_REPAIR)),
        in_repair=Count("pk", filter=Q(status=Status.IN_REPAIR)),
        unassigned=Count("pk", filter=Q(status=Status.ACTIVE) & nobody),
        archived=Count("pk", filter=Q(status=Status.RECYCLED)),
    )
    return {"menu": counts | {"repairs": Repair.objects.visible_to(user).count()}}
