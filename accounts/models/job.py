"""Work that takes longer than a page may: a row that a worker takes up, and leases while it works."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event
from typing import Any

from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.keys import SameCompany, company_row

# Longer than the longest step by far. Whoever says nothing for so long is taken for dead.
LEASE = timedelta(seconds=60)
# So often it may be begun without getting any further.
MOST_ATTEMPTS = 5
# How long a step may wait for somebody's lock, and how long its transaction for the program. Less than the lease: else
# whoever takes a job over waits for the one that hangs in it, and so does the next.
LIMITS = {"lock_timeout": "30s", "idle_in_transaction_session_timeout": "45s"}

# Seconds, between two long steps on SQLite: more than who waits for its one lock needs to see that it is free.
LOOK = 0.25

# Set when this process is told to end.
told_to_stop = Event()


class LeaseLost(Exception):
    """Somebody else has taken the job up meanwhile, or it is wanted no longer. What this step wrote is taken back."""


class Stopped(Exception):
    """The process is told to end, between two steps. Another one goes on from there."""


class JobQuerySet(models.QuerySet["Job"]):
    def due(self) -> "JobQuerySet":
        """What waits, and what somebody began and left."""
        left = models.Q(state=Job.State.RUNNING, lease_until__lt=clock.now())
        return self.filter(models.Q(state=Job.State.WAITING) | left)


class Job(models.Model):
    """One piece of work of a company, for somebody. accounts/jobs.py enqueues, takes up and carries out."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    company = models.ForeignKey("accounts.Company", on_delete=models.PROTECT, related_name="jobs")
    kind = models.CharField(max_length=40)
    who = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    # How far it is, of how much; a total of 0 is not known yet.
    progress = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    # Which attempt the lease is given to; and how many there were since one got further than all before.
    attempts = models.PositiveIntegerField(default=0)
    attempts_in_vain = models.PositiveSmallIntegerField(default=0)
    furthest = models.PositiveBigIntegerField(default=0)
    # Longer than others should wait for: a worker does such jobs beside the short ones, not before them.
    is_long = models.BooleanField(default=False)
    details = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    # Why it failed, for whom it was done.
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [
            models.Index(
                fields=["company", "id"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="job_to_do",
            )
        ]
        constraints = [
            company_row("job_company_row"),
            SameCompany(field="who", name="job_who_same_company"),
            models.CheckConstraint(
                condition=models.Q(state="running", lease_until__isnull=False)
                | models.Q(state__in=["waiting", "done", "failed"], lease_until=None),
                name="job_leased_while_running",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_over(self) -> bool:
        return self.state in (Job.State.DONE, Job.State.FAILED)

    @contextmanager
    def step(self, progress: int, total: int | None = None) -> Iterator[None]:
        """One part of the work, a transaction of its own that sees the company's rows. It counts only while the lease
        is ours, and renews it. Raises LeaseLost, with nothing written, where it is not; Stopped, before anything is
        begun, when the process is told to end."""
        from accounts.scope import company_scope

        if told_to_stop.is_set():
            raise Stopped
        began = time.monotonic()
        with transaction.atomic(), company_scope(self.company_id, LIMITS):
            yield
            if progress > self.furthest:
                self.furthest, self.attempts_in_vain = progress, 0
            self.progress = progress
            self.total = self.total if total is None else total
            kept = ("progress", "total", "furthest", "attempts_in_vain")
            self._write(lease_until=clock.now() + LEASE, **{name: getattr(self, name) for name in kept})
        if connection.vendor == "sqlite":
            # Others wait meanwhile for the one lock that there is, and are to find it free.
            time.sleep(min(LOOK, (time.monotonic() - began) / 4))

    def _write(self, **values: object) -> None:
        """Change the row while it is ours. Raises LeaseLost."""
        mine = Job.objects.filter(pk=self.pk, state=Job.State.RUNNING, attempts=self.attempts)
        if not mine.update(**values):
            raise LeaseLost

    def withdraw(self) -> None:
        """Whoever asked for it wants it no longer. A worker that is at it finds out at the end of its step, which is
        taken back. Belongs inside a transaction."""
        self.state, self.lease_until, self.finished_at = Job.State.FAILED, None, clock.now()
        self.save(update_fields=["state", "lease_until", "finished_at"])

    def postpone(self) -> None:
        """Let it be begun again when its lease has run out, as if this attempt had not been. Raises LeaseLost."""
        self._write(lease_until=clock.now() + LEASE, attempts_in_vain=max(self.attempts_in_vain - 1, 0))

    def end(self, state: str, **values: object) -> None:
        """Done, failed, or back among those that wait. Raises LeaseLost."""
        finished = None if state == Job.State.WAITING else clock.now()
        self._write(state=state, lease_until=None, finished_at=finished, **values)


class Worked(models.Model):
    """What somebody began and workers have to do with, one job after the other."""

    who = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    # What is being done with it now, or was last.
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, related_name="+", null=True)
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def is_working(self) -> bool:
        """Whether a worker is at it, or will be."""
        return self.job is not None and not self.job.is_over

    @property
    def problem(self) -> str:
        """Why the last piece of work on it failed; blank where it didn't."""
        return self.job.problem if self.job is not None else ""

    def change(self, **values: Any) -> None:
        """Set and save these."""
        for name, value in values.items():
            setattr(self, name, value)
        self.save(update_fields=list(values))
