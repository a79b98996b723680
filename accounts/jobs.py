"""Work in the background: enqueued together with what asks for it, taken up by one worker, gone on with by another when
that one dies.

A kind is a function that does its work in steps (`Job.step`) and may be begun anew at any of them: what a step has
written tells the next attempt where to go on.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg.errors import LockNotAvailable

from . import clock, scope
from .models import User
from .models.job import LEASE, MOST_ATTEMPTS, Job, LeaseLost, Stopped
from .scope import company_scope
from .turns import wait_for_turn

Act = Callable[[Job], dict[str, Any]]

logger = logging.getLogger("velory.work")

_kinds: dict[str, Act] = {}
_alone: set[str] = set()
_when_failed: dict[str, Callable[[Job], None]] = {}
_chores: list[Callable[[int], None]] = []

# What is over is of no use for longer; whoever asked for it keeps its result elsewhere.
KEPT = timedelta(days=30)


# What whoever asked for it is told of a defect.
OUR_FAULT = gettext_lazy("Something went wrong on our side. Velory Support can tell from the log what it was.")


class GivenUp(Exception):
    """The work can't be done. `str()` tells whoever asked for it why."""


def kind(name: str, *, is_alone: bool = False) -> Callable[[Act], Act]:
    """Decorator: the function does the jobs of this kind, and returns their result. Of those that are alone a company
    has one at a time: they write so much that two would be in each other's way."""

    def register(act: Act) -> Act:
        _kinds[name] = act
        if is_alone:
            _alone.add(name)
        return act

    return register


def when_failed(*names: str) -> Callable[[Callable[[Job], None]], Callable[[Job], None]]:
    """Decorator: the function is called for each job of these kinds that has failed for good, in the transaction that
    notes it, which sees the company's rows. Nobody comes back to such a job."""

    def register(tell: Callable[[Job], None]) -> Callable[[Job], None]:
        _when_failed.update(dict.fromkeys(names, tell))
        return tell

    return register


def chore(act: Callable[[int], None]) -> Callable[[int], None]:
    """Decorator: the function is called now and then for each company, by its key and within its scope, to tidy up."""
    _chores.append(act)
    return act


def enqueue(name: str, *, who: User, is_long: bool = False, **details: Any) -> Job:
    """Put a job among those that wait, inside the caller's transaction: it is done if that is kept. It speaks the
    language of now. What takes longer than some ten seconds is long, and keeps no short job waiting."""
    details["language"] = translation.get_language() or settings.LANGUAGE_CODE
    assert who.company_id is not None
    return Job.objects.create(company_id=who.company_id, kind=name, who=who, is_long=is_long, details=details)


def do_at_once(job: Job) -> None:
    """Short work isn't left to a worker: it is done here as soon as the caller's transaction is kept, so that the page
    that follows can tell what came of it. Should this process die, a worker goes on with it, as with any other."""

    def do() -> None:
        claimed = claim(job.company_id, job.pk)
        if claimed is not None:  # else a worker was quicker
            carry_out(claimed)

    transaction.on_commit(do, robust=True)


# What a worker does


def work(**which: bool) -> bool:
    """Do one job of each company that has any, of those `which` says (fields of Job). Whether there was one."""
    with scope.support():
        due = Job.objects.due().filter(**which)
        waiting = list(due.order_by("company_id").values_list("company_id", flat=True).distinct())
    found = False
    for company_id in waiting:
        if (job := claim(company_id, **which)) is not None:
            carry_out(job)
            found = True
    return found


def claim(company_id: int, key: int | None = None, **which: bool) -> Job | None:
    """Lease the company's oldest job that is due, or the one with this key, unless another worker is at it; of those
    alone that `which` says. One that was begun and left too often is failed instead."""
    with transaction.atomic(), company_scope(company_id):
        due = Job.objects.due().filter(company_id=company_id, **which).order_by("pk")
        if _is_one_alone(company_id):
            due = due.exclude(kind__in=_alone)
        if key is not None:
            due = due.filter(pk=key)
        # SQLite has no row locks: there the IMMEDIATE transaction is the lock.
        job = due.select_for_update(skip_locked=True, no_key=True).first()
        if job is None:
            return None
        job.state, job.lease_until = Job.State.RUNNING, clock.now() + LEASE
        job.attempts, job.attempts_in_vain = job.attempts + 1, job.attempts_in_vain + 1
        job.save(update_fields=["state", "attempts", "attempts_in_vain", "lease_until"])
    if job.attempts_in_vain <= MOST_ATTEMPTS:
        return job
    # Behind the transaction that has locked the job: whoever stops an action locks that first, and then its job.
    interrupted = job.attempts_in_vain - 1
    with _language_of(job):
        problem = _("It was interrupted %(count)d times, so it was given up.") % {"count": interrupted}
    _end(job, Job.State.FAILED, problem=problem)
    logger.error("%s was interrupted %d times", job, interrupted, extra={"facts": _facts(job)})
    return None


def _is_one_alone(company_id: int) -> bool:
    """Whether a worker is at a job of the company beside which another such must not begin. Two who look at the same
    moment look one after the other."""
    wait_for_turn(f"jobs {company_id}")
    running = Job.objects.filter(company_id=company_id, kind__in=_alone, state=Job.State.RUNNING)
    return running.filter(lease_until__gte=clock.now()).exists()


def carry_out(job: Job) -> None:
    """Do a job that was claimed. Raises Stopped, with the job back among those that wait."""
    began = time.perf_counter()
    values: dict[str, Any]
    try:
        with _language_of(job):
            outcome, values = Job.State.DONE, {"result": _kinds[job.kind](job)}
    except LeaseLost:
        logger.warning("%s was taken from this worker", job, extra={"facts": _facts(job)})
        return
    except Stopped:
        # Being told to end is no attempt in vain.
        _end(job, Job.State.WAITING, attempts_in_vain=max(job.attempts_in_vain - 1, 0))
        raise
    except GivenUp as reason:
        outcome, values = Job.State.FAILED, {"problem": str(reason)}
    except (OperationalError, InterfaceError) as error:
        with suppress(OperationalError, InterfaceError):
            if isinstance(error.__cause__, LockNotAvailable):
                _wait_for_lock(job)
                return
            # The database is away. Somebody tries again: at once, or, where it can't even be said so, when the lease
            # has run out.
            logger.exception("%s met trouble with the database", job, extra={"facts": _facts(job)})
            _end(job, Job.State.WAITING)
        return
    except Exception:
        logger.exception("%s failed", job, extra={"facts": _facts(job)})
        with _language_of(job):
            problem = str(OUR_FAULT)
        outcome, values = Job.State.FAILED, {"problem": problem}
    _end(job, outcome, **values)
    facts = _facts(job) | {"outcome": str(outcome), "duration_ms": round((time.perf_counter() - began) * 1000)}
    logger.info("%s %s in %d ms", job.kind, outcome, facts["duration_ms"], extra={"facts": facts})


def _wait_for_lock(job: Job) -> None:
    """Somebody has locked what it needs, such as a long import at the console, which is no attempt in vain. Its lease
    is to run out first, so that other work is done meanwhile."""
    logger.warning("%s waits for somebody's lock", job, extra={"facts": _facts(job)})
    try:
        with transaction.atomic(), company_scope(job.company_id):
            job.postpone()
    except LeaseLost:
        logger.warning("%s was taken from this worker", job, extra={"facts": _facts(job)})


def _end(job: Job, state: str, **values: Any) -> None:
    try:
        with transaction.atomic(), company_scope(job.company_id), _language_of(job):
            if state == Job.State.FAILED:
                _tell_of_failure(job)
            job.end(state, **values)
    except LeaseLost:
        logger.warning("%s was taken from this worker", job, extra={"facts": _facts(job)})


def _tell_of_failure(job: Job) -> None:
    """The kind's own word on it. What goes wrong there must not keep the job from ending."""
    try:
        with transaction.atomic():
            _when_failed.get(job.kind, lambda job: None)(job)
    except Exception:
        logger.exception("The end of %s could not be told", job, extra={"facts": _facts(job)})


def _language_of(job: Job) -> Any:
    return translation.override(job.details.get("language", settings.LANGUAGE_CODE))


def _facts(job: Job) -> dict[str, Any]:
    return {"job": job.pk, "kind": job.kind, "company": job.company_id, "user": job.who_id}


def tidy() -> None:
    """Every company's chores, and jobs that have been over for long. One that fails keeps no other from being done."""
    for company in scope.every_company():
        for act in _chores:
            try:
                with transaction.atomic():
                    act(company.pk)
            except Exception:
                logger.exception("A chore of company %d failed", company.pk, extra={"facts": {"company": company.pk}})
        Job.objects.filter(company=company, finished_at__lt=clock.now() - KEPT).delete()
