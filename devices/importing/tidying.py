"""Lists that people brought are kept for some days, in case something has to be looked up; they hold personal data."""

from datetime import timedelta

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


def forget(which: Q) -> None:
    """Delete the lists of these imports, and what their reports quote of them; the numbers stay, and what it takes to
    undo it. One of which nothing is stored yet is given up."""
    for batch in Import.objects.filter(which).exclude(upload=None, refused=None).select_related("upload", "refused"):
        uploads = [upload.pk for upload in (batch.upload, batch.refused) if upload is not None]
        kept = {name: batch.findings[name] for name in ("rows", "counts") if name in batch.findings}
        empty = {"refused": {"first": [], "count": 0}, "left_alone": {"first": [], "count": 0}, "notices": []}
        findings = empty | {"unused_columns": [], "changes": []} | kept if kept else {}
        over = {"stage": Stage.GIVEN_UP, "finished_at": clock.now()} if batch.is_unstored else {}
        batch.change(findings=findings, **over)
        Upload.objects.filter(pk__in=uploads).delete()
