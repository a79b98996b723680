"""Lists that people brought are kept for some days, in case something has to be looked up; they hold personal data."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.dispatch import receiver

from accounts import clock, jobs
from accounts.importing.report import Report
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
    for company, key in Import.objects.filter(which).exclude(forgotten).values_list("company", "pk"):
        # Locked, as whoever lets a worker begin has it locked.
        batch = Import.objects.select_for_update(no_key=True).get(company=company, pk=key)
        if batch.is_working:
            continue
        uploads = [upload for upload in (batch.upload_id, batch.refused_id) if upload is not None]
        findings = Report.from_json(batch.findings).numbers_alone().as_json() if "counts" in batch.findings else {}
        over = {"stage": Stage.GIVEN_UP, "finished_at": clock.now()} if batch.is_unstored else {}
        batch.change(findings=findings, **over)
        Upload.objects.filter(company=company, pk__in=uploads).delete()
