"""Acting on many devices: chosen in a table, confirmed, done one by one, told of, tried again."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import clock, jobs
from accounts.erasing import erase
from accounts.models import AuditLine, Job
from accounts.models.job import LEASE, MOST_ATTEMPTS
from devices.bulk import work
from devices.bulk.acts import Hurdle
from devices.bulk.choosing import MOST_WAITING
from devices.bulk.preview import Preview
from devices.labels import SHEETS, code_of, sheets_of
from devices.models import BulkAction, BulkDevice
from tests.factories import DeviceFactory
from tests.importer import imported
from tests.world import log_of


class Admin:
    """An IT admin at the pages; short work is done as the browser waits for the answer, as in earnest."""

    def __init__(self, person, capture):
        self.client = Client()
        self.client.force_login(person)
        self.company, self._capture = person.company, capture

    def choose(self, table, act, devices=(), query="", **fields):
        """Tick these in a table, or `all="on"`, and say what is to be done. Returns the action, None for none."""
        sent = {"act": act, "device": [getattr(device, "pk", device) for device in devices], **fields}
        before = BulkAction.objects.order_by("-pk").first()
        self.response = self.client.post(reverse("devices:choose_many", args=[table]) + query, sent)
        latest = BulkAction.objects.order_by("-pk").first()
        return latest if latest != before else None

    def fill_in(self, action, **values):
        self.response = self.client.post(reverse("devices:bulk_choose", args=[action.pk]), values)

    def words(self, action, query=""):
        self.response = self.client.get(action.get_absolute_url() + query)
        return " ".join(self.response.text.split())

    def seal(self, action):
        """What the confirmation that is shown now sends along; blank where there is none."""
        found = re.search(r'name="seal" value="(\w+)"', self.words(action))
        return found[1] if found else ""

    def start(self, action, seal=None):
        seal = self.seal(action) if seal is None else seal
        with self._capture(execute=True):
            self.response = self.client.post(reverse("devices:bulk_start", args=[action.pk]), {"seal": seal})
        action.refresh_from_db()
        return self.response.status_code

    def again(self, action):
        self.response = self.client.post(reverse("devices:bulk_again", args=[action.pk]))
        return BulkAction.objects.order_by("-pk").first()


@pytest.fixture
def ada(world, django_capture_on_commit_callbacks):
    return Admin(world.admin, django_capture_on_commit_callbacks)


@pytest.fixture
def bodil(world, django_capture_on_commit_callbacks):
    return Admin(world.second_admin, django_capture_on_commit_callbacks)


def states(action):
    return sorted(action.rows.values_list("device__name", "state"))


def report(*devices, by):
    return [device.move("report", by=by) for device in devices]


# From choosing to the result


def test_a_move_of_many_names_what_will_happen_and_does_each_as_its_own_page_would(ada, world):
    laptop, monitor = report(world.laptop, world.monitor, by=world.admin)
    action = ada.choose("all", "take_in", [laptop, monitor, world.tablet, world.globex_laptop, 10**12, "x"])
    words = ada.words(action)
    for said in (
        "Move 2 devices to “In repair”?",
        "Eva Lind will be unassigned: 1 device.",
        "Stock shelf will be unassigned: 1 device.",
        "Payor changes from Employee to Company: 1 device.",
        "The backups of 2 devices are not confirmed yet.",
        "Release them from MDM before you send them.",
        "1 device:</strong> It is Active, not Active - needs repair.",
        world.tablet.get_absolute_url(),
    ):
        assert said in words, said
    assert "Latitude" not in words
    assert ada.start(action) == 302
    world.again()
    assert [world.laptop.status, world.monitor.status, world.tablet.status] == ["in_repair", "in_repair", "active"]
    assert log_of(world.laptop, since=laptop) == [
        "Ada Holm moved device to In repair.",
        "Ada Holm unassigned device from Eva Lind.",
        "Ada Holm changed payor from Employee to Company.",
        "Ada Holm was asked to release device from MDM.",
    ]
    assert (action.stage, action.done, action.total) == ("done", 2, 3)
    words = ada.words(action)
    assert "1 device is as it was" in words
    assert "1 ×</strong> It is Active, not Active - needs repair." in words
    assert "MacBook Pro 14" in ada.words(action, "?done=1")
    line = AuditLine.objects.filter(company=world.acme).order_by("-sequence").with_names()[0]
    assert line.sentence == "Ada Holm acted on many devices at once (Move to “In repair”): done with 2 of 3."
    listed = ada.client.get(reverse("devices:bulk_actions")).text
    assert action.get_absolute_url() in listed
    assert "2 of 3 done" in listed


def test_what_an_act_asks_for_is_asked_first_and_decides_what_can_be_done(ada, world):
    broken = report(world.phone, by=world.employee)[0].move("take_in", by=world.admin)
    waiting = report(world.laptop, by=world.employee)[0]
    action = ada.choose("all", "assign_to_space", [broken, waiting, world.monitor, world.spare, world.tablet])
    assert "5 devices are chosen." in ada.words(action)
    assert ada.start(action) == 409
    ada.fill_in(action, space=world.globex_shelf.pk, payor=world.employee_payor.pk)
    assert ada.response.text.count("Select a valid choice") == 4  # on top, and beside its field
    ada.fill_in(action, space=world.shelf.pk, payor=world.company_payor.pk)
    words = ada.words(action)
    for said in (
        "Assign 3 devices to Stock shelf?",
        "Carl Berg will be unassigned: 1 device.",
        "Payor changes from Cost centre 4711 to Company: 1 device.",
        "Company becomes the payor of 1 device that has none.",
        "1 device is in repair: its repair closes as repaired.",
        "1 device is still in MDM. The prompt to release it closes as no longer needed.",
        "It is waiting for repair. Revert it or take it in before you change who holds it.",
        "It is assigned to Stock shelf already.",
    ):
        assert said in words, said
    assert ada.start(action) == 302
    world.again()
    assert {world.phone.holder, world.spare.holder, world.tablet.holder} == {world.shelf}
    assert world.laptop.holder == world.employee
    assert "Ada Holm assigned repaired device to Stock shelf." in log_of(world.phone, since=broken)


def test_each_act_does_what_its_words_say(ada, world):
    def do(act, device, **values):
        action = ada.choose("archived" if act == "restore" else "all", act, [device])
        if values:
            ada.fill_in(action, **values)
        assert ada.start(action) == 302, act
        return type(device).objects.with_people().get(pk=device.pk)

    laptop = do("set_payor", world.laptop, payor=world.cost_centre.pk)
    assert (laptop.holder, laptop.payor) == (world.employee, world.cost_centre)
    laptop = do("revert", laptop.move("report", by=world.employee))
    assert (laptop.status, laptop.repairs.get().outcome) == ("active", "not_needed")
    laptop = do("finish", laptop.move("report", by=world.employee).move("take_in", by=world.admin))
    assert (laptop.status, laptop.holder, laptop.returned_from_repair) == ("active", None, True)
    phone = world.phone.move("report", by=world.employee).move("take_in", by=world.admin)
    phone = do("recycle", phone, outcome="replaced")
    assert (phone.status, phone.repairs.get().outcome, phone.repairs.get().may_order) == ("recycled", "replaced", True)
    action = ada.choose("archived", "restore", [phone])
    assert "1 device is still in MDM: release it there." in ada.words(action)
    phone = do("restore", phone)
    assert phone.status == "active"
    # The prompt of before stays open, and is none of those that a finish closes.
    phone = phone.move("report", by=world.admin).move("take_in", by=world.admin)
    action = ada.choose("in-repair", "finish", [phone])
    assert "1 device is still in MDM. The prompt to release it closes as no longer needed." in ada.words(action)
    action = ada.choose("in-repair", "recycle", [phone])
    ada.fill_in(action, outcome="recycled")
    assert "1 device is still in MDM: release it there." in ada.words(action)
    monitor = world.monitor.move("report", by=world.admin).move("take_in", by=world.admin)
    action = ada.choose("in-repair", "recycle", [monitor])
    ada.fill_in(action, outcome="replaced")
    assert "There is no previous user who may order a new one." in ada.words(action)
    action = ada.choose("all", "set_payor", [world.spare, world.tablet])
    ada.fill_in(action, payor=world.cost_centre.pk)
    words = ada.words(action)
    assert "This can’t be done with any of the devices that you chose." in words
    assert "Cost centre 4711 pays for it already." in words
    assert "Nobody holds it." in words
    # Support staff may deactivate whoever holds a device.
    type(world.colleague).objects.filter(pk=world.colleague.pk).update(is_active=False)
    action = ada.choose("all", "set_payor", [world.tablet])
    ada.fill_in(action, payor=world.company_payor.pk)
    assert "to any more. Unassign it first." in ada.words(action)


def test_all_that_match_are_those_of_the_moment_in_which_they_were_chosen(ada, world):
    report(world.laptop, world.phone, world.tablet, by=world.admin)
    action = ada.choose("needs-repair", "take_in", query="?category=Laptop", all="on")
    assert states(action) == [("MacBook Pro 14", "waiting")]
    action = ada.choose("needs-repair", "take_in", query="?category=nonsense", all="on")
    assert action is None
    assert "Choose at least one device." in ada.client.get(ada.response["Location"]).text
    action = ada.choose("needs-repair", "take_in", all="on")
    report(world.monitor, by=world.admin)
    assert "Move 3 devices to “In repair”?" in ada.words(action)
    assert ada.start(action) == 302
    assert world.again().monitor.status == "needs_repair"


# What must not happen


def test_a_device_that_has_changed_since_is_left_as_it_is_and_can_be_tried_again(ada, bodil, world):
    laptop, phone = report(world.laptop, world.phone, by=world.employee)
    of_ada, of_bodil = (admin.choose("all", "revert", [laptop, phone]) for admin in (ada, bodil))
    assert "Revert 2 devices" in bodil.words(of_bodil)
    read = {admin: admin.seal(action) for admin, action in ((ada, of_ada), (bodil, of_bodil))}
    laptop = laptop.move("revert", by=world.admin).move("report", by=world.employee)
    # The page said two.
    assert bodil.start(of_bodil, read[bodil]) == 409
    assert "Something has changed since you opened the page." in bodil.response.text
    assert states(of_bodil) == [("MacBook Pro 14", "waiting"), ("iPhone 15", "waiting")]
    assert "It has changed since you chose it." in bodil.words(of_bodil)
    assert bodil.start(of_bodil) == 302
    assert world.again().laptop.status == "needs_repair"
    assert ada.start(of_ada, read[ada]) == 409
    again = bodil.again(of_bodil)
    assert "Revert 1 device to “Not in repair”?" in bodil.words(again)
    bodil.start(again)
    assert states(again) == [("MacBook Pro 14", "done")]


def test_a_second_click_does_nothing_a_second_time(ada, world):
    action = ada.choose("all", "take_in", report(world.laptop, by=world.employee))
    read = ada.seal(action)
    assert ada.start(action, read) == 302
    before = world.again().laptop.log_sequence
    assert ada.start(action, read) == 409
    ada.fill_in(action, payor=1)
    assert ada.response.status_code == 409
    assert world.again().laptop.log_sequence == before
    assert Job.objects.filter(kind="devices_bulk_action").count() == 1


def test_what_is_done_is_what_the_confirmation_named(ada, world):
    """Chosen anew in another tab, the first one's button does nothing, though it is about as many devices."""
    phone = report(world.phone, by=world.employee)[0].move("take_in", by=world.admin)
    action = ada.choose("in-repair", "recycle", [phone])
    ada.fill_in(action, outcome="recycled")
    read = ada.seal(action)
    ada.fill_in(action, outcome="replaced")
    assert ada.start(action, read) == 409
    assert world.again().phone.status == "in_repair"
    ada.fill_in(action, outcome="recycled")
    assert ada.start(action, read) == 302
    assert world.again().phone.repairs.get().outcome == "recycled"


def test_as_many_others_are_not_those_that_the_confirmation_named(ada, world, monkeypatch):
    laptop, phone = report(world.laptop, world.phone, by=world.employee)
    action = ada.choose("all", "take_in", [laptop, phone])
    devices = world.acme.devices
    devices.filter(pk=phone.pk).update(category="")
    hurdle = Hurdle("It has no category.", Q(category=""))
    monkeypatch.setattr(type(work.act_of(action)), "hurdles", lambda act: [hurdle])
    read = ada.seal(action)
    devices.filter(pk=phone.pk).update(category=phone.category)
    devices.filter(pk=laptop.pk).update(category="")
    assert "Move 1 device to “In repair”?" in ada.words(action)
    assert ada.start(action, read) == 409
    assert ada.start(action) == 302
    assert [device.status for device in (world.again().laptop, world.phone)] == ["needs_repair", "in_repair"]


def test_where_the_flow_is_off_nothing_goes_into_it(ada, world):
    action = ada.choose("all", "take_in", report(world.laptop, by=world.employee))
    other = ada.choose("all", "take_in", [world.laptop])
    read = ada.seal(action)
    type(world.acme).objects.filter(pk=world.acme.pk).update(repair_flow_released=False)
    assert "The repair flow is not activated for your company." in ada.words(other)
    assert 'value="take_in"' not in ada.client.get(reverse("devices:hardware")).text
    assert ada.start(action, read) == 409


def test_of_another_company_there_is_nothing_to_choose_and_nothing_to_see(
    ada, world, django_capture_on_commit_callbacks
):
    action = ada.choose("all", "take_in", report(world.laptop, by=world.employee))
    gina = Admin(world.globex_admin, django_capture_on_commit_callbacks)
    assert gina.choose("all", "revert", [world.laptop]) is None
    assert states(gina.choose("all", "set_payor", [world.laptop, world.globex_laptop])) == [
        ("Latitude 7440", "waiting")
    ]
    for name in ("bulk_choose", "bulk_start", "bulk_again"):
        assert gina.client.post(reverse(f"devices:{name}", args=[action.pk]), {"count": 1}).status_code == 404
    assert gina.client.get(action.get_absolute_url()).status_code == 404
    assert world.again().laptop.status == "needs_repair"
    eva = Client()
    eva.force_login(world.employee)
    assert eva.post(reverse("devices:choose_many", args=["all"]), {"act": "revert", "all": "on"}).status_code == 403


# In the background


def test_a_killed_worker_is_followed_by_one_that_does_the_rest_and_nothing_twice(ada, world, monkeypatch):
    monkeypatch.setattr(work, "AT_ONCE", 1)
    chosen = report(world.laptop, world.phone, world.tablet, by=world.admin)
    action = ada.choose("all", "take_in", chosen)
    assert ada.start(action) == 302
    assert action.is_working

    class Killed(BaseException):
        pass

    asked = []
    act = type(work.act_of(action))
    do = act.do

    def dies(self, device, **facts):
        do(self, device, **facts)
        asked.append(device.pk)
        if len(asked) == 2:
            raise Killed

    monkeypatch.setattr(act, "do", dies)
    with pytest.raises(Killed):
        jobs.work()
    assert [state for _name, state in states(action)].count("done") == 1
    words = ada.words(action)
    assert "1 of 3 devices" in words
    monkeypatch.setattr(act, "do", do)
    # Meanwhile somebody else was at one of them.
    world.tablet.move("revert", by=world.second_admin)
    with clock.at(timezone.now() + LEASE + timedelta(seconds=1)):
        assert jobs.work()
    action.refresh_from_db()
    assert (action.stage, action.done) == ("done", 2)
    assert states(action)[0] == ("Galaxy Tab S9", "failed")
    assert "1 ×</strong> It has changed since you chose it." in ada.words(action)
    for device in (world.again().laptop, world.phone):
        assert log_of(device).count("Ada Holm moved device to In repair.") == 1
    # Killed once more, between the last step and the end of the job: the end is told once.
    lines = AuditLine.objects.filter(company=world.acme).count()
    Job.objects.filter(pk=action.job_id).update(state="waiting", finished_at=None)
    assert jobs.work()
    assert AuditLine.objects.filter(company=world.acme).count() == lines
    assert ada.client.get(action.get_absolute_url(), headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_what_can_t_be_chosen_any_more_ends_the_action_with_that_reason(ada, world, monkeypatch):
    monkeypatch.setattr(work, "AT_ONCE", 0)
    action = ada.choose("all", "assign_to_space", [world.spare])
    ada.fill_in(action, space=world.shelf.pk, payor=world.company_payor.pk)
    assert ada.start(action) == 302
    type(world.shelf).objects.filter(pk=world.shelf.pk).update(closed_at=clock.now())
    jobs.work()
    action.refresh_from_db()
    assert (action.stage, action.done, states(action)) == ("done", 0, [("ThinkPad X1", "failed")])
    assert "Try again, and choose something else." in ada.words(action)
    line = AuditLine.objects.filter(company=world.acme).order_by("-sequence").with_names()[0]
    assert line.sentence.endswith("(Assign to a space): done with 0 of 1.")


def test_what_closed_between_page_and_click_is_said_and_asked_anew(ada, world):
    action = ada.choose("all", "assign_to_space", [world.spare])
    ada.fill_in(action, space=world.shelf.pk, payor=world.company_payor.pk)
    seal = ada.seal(action)
    type(world.shelf).objects.filter(pk=world.shelf.pk).update(closed_at=clock.now())
    assert ada.start(action, seal) == 409
    assert "What was chosen can&#x27;t be chosen any more. Try again, and choose something else." in ada.response.text
    assert "gone on in the meantime" not in ada.response.text
    assert action.stage == "asked"


def test_a_device_that_is_moved_while_the_confirmation_is_drawn_is_no_error(ada, world):
    action = ada.choose("all", "take_in", [report(world.laptop, by=world.employee)[0], world.monitor])
    preview = Preview(action, work.act_of(action))
    assert preview.count == 1
    world.again()
    world.laptop.move("take_in", by=world.second_admin)
    assert [obstacle.count for obstacle in preview.obstacles] == [1]
    assert list(preview.free) == []


@pytest.mark.parametrize(("most", "is_long"), [(2, False), (1, True)])
def test_of_very_many_others_do_not_wait_for_the_end(ada, world, monkeypatch, most, is_long):
    monkeypatch.setattr(work, "AT_ONCE", 0)
    monkeypatch.setattr(work, "LONG", most)
    ada.start(ada.choose("all", "take_in", report(world.laptop, world.phone, by=world.admin)))
    assert jobs.work(is_long=not is_long) is False
    assert jobs.work(is_long=is_long) is True


def last_line(company):
    return AuditLine.objects.filter(company=company).order_by("-sequence").with_names()[0].sentence


def test_an_admin_stops_it_and_what_was_done_stays(ada, bodil, world, monkeypatch):
    monkeypatch.setattr(work, "AT_ONCE", 0)
    action = ada.choose("all", "take_in", report(world.laptop, world.phone, world.tablet, by=world.admin))
    ada.start(action)
    do_next = work._do_next

    def stopped_behind_the_first(*args, **facts):
        last = do_next(*args, **facts)
        assert "If you stop it, what is done stays" in bodil.words(action)
        assert bodil.client.post(reverse("devices:bulk_stop", args=[action.pk])).status_code == 302
        return last

    monkeypatch.setattr(work, "_do_next", stopped_behind_the_first)
    jobs.work()
    monkeypatch.setattr(work, "_do_next", do_next)
    assert not jobs.work()
    action.refresh_from_db()
    assert (action.stage, action.done, action.is_working) == ("stopped", 1, False)
    assert [state for _name, state in states(action)].count("waiting") == 2
    assert world.acme.devices.filter(status="in_repair").count() == 1
    stopped = "Bodil Ek stopped an action on many devices (Move to “In repair”): done with 1 of 3."
    assert last_line(world.acme) == stopped
    words = ada.words(action)
    assert "It was stopped before its end." in words
    assert "Stopped: 1 of 3 done" in words
    assert "2 were not reached." in words
    assert bodil.client.post(reverse("devices:bulk_stop", args=[action.pk])).status_code == 409
    assert last_line(world.acme) == stopped
    assert "Move 2 devices" in ada.words(ada.again(action))


def test_a_defect_that_one_device_meets_keeps_no_other_from_being_done(ada, world, monkeypatch, caplog):
    action = ada.choose("all", "take_in", report(world.laptop, world.phone, world.tablet, by=world.admin))
    act = type(work.act_of(action))
    do = act.do

    def goes_wrong(self, device, **facts):
        do(self, device, **facts)
        if device == world.phone:
            raise ZeroDivisionError

    monkeypatch.setattr(act, "do", goes_wrong)
    ada.start(action)
    action.refresh_from_db()
    assert (action.stage, action.done) == ("done", 2)
    assert sorted(states(action)) == [("Galaxy Tab S9", "done"), ("MacBook Pro 14", "done"), ("iPhone 15", "failed")]
    assert world.again().phone.status == "needs_repair"
    assert "Something went wrong on our side." in ada.words(action)
    assert "ZeroDivisionError" in caplog.text


def test_what_is_given_up_in_the_middle_is_told_with_what_was_done(ada, world, monkeypatch):
    monkeypatch.setattr(work, "AT_ONCE", 0)
    action = ada.choose("all", "take_in", report(world.laptop, world.phone, by=world.admin))
    ada.start(action)
    do_next = work._do_next

    def goes_wrong(job, preview, after):
        if after:
            raise ZeroDivisionError
        return do_next(job, preview, after=after)

    monkeypatch.setattr(work, "_do_next", goes_wrong)
    jobs.work()
    action.refresh_from_db()
    assert (action.stage, action.done) == ("broken", 1)
    told = "Ada Holm acted on many devices at once (Move to “In repair”), which was interrupted: done with 1 of 2."
    assert last_line(world.acme) == told
    words = ada.words(action)
    assert "Something went wrong on our side." in words
    assert "Interrupted: 1 of 2 done" in words
    assert "Try again with these" in words
    # So does what kills every worker.
    monkeypatch.setattr(work, "_do_next", do_next)
    again = ada.again(action)
    ada.start(again)
    Job.objects.filter(pk=again.job_id).update(attempts_in_vain=MOST_ATTEMPTS)
    jobs.work()
    assert last_line(world.acme).endswith("which was interrupted: done with 0 of 1.")
    assert "It was interrupted 5 times, so it was given up." in ada.words(again)


def test_whoever_is_no_admin_any_more_does_nothing_more(ada, world, monkeypatch):
    monkeypatch.setattr(work, "AT_ONCE", 0)
    action = ada.choose("all", "take_in", report(world.laptop, by=world.employee))
    ada.start(action)
    world.admin.set_role("employee", by=world.second_admin)
    jobs.work()
    assert states(action) == [("MacBook Pro 14", "failed")]
    assert world.again().laptop.status == "needs_repair"


# Which devices


def test_all_devices_can_be_seen_before_it_is_confirmed_and_for_each_reason_why_not(ada, world):
    held = DeviceFactory.create_batch(12, company=world.acme, by=world.admin, holder=world.colleague)
    loose = DeviceFactory.create_batch(10, company=world.acme, by=world.admin)
    away = report(*DeviceFactory.create_batch(2, company=world.acme, by=world.admin), by=world.admin)
    action = ada.choose("all", "set_payor", [*held, *loose, *away])
    ada.fill_in(action, payor=world.cost_centre.pk)
    shown = ada.client.get(action.get_absolute_url() + "?back=q%3Dx").text
    links = re.findall(r'href="([^"]+/devices/\?[^"]+)">and (\d+) more<', shown)
    assert [more for _link, more in links] == ["4", "2"]

    def named(text):
        return {device for device in (*held, *loose, *away) if f'href="{device.get_absolute_url()}"' in text}

    assert len(named(shown)) == 8 + 8 + 2
    assert named(shown) >= set(away)
    expected = ((held, "Nothing is done yet."), (loose, "Nobody holds it."))
    for (link, _more), (devices, why) in zip(links, expected, strict=True):
        page = ada.client.get(link.replace("&amp;", "&")).text
        assert named(page) == set(devices)
        assert why in page
        assert f'href="{action.get_absolute_url()}?back=q%3Dx"' in page
    for nonsense in ("99", "-1", "x", "1" * 30):
        page = ada.client.get(reverse("devices:bulk_devices", args=[action.pk]), {"why": nonsense}).text
        assert named(page) == set(held)


def test_what_the_verbs_refuse_is_told_by_reasons_and_not_by_devices(ada, world, monkeypatch):
    """The words of a verb name its one device: four refusals would be four reasons."""
    monkeypatch.setattr(work, "AT_ONCE", 0)
    chosen = report(world.laptop, world.phone, world.tablet, by=world.admin)
    action = ada.choose("needs-repair", "revert", chosen)
    ada.start(action)
    laptop, phone, _tablet = [device.move("take_in", by=world.second_admin) for device in chosen]
    # As if chosen a moment later, when these two were in repair already.
    for device in (laptop, phone):
        action.rows.filter(device=device).update(seen=device.revision)
    jobs.work()
    words = ada.words(action)
    assert "2 ×</strong> It is In repair, not Active - needs repair." in words
    assert "1 ×</strong> It has changed since you chose it." in words
    assert "MacBook Pro 14 is" not in words


# What it costs, and what is kept


def test_a_confirmation_asks_the_database_the_same_for_two_devices_and_for_many(ada, world):
    def cost(number):
        devices = DeviceFactory.create_batch(number, company=world.acme, by=world.admin, holder=world.colleague)
        away = [device.move("take_in", by=world.admin) for device in report(*devices[::2], by=world.admin)]
        report(away[0].move("finish", by=world.admin), by=world.admin)
        action = ada.choose("all", "assign_to_space", devices)
        ada.fill_in(action, space=world.shelf.pk, payor=world.cost_centre.pk)
        with CaptureQueriesContext(connection) as queries:
            ada.words(action)
        return len([query for query in queries if "SAVEPOINT" not in query["sql"]])

    assert cost(4) == cost(8) <= 12


def test_the_devices_of_an_action_are_forgotten_after_some_weeks(ada, world):
    asked = ada.choose("all", "revert", [world.laptop])
    done = ada.choose("all", "revert", report(world.phone, by=world.employee))
    ada.start(done)
    broken = ada.choose("all", "revert", [world.laptop])
    job = jobs.enqueue("devices_bulk_action", who=world.admin, action=broken.pk)
    broken.change(job=job, stage="running")
    with clock.at(timezone.now() + timedelta(days=31)):
        jobs.tidy()
        assert states(broken) == [("MacBook Pro 14", "waiting")]
        job.withdraw()
    with clock.at(timezone.now() + timedelta(days=62)):
        jobs.tidy()
        jobs.tidy()
    assert not BulkAction.objects.filter(pk=asked.pk).exists()
    assert not BulkDevice.objects.exists()
    assert "Which devices they were is not kept any more." in ada.words(done)


def test_of_what_one_person_leaves_unconfirmed_the_latest_stay(ada, bodil, world):
    actions = [ada.choose("all", "set_payor", [world.tablet]) for _number in range(MOST_WAITING)]
    of_bodil = bodil.choose("all", "set_payor", [world.tablet])
    newest = ada.choose("all", "set_payor", all="on")
    assert list(BulkAction.objects.order_by("pk")) == [*actions[1:], of_bodil, newest]


def test_what_is_kept_of_an_action_stands_in_nobody_s_way(ada, world):
    """Neither of an import that is undone, nor of a person who is erased."""
    batch = imported(world.admin, "stored")
    new = world.acme.devices.get(serial_number="SCENE-1")
    action = ada.choose("all", "set_payor", [new, world.tablet])
    ada.client.post(reverse("devices:import_undo", args=[batch.pk]))
    jobs.work()
    assert states(action) == [("Galaxy Tab S9", "waiting")]

    action.rows.update(state="failed", problem="Carl Berg can't be assigned to any more.")
    world.tablet.unassign(by=world.admin)
    world.colleague.deactivate(by=world.admin)
    erase(world.again().colleague, by=world.admin)
    assert list(action.rows.values_list("problem", flat=True)) == [""]


def test_the_way_back_leads_to_what_the_table_showed(ada, world):
    shown = "?q=pro&category=Laptop&sort=-since"
    back = f'href="{reverse("devices:hardware_table", args=["all"])}{shown.replace("&", "&amp;")}"'
    action = ada.choose("all", "set_payor", [world.laptop], query=shown)
    page = ada.client.get(ada.response["Location"]).text
    assert page.count(back) == 2
    address = re.search(r'action="([^"]+/choose/[^"]*)"', page)[1]
    confirmation = ada.client.post(address, {"payor": world.cost_centre.pk}, follow=True).text
    assert confirmation.count(back) == 2
    address = re.search(r'action="([^"]+/start/[^"]*)"', confirmation)[1]
    refused = ada.client.post(address, {"seal": "of before"})
    assert (refused.status_code, refused.text.count(back)) == (409, 2)
    address = re.search(r'href="([^"]+choose=1[^"]*)"', refused.text)[1]
    assert ada.client.get(address.replace("&amp;", "&")).text.count(back) == 2
    for nonsense in ("?back=//evil.example", "?back=%00&back=%26", "?back=" + "a" * 3000):
        page = ada.client.get(action.get_absolute_url() + nonsense)
        assert page.status_code == 200
        assert 'href="//evil' not in page.text


# What is read, and not changed


def test_an_export_of_what_is_ticked_has_those_rows_and_says_so_in_the_audit_log(ada, world):
    ada.choose("all", "export", [world.phone, world.tablet, world.globex_laptop])
    rows = ada.client.get(ada.response["Location"]).getvalue().decode().splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == ["Galaxy Tab S9", "iPhone 15"]
    ada.choose("all", "export", [world.phone, world.tablet], query="?sort=-name")
    rows = ada.client.get(ada.response["Location"]).getvalue().decode().splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == ["iPhone 15", "Galaxy Tab S9"]
    ada.choose("all", "export", [world.phone, world.tablet, world.globex_laptop])
    ada.client.get(ada.response["Location"])
    line = AuditLine.objects.filter(company=world.acme).order_by("-sequence").with_names()[0]
    keys = f"{world.phone.pk} {world.tablet.pk} {world.globex_laptop.pk}"
    assert line.sentence == f"Ada Holm exported from the table All hardware what matches device={keys}."


def test_labels_lead_to_the_pages_of_the_devices_from_the_first_free_one_on(ada, world):
    ada.choose("all", "labels", [world.laptop, world.phone, world.globex_laptop])
    address = ada.response["Location"]
    page = ada.client.get(f"{address}&sheet=5160&first=3").text
    for device in (world.laptop, world.phone):
        assert code_of(f"http://testserver{device.get_absolute_url()}") in page
    assert page.count("label__code") == 2
    assert "A-1001" in page
    assert [cell.strip() for cell in page.split('<div class="label">')[1:3]] == ["</div>", "</div>"]
    assert "css/labels-letter" in page
    page = ada.client.get(f"{address}&sheet=5160&first=31").text
    assert "This sheet has 30 labels." in page
    assert "label__code" not in page
    assert [len(sheet) for sheet in sheets_of(range(60), SHEETS["5160"], 3)] == [30, 30, 2]
