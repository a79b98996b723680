"""Bulk actions, taken as far as a test wants them."""

from accounts import jobs
from devices.bulk.acts import find
from devices.bulk.choosing import choose
from devices.bulk.preview import Preview
from devices.bulk.work import act_of, start
from devices.models import Device

# How far each is that a row of the table of routes is about.
BULK_STAGES = {"an action": "chosen", "a filled-in action": "filled in", "a done action": "done"}


def bulk_action(admin, stage):
    """An action that lets a payor pay for what the company has: "chosen", "filled in", "waiting" for a worker, "done".
    It can be done with what somebody holds, and not with the rest."""
    payor = admin.company.payors.get(kind="company")
    devices = Device.objects.visible_to(admin).exclude(payor=payor, holder_user__isnull=False)
    action = choose(find("set_payor"), devices, "all", by=admin)
    if stage == "chosen":
        return action
    action.change(values={"payor": str(payor.pk)})
    if stage == "filled in":
        return action
    preview = Preview(action, act_of(action))
    start(action, preview, preview.count, by=admin)
    if stage == "done":
        jobs.carry_out(jobs.claim(admin.company_id, action.job_id))
    action.refresh_from_db()
    return action
