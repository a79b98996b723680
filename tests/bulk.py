"""Bulk actions, taken as far as a test wants them."""

from unittest.mock import patch

from accounts import jobs
from devices.bulk import work
from devices.bulk.choosing import choose
from devices.bulk.preview import Preview
from devices.models import Device

# How far each is that a row of the table of routes is about.
BULK_STAGES = {
    "an action": "chosen",
    "a filled-in action": "filled in",
    "an action at work": "waiting",
    "a done action": "done",
}


def bulk_action(admin, stage, payor=None):
    """An action that lets this payor, else *Company*, pay for all that it does not pay for yet: "chosen", "filled in",
    "waiting" for a worker, "done". With what nobody holds it can't be done."""
    payor = payor or admin.company.own_payor
    devices = Device.objects.visible_to(admin).exclude(payor=payor, holder_user__isnull=False)
    action = choose("set_payor", devices, "all", by=admin)
    if stage == "chosen":
        return action
    action.change(values={"payor": str(payor.pk)})
    if stage == "filled in":
        return action
    preview = Preview(action, work.act_of(action))
    with patch.object(work, "AT_ONCE", 0):
        work.start(action, preview, preview.seal, by=admin)
    if stage == "done":
        jobs.carry_out(jobs.claim(admin.company_id, action.job_id))
    action.refresh_from_db()
    return action


def latest_seal(company):
    """What the confirmation of the company's latest action sends along; blank where something has to be chosen yet."""
    action = company.bulk_actions.order_by("pk").last()
    act = action and work.act_of(action)
    return Preview(action, act).seal if act else ""
