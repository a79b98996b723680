"""What bulk actions keep of each device is for trying again, and goes after some weeks: its log tells what happened."""

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.dispatch import receiver

from accounts import clock, jobs
from accounts.models import User
from accounts.signals import erasing
from devices.models import BulkAction, BulkDevice
from devices.signals import devices_going

# After it is over; and after it was begun, where nobody confirmed it.
KEPT, WAITED_FOR = timedelta(days=30), timedelta(days=1)


@jobs.chore
def forget_devices(company_id: int) -> None:
    """Of actions that are over the numbers stay, of those that nobody confirmed nothing does."""
    actions, now = BulkAction.objects.filter(company_id=company_id), clock.now()
    actions.filter(stage=BulkAction.Stage.ASKED, created_at__lt=now - WAITED_FOR).forget()
    # One that broke off has no end of its own, but neither has it a job for longer than jobs are kept.
    broke_off = Q(action__stage=BulkAction.Stage.RUNNING, action__job=None)
    over = Q(action__finished_at__lt=now - KEPT) | broke_off
    BulkDevice.objects.filter(over, company_id=company_id).delete()


@receiver(erasing)
def forget_who_stood_in_the_way(subject: User, **kwargs: Any) -> None:
    """A reason may name somebody, who is erased now."""
    rows = BulkDevice.objects.filter(company=subject.company, problem__contains=subject.full_name)
    rows.update(problem="")


@receiver(devices_going)
def forget_devices_that_go(company_id: int, keys: list[int], **kwargs: Any) -> None:
    """An import is undone that registered them."""
    BulkDevice.objects.filter(company_id=company_id, device__in=keys).delete()
