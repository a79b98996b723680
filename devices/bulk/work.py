"""Doing it: each device in a transaction of its own, which also notes that it is done. So whoever goes on after a
killed worker does no device twice."""

import logging

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from accounts import clock, jobs
from accounts.models import Job, User
from accounts.models.audit import record
from accounts.models.closable import Refused
from devices.models import BulkAction, BulkDevice, Device

from .acts import Act, ActForm, find
from .preview import Preview

logger = logging.getLogger("velory.work")

State = BulkDevice.State
# So many are done before the page answers; of more, a worker tells how far it is.
AT_ONCE = 50
# More take longer than others should wait for.
LONG = 1_000


def form_of(action: BulkAction) -> ActForm | None:
    """The form of its act, filled in with what was chosen; None for an act that asks for nothing."""
    act = find(action.act)
    if act is None or act.form is None:
        return None
    return act.form(action.values or None, company=action.company)


def act_of(action: BulkAction) -> Act | None:
    """Its act, with what was chosen; None while something has to be chosen, or can't be any more."""
    act, form = find(action.act), form_of(action)
    if act is None or (form is not None and not form.is_valid()):
        return None
    return act(action.company, form.cleaned_data if form is not None else {})


def start(action: BulkAction, preview: Preview, seal: str, *, by: User) -> None:
    """Let it be done as the confirmation said, which had this seal. Belongs inside the transaction in which the action
    was locked. Raises Refused where it would be something else by now, or where there is no device left."""
    preview.leave_out()
    count = action.rows.filter(state=State.WAITING).count()
    if not count or count != preview.count or not constant_time_compare(seal, preview.seal):
        raise Refused(_("Something has changed since you opened the page. Nothing was done: look again."))
    job = jobs.enqueue("devices_bulk_action", who=by, is_long=count > LONG, action=action.pk)
    action.change(job=job, who=by, stage=BulkAction.Stage.RUNNING)
    if count <= AT_ONCE:
        jobs.do_at_once(job)


@jobs.kind("devices_bulk_action")
def carry_out(job: Job) -> dict[str, object]:
    with job.step(job.progress):
        actions = BulkAction.objects.filter(company=job.company_id).select_related("company")
        action = actions.get(pk=job.details["action"])
        if action.stage != BulkAction.Stage.RUNNING:  # whoever did the last of it died before the job ended
            return {}
        act = act_of(action)
        total = action.rows.exclude(state=State.LEFT_OUT).count()
        if act is None:
            why = _("What was chosen can't be chosen any more. Try again, and choose something else.")
            action.rows.filter(state=State.WAITING).update(state=State.FAILED, problem=why)
            _end(action, BulkAction.Stage.DONE, by=action.who)
            return {}
    with job.step(job.progress, total):
        pass
    preview, last = Preview(action, act), 0
    while last := _do_next(job, preview, after=last):
        pass
    return {}


def _do_next(job: Job, preview: Preview, *, after: int) -> int:
    """The next device behind the row with this key. Returns that of its own; 0 where none was left, and it is over."""
    action, act = preview.action, preview.act
    with job.step(min(job.progress + 1, job.total)):
        waiting = action.rows.filter(state=State.WAITING, pk__gt=after).order_by("pk")
        row = waiting.select_related("device__holder_user", "device__holder_space").first()
        if row is None:
            _end(action, BulkAction.Stage.DONE, by=action.who)
            return 0
        # Read each time: whoever is no admin any more, or has no repair flow, does nothing from then on.
        by = User.objects.select_related("company").get(company=job.company_id, pk=job.who_id)
        row.state, row.problem = State.DONE, ""
        try:
            with transaction.atomic():
                act.do(row.device, by=by, seen=row.seen)
        except Device.DoesNotExist:  # an import was undone meanwhile, and its row here goes with it
            return row.pk
        except (Refused, PermissionDenied, ValidationError, IntegrityError) as error:
            # In the words of the confirmation where it has any: those of a verb name the one device, and so each reason
            # would be another one.
            row.state, row.problem = State.FAILED, preview.why_not(row.device) or _in_words(error)
        except (OperationalError, InterfaceError):  # no matter of this device: the step is tried again
            raise
        except Exception:
            # A defect that one device has met keeps no other from being done.
            logger.exception("%s failed at device %d", job, row.device_id, extra={"facts": {"device": row.device_id}})
            row.state, row.problem = State.FAILED, str(jobs.OUR_FAULT)
        row.save(update_fields=["state", "problem"])
    return row.pk


def _in_words(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, IntegrityError):
        return _("Somebody changed it at the same moment.")
    return str(error) or _("You may not do this with the device.")


def stop(action: BulkAction, *, by: User) -> None:
    """Do no more of it: what was done stays, the rest can be tried again. Belongs inside the transaction in which the
    action was locked. A worker that is at a device takes that step back. Raises Refused where it is over already."""
    job = Job.objects.select_for_update(no_key=True).filter(company=action.company_id, pk=action.job_id or 0).first()
    if job is None or job.is_over:
        raise Refused(_("It is over already. Nothing was stopped."))
    job.withdraw()
    _end(action, BulkAction.Stage.STOPPED, by=by)


@jobs.when_failed("devices_bulk_action")
def break_off(job: Job) -> None:
    """Workers have given it up: say so where it is looked for, with what was done until then."""
    action = BulkAction.objects.select_related("who").get(company=job.company_id, pk=job.details["action"])
    _end(action, BulkAction.Stage.BROKEN, by=action.who)


# The line of the company's audit log, by how it ended.
LINES = {
    BulkAction.Stage.DONE: "device_bulk_action",
    BulkAction.Stage.STOPPED: "device_bulk_action_stopped",
    BulkAction.Stage.BROKEN: "device_bulk_action_broken_off",
}


def _end(action: BulkAction, stage: BulkAction.Stage, *, by: User) -> None:
    done = action.rows.filter(state=State.DONE).count()
    action.change(stage=stage, finished_at=clock.now(), done=done)
    act = find(action.act)
    words = {"action": str(act.name if act else action.act), "done": str(done), "all": str(action.total)}
    record(action.company_id, LINES[stage], by=by, **words)
