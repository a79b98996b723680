"""Lists that people brought are kept for some days, in case something has to be looked up; they hold personal data."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.dispatch import receiver

from accounts import clock, jobs
from accounts.models import Job, Upload, User
from accounts.signals import erasing
from devices.models import Import

Stage = Import.Stage

WORKING = Q(job__state__in=[Job.State.WAITING, Job.State.RUNNING])

# After it is over; and after it was begun, where nobody went on with it.
KEPT, WAITED_FOR = timedelta(days=7), timedelta(days=30)


@jobs.chore
def forget_lists(company_id: int) -> None:
    """Delete the lists of imports that are over, and of those that nobody goes on with."""
    over = Q(finished_at__lt=clock.now() - KEPT)
    left = Q(created_at__lt=clock.now() - WAITED_FOR)
    forget(Q(company_id=company_id) & (over | left) & ~WORKING)


@receiver(erasing)
def forget_lists_that_name(subject: User, **kwargs: object) -> None:
    """Somebody is erased, whom any list may name: all go that no worker is reading."""
    if subject.company_id is not None:
        forget(Q(company_id=subject.company_id) & ~WORKING)


@transaction.atomic
def forget(which: Q) -> None:
    """Delete the lists of these imports, and what their reports quote of them; the numbers stay, and what it takes to
    undo it. One of which nothing is stored yet is given up."""
    forgotten = Q(upload=None, refused=None) & ~Q(findings__has_key="stayed")
    for key in Import.objects.filter(which).exclude(forgotten).values_list("pk", flat=True):
        # Locked, as whoever lets a worker begin has it locked.
        batch = Import.objects.select_for_update(no_key=True).get(pk=key)
        if batch.is_working:
            continue
        uploads = [upload for upload in (batch.upload_id, batch.refused_id) if upload is not None]
        over = {"stage": Stage.GIVEN_UP, "finished_at": clock.now()} if batch.is_unstored else {}
        batch.change(findings=numbers_alone(batch.findings), **over)
        Upload.objects.filter(pk__in=uploads).delete()


def numbers_alone(findings: Mapping[str, Any]) -> dict[str, Any]:
    """Of what an import found, what quotes nothing of its list."""
    numbers = {name: findings[name] for name in ("rows", "counts") if name in findings}
    empty = {"refused": {"first": [], "count": 0}, "left_alone": {"first": [], "count": 0}, "notices": []}
    return empty | {"unused_columns": [], "changes": []} | numbers if numbers else {}
