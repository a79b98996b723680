"""The guide as an employee lives it: from "Device in need of repair?" until the device is back, through the pages."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import clock
from accounts.models import Company
from devices.models import Device
from repairs.acts import replace
from repairs.models import Repair
from tests.factories import DeviceFactory
from tests.visitor import Visitor
from tests.world import log_of

Status = Device.Status
FLICKERS = {"problem": "Screen", "description": "It flickers."}
BACK_UP = "Back up MacBook Pro 14 before you leave it with your IT department"


@pytest.fixture
def eva(world):
    return Visitor(world.employee)


@pytest.fixture
def ada(world):
    return Visitor(world.admin)


def fresh(device):
    return Device.objects.get(pk=device.pk)


def reported(device, **asked):
    """The laptop after its holder has asked for a repair."""
    return device.move("report", by=device.holder_user, **asked)


def taken_in(device, admin):
    return reported(device).move("take_in", by=admin)


# Create and initiate repair flow for your device


def test_any_user_can_initiate_a_repair_request_directly_from_their_device_page(eva, world):
    eva.open("/").follow("MacBook Pro 14").follow("Support")
    assert "Device in need of repair?" in eva.words
    assert eva.field("needs_repair") is False

    eva.press("Save", needs_repair=True, **FLICKERS)

    assert eva.messages == ["Saved. MacBook Pro 14 is now Active - needs repair, and your IT admins see it."]
    assert eva.address == world.laptop.support_url
    laptop = fresh(world.laptop)
    assert laptop.status == Status.NEEDS_REPAIR
    assert (laptop.holder, laptop.payor) == (world.employee, world.employee_payor)
    repair = Repair.objects.get(device=laptop)
    assert (repair.reporter, repair.holder, repair.payor) == (world.employee, world.employee, world.employee_payor)
    assert (repair.problem, repair.description) == ("screen", "It flickers.")
    assert log_of(laptop, world.laptop) == ["Eva Lind reported device in need of repair."]


def test_the_status_is_active_needs_repair_everywhere_at_once(eva, ada, world):
    eva.open(world.laptop.support_url).press("Save", needs_repair=True)
    for address in ("/", world.laptop.get_absolute_url(), world.laptop.support_url):
        assert "Active - needs repair" in eva.open(address).words
    for address in (reverse("devices:hardware"), reverse("devices:hardware_table", args=["needs-repair"])):
        row = next(row for row in ada.open(address).rows if row[0] == "MacBook Pro 14")
        assert "Active - needs repair" in row
    assert ada.menu["Needs repair"] == 1
    assert "Eva Lind reported device in need of repair." in eva.open(world.laptop).follow("Event log").words


def test_what_is_wrong_need_not_be_said(eva, ada, world):
    eva.open(world.laptop.support_url).press("Save", needs_repair=True)
    repair = Repair.objects.get(device=world.laptop)
    assert (repair.problem, repair.description) == ("", "")
    assert "What is wrong? Not said" in ada.open(world.laptop.support_url).words


def test_only_the_switch_asks_for_a_repair(eva, world):
    eva.open(world.laptop.support_url).press("Save", **FLICKERS)
    assert "Turn the switch on to ask for a repair, or clear what you wrote." in eva.words
    assert FLICKERS["description"] in eva.response.text  # still there to be sent
    assert fresh(world.laptop).status == Status.ACTIVE
    assert not Repair.objects.exists()


def test_where_the_device_is_and_what_comes_next_is_said_in_plain_words(eva, world):
    eva.open(world.laptop.support_url).press("Save", needs_repair=True)
    assert "1 Reported" in eva.words
    assert "The device is still with you. Next: leave it with your IT department, who will take it in." in eva.words
    fresh(world.laptop).move("take_in", by=world.admin)
    eva.open(world.laptop.support_url)
    assert "Your IT department has the device." in eva.words
    assert "Next: you get it back, or hear from them if it can't be repaired." in eva.words


def test_the_repair_policy_is_the_company_s_own_or_the_manager_s_to_tell(eva, world):
    manager = "please check with your manager or IT department"
    assert manager in eva.open(world.laptop.support_url).words
    Company.objects.filter(pk=world.acme.pk).update(repair_instructions="Bring it to room 4.\nMondays only.")
    for device in (world.laptop, reported(world.phone)):
        assert "Bring it to room 4. Mondays only." in eva.open(device.support_url).words
        assert manager not in eva.words


# Backing up


def test_the_backup_prompt_stands_on_my_devices_and_support_until_it_is_answered(eva, world):
    eva.open(world.laptop.support_url).press("Save", needs_repair=True)
    for address in ("/", world.laptop.support_url, "/", world.laptop.support_url):
        assert BACK_UP in eva.open(address).words
    assert BACK_UP not in eva.open(world.phone.support_url).words

    before = fresh(world.laptop)
    eva.open("/").press("I have backed it up")

    assert eva.messages == ["Thank you. Your IT admins see your answer."]
    for address in ("/", world.laptop.support_url):
        assert BACK_UP not in eva.open(address).words
    repair = Repair.objects.get(device=world.laptop)
    assert (repair.backup, repair.backup_by) == ("done", world.employee)
    assert repair.backup_at is not None
    assert log_of(world.laptop, before) == ["Eva Lind confirmed a backup."]


def test_a_device_that_does_not_start_can_t_be_backed_up_and_that_is_an_answer(eva, ada, world):
    laptop = reported(world.laptop)
    eva.open(laptop.support_url).press("It does not start, I can't")
    assert Repair.objects.get(device=laptop).backup == "impossible"
    assert log_of(laptop, laptop) == ["Eva Lind could not back up device: it does not start."]
    assert BACK_UP not in eva.open("/").words
    assert "Can't be backed up: it does not start (Eva Lind" in ada.open(laptop.support_url).words


def test_the_backup_prompt_goes_when_the_request_is_taken_back(eva, world):
    reported(world.laptop)
    eva.open(world.laptop.support_url).press("Save", needs_repair=False)
    for address in ("/", world.laptop.support_url):
        assert BACK_UP not in eva.open(address).words


def test_after_intake_the_prompt_is_gone_and_an_admin_reads_not_backed_up(eva, ada, world):
    taken_in(world.laptop, world.admin)
    for address in ("/", world.laptop.support_url):
        assert BACK_UP not in eva.open(address).words
    assert "Backup Not backed up" in ada.open(world.laptop.support_url).words


def test_an_answer_that_comes_too_late_changes_nothing(eva, world):
    laptop = reported(world.laptop)
    eva.open("/")
    laptop = laptop.move("take_in", by=world.admin)
    eva.press("I have backed it up")
    assert eva.status == 409
    assert eva.messages == ["Nobody asks for a backup of MacBook Pro 14 any more. Nothing was changed."]
    assert Repair.objects.get(device=laptop).backup == ""
    assert log_of(laptop, laptop) == []


def test_the_holder_is_asked_to_back_up_what_an_admin_reported(eva, ada, world):
    ada.open(world.laptop.support_url).press("Save", needs_repair=True)
    assert BACK_UP in eva.open("/").words
    assert BACK_UP not in ada.open("/").words


def test_what_a_space_holds_is_backed_up_by_the_admin_who_reported_it(ada, world):
    ada.open(world.monitor.support_url).press("Save", needs_repair=True)
    prompt = "Back up Dell U2723QE before"
    assert prompt in ada.open("/").words
    bodil = Visitor(world.second_admin)
    assert prompt not in bodil.open("/").words
    ada.press("I have backed it up")
    assert Repair.objects.get(device=world.monitor).backup_by == world.admin


# Changing one's mind


def test_the_same_switch_takes_the_request_back(eva, world):
    laptop = reported(world.laptop)
    assert eva.open(laptop.support_url).field("needs_repair") is True

    eva.press("Save", needs_repair=False)

    assert eva.messages == ["Your request is taken back. MacBook Pro 14 is Active."]
    now = fresh(laptop)
    assert (now.status, now.holder, now.payor) == (Status.ACTIVE, world.employee, world.employee_payor)
    repair = Repair.objects.get(device=laptop)
    assert (repair.outcome, repair.closed_by) == ("not_needed", world.employee)
    assert log_of(laptop, laptop) == ["Eva Lind marked device as not in repair."]


def test_the_holder_may_take_back_what_an_admin_reported(eva, world):
    world.laptop.move("report", by=world.admin)
    eva.open(world.laptop.support_url).press("Save", needs_repair=False)
    assert fresh(world.laptop).status == Status.ACTIVE


def test_what_a_request_says_can_be_changed_while_it_waits(eva, world):
    laptop = reported(world.laptop, problem="screen", description="It flickers.")
    eva.open(laptop.support_url)
    assert (eva.field("problem"), eva.field("description")) == ("Screen", "It flickers.")

    eva.press("Save", problem="Battery or charging", description="It is the cable.")

    assert eva.messages == ["Your request is saved."]
    repair = Repair.objects.get(device=laptop)
    assert (repair.problem, repair.description) == ("battery", "It is the cable.")
    assert fresh(laptop).status == Status.NEEDS_REPAIR
    assert log_of(laptop, laptop) == []


def test_asking_again_later_is_another_repair(eva, world):
    for _time in range(2):
        eva.open(world.laptop.support_url).press("Save", needs_repair=True)
        eva.press("Save", needs_repair=False)
    assert [repair.outcome for repair in Repair.objects.all()] == ["not_needed", "not_needed"]


# While IT has it, and afterwards


def test_after_intake_there_is_no_switch_and_the_old_page_is_refused(eva, world):
    laptop = reported(world.laptop)
    eva.open(laptop.support_url)
    laptop = laptop.move("take_in", by=world.admin)
    eva.press("Save", needs_repair=False)
    assert eva.status == 409
    assert "it is now In repair. Nothing was done." in eva.messages[0]
    assert fresh(laptop).status == Status.IN_REPAIR
    assert log_of(laptop, laptop) == []
    assert "Device in need of repair?" not in eva.open(laptop.support_url).words
    assert eva.buttons == []


def test_the_previous_holder_sees_the_steps_and_nothing_to_change(eva, world):
    laptop = taken_in(world.laptop, world.admin)
    assert "With your IT" in eva.open("/").words
    for tab in ("Overview", "Support", "Event log"):
        eva.open(laptop).follow(tab)
        assert eva.status == 200
        assert eva.buttons == []
        for hidden in ("2499", "Screen replaced", "Notes", "Purchase cost", "Payor", "Ada Holm took it in"):
            assert hidden not in eva.words
    assert "Where the device is" in eva.open(laptop.support_url).words


@pytest.mark.parametrize("view", ["edit", "unassign", "add_note"])
def test_employees_change_nothing_of_their_device(eva, world, view):
    response = eva.client.post(reverse(f"devices:{view}", args=[world.laptop.pk]), {"text": "x", "name": "x"})
    assert response.status_code == 403


def test_who_has_it_next_is_nobody_s_business(eva, world):
    laptop = taken_in(world.laptop, world.admin)
    laptop = laptop.move("finish", by=world.admin)
    assert "Repaired, not with anybody yet" in eva.open("/").words
    assert "It is repaired. Your IT admins will hand it out." in eva.open(laptop.support_url).words
    assert "Back from repair, and with nobody yet Your IT admins will hand it out." in eva.open(laptop).words

    laptop.assign(world.colleague, world.company_payor, by=world.admin)

    assert eva.open(laptop).status == 404
    assert eva.open(laptop.support_url).status == 404
    assert "MacBook Pro 14 is repaired and in other hands now" in eva.open("/").words
    assert "Carl Berg" not in eva.words
    with clock.at(clock.now() + timedelta(days=31)):
        assert "MacBook Pro 14" not in eva.open("/").words


def test_the_next_holder_reads_only_their_own_time_in_the_log(eva, world):
    laptop = taken_in(world.laptop, world.admin)
    laptop.assign(world.colleague, world.company_payor, by=world.admin)
    carl = Visitor(world.colleague).open(laptop).follow("Event log")
    assert "Ada Holm assigned repaired device to Carl Berg." in carl.words
    assert "Eva Lind" not in carl.words
    assert "C02-XK1 AAA" in carl.words


def test_who_gets_it_back_later_reads_nothing_of_who_had_it_meanwhile(eva, world):
    laptop = taken_in(world.laptop, world.admin)
    laptop = laptop.assign(world.colleague, world.company_payor, by=world.admin)
    laptop = laptop.move("report", by=world.colleague, problem="damage").move("take_in", by=world.second_admin)
    laptop.assign(world.employee, world.employee_payor, by=world.admin)
    for tab in ("Overview", "Support", "Event log"):
        assert "Carl Berg" not in eva.open(laptop).follow(tab).words
    assert eva.words.count("Ada Holm assigned repaired device to Eva Lind.") == 1
    assert "Bodil Ek" not in eva.words


def test_the_log_that_an_employee_reads_leaves_out_notes_and_costs(eva, ada, world):
    laptop = world.laptop.add_note("Dropped twice.", by=world.admin)
    laptop = laptop.edit(by=world.admin, purchase_cost=1, name="MacBook Pro 14 inch")
    lines = eva.open(laptop).follow("Event log").words
    assert "Ada Holm changed name from MacBook Pro 14 to MacBook Pro 14 inch." in lines
    assert "Ada Holm assigned device to Eva Lind." in lines
    full = ada.open(laptop).follow("Event log").words
    for hidden in ("Ada Holm added a note.", "purchase cost from 2499.00 to"):
        assert hidden not in lines
        assert hidden in full


def test_who_gets_their_device_back_sees_it_as_before(eva, world):
    laptop = taken_in(world.laptop, world.admin)
    laptop.assign(world.employee, world.employee_payor, by=world.admin)
    assert "Get support: MacBook Pro 14" in eva.open("/").words
    assert "Ada Holm assigned repaired device to Eva Lind." in eva.open(laptop).follow("Event log").words


def test_what_is_recycled_leaves_everybody_s_lists(eva, world):
    laptop = taken_in(world.laptop, world.admin).move("recycle", by=world.admin)
    assert "MacBook Pro 14 could not be repaired and was removed" in eva.open("/").words
    assert laptop.get_absolute_url() not in eva.response.text
    assert eva.open(laptop).status == 404


def test_whose_device_was_removed_learns_that_they_may_order_another(eva, world):
    taken_in(world.laptop, world.admin).move("recycle", by=world.admin, outcome="replaced")
    assert "You may order a new one." in eva.open("/").words


def test_whose_device_was_replaced_finds_the_new_one(eva, world):
    laptop = taken_in(world.laptop, world.admin)
    replace(laptop, by=world.admin, holder=world.employee, payor=world.company_payor, name="MacBook Pro 16")
    assert "Your new device: MacBook Pro 16" in eva.open("/").words


def test_what_became_of_a_device_is_told_to_nobody_else_and_not_for_ever(eva, ada, world):
    taken_in(world.laptop, world.admin).move("recycle", by=world.admin)
    assert "MacBook Pro 14" not in ada.open("/").words
    with clock.at(clock.now() + timedelta(days=31)):
        assert "MacBook Pro 14" not in eva.open("/").words


def test_what_may_be_ordered_is_told_also_where_it_came_back_and_broke_again_before_anybody_had_it(eva, ada, world):
    laptop = taken_in(world.laptop, world.admin).move("finish", by=world.admin)
    laptop = laptop.move("report", by=world.admin).move("take_in", by=world.admin)
    ada.open(reverse("repairs:remove", args=[laptop.pk]))
    ada.press("Remove device", outcome="Replaced: Eva Lind may order a new one")
    assert "You may order a new one" in eva.open("/").words


def test_the_switch_turned_off_keeps_what_was_written_beside_it(eva, world):
    reported(world.laptop, description="It flickers.")
    eva.open(world.laptop.support_url).press("Save", needs_repair=False, description="It flickers, and smells.")
    assert eva.errors["needs_repair"].startswith("Leave the switch on to save what you wrote")
    assert eva.field("description") == "It flickers, and smells."
    assert fresh(world.laptop).status == Status.NEEDS_REPAIR
    eva.press("Save", needs_repair=False, description="")
    assert fresh(world.laptop).status == Status.ACTIVE


def test_words_that_somebody_else_has_changed_meanwhile_are_not_overwritten(eva, ada, world):
    reported(world.laptop, description="It flickers.")
    for visitor in (eva, ada):
        visitor.open(world.laptop.support_url)
    ada.open(reverse("repairs:intake", args=[world.laptop.pk]))
    eva.press("Save", description="It burns.")
    ada.press("Move to “In repair”")
    assert ada.status == 409
    assert Repair.objects.get().description == "It burns."


def test_where_the_flow_is_switched_off_meanwhile_nothing_typed_is_lost(eva, world):
    eva.open(world.laptop.support_url)
    Company.objects.filter(pk=world.acme.pk).update(repair_flow_released=False)
    eva.press("Save", needs_repair=True, description="It fell into the lake.")
    assert eva.status == 403
    assert "It fell into the lake." in eva.words
    assert "The repair flow is not activated for your company" in eva.words


def test_a_refusal_loses_nothing_that_was_typed(eva, world):
    eva.open(world.laptop.support_url)
    taken_in(world.laptop, world.admin)
    eva.press("Save", needs_repair=True, description="It fell into the lake.")
    assert eva.status == 409
    assert "It fell into the lake." in eva.words


# Where the repair flow is off


@pytest.mark.parametrize("change", [{"repair_flow_released": False}, {"plan": "trial"}])
def test_where_the_flow_is_off_the_page_names_whom_to_contact_and_has_no_switch(eva, ada, world, change):
    Company.objects.filter(pk=world.acme.pk).update(**change)
    for visitor in (eva, ada):
        visitor.open(world.laptop.support_url)
        assert "The repair flow is not activated for your company" in visitor.words
        assert "Please contact Velory Support" in visitor.words
        assert "support@velory.example" in visitor.words
        assert "Device in need of repair?" not in visitor.words
        response = visitor.client.post(world.laptop.support_url, {"needs_repair": "on"}, follow=True)
        assert response.status_code == 403
    assert fresh(world.laptop).status == Status.ACTIVE


def test_a_request_that_stood_when_the_flow_went_off_can_be_taken_back(eva, world):
    reported(world.laptop)
    Company.objects.filter(pk=world.acme.pk).update(repair_flow_released=False)
    eva.open(world.laptop.support_url).press("Save", needs_repair=False)
    assert fresh(world.laptop).status == Status.ACTIVE


# What employees see of the rest


def test_employees_see_their_own_devices_and_no_others(eva, world):
    words = eva.open("/").words
    assert "MacBook Pro 14" in words
    assert "iPhone 15" in words
    assert "Galaxy Tab S9" not in words
    assert "Dell U2723QE" not in words
    assert list(eva.menu) == ["My devices"]


def test_a_company_may_let_employees_see_what_there_is(eva, world):
    assert eva.open(reverse("devices:colleagues")).status == 404
    Company.objects.filter(pk=world.acme.pk).update(colleagues_visible=True)
    DeviceFactory(company=world.acme, by=world.admin, name="Old printer", status="recycled")

    eva.open("/").follow("All devices")

    assert ["Galaxy Tab S9", "Tablet", "Carl Berg", "Active"] in eva.rows
    assert ["Dell U2723QE", "Monitor", "Stock shelf", "Active"] in eva.rows
    assert ["ThinkPad X1", "Laptop", "Unassigned", "Active"] in eva.rows
    assert all(len(row) == 4 for row in eva.rows)
    for hidden in ("Old printer", "R52-TABLET-1", "Cost centre 4711", "Latitude 7440"):
        assert hidden not in eva.words
    assert eva.open(world.tablet).status == 404
    assert eva.open(world.tablet.support_url).status == 404
    assert eva.client.post(world.tablet.support_url, {"needs_repair": "on"}, follow=True).status_code == 403


def test_my_devices_are_searched_and_paged(eva, world):
    DeviceFactory.create_batch(51, company=world.acme, by=world.admin, holder=world.employee, category="Headset")
    eva.open("/")
    assert "1–50 of 53" in eva.words
    assert "51–53 of 53" in eva.follow("Next").words
    eva.open("/", q="c02xk1")
    assert "Found for “c02xk1”" in eva.words
    assert "MacBook Pro 14" in eva.words
    assert "iPhone 15" not in eva.words
    assert "None of your devices matches." in eva.open("/", q="tablet").words


def test_a_search_tells_nobody_who_had_a_device_before(eva, ada, world):
    world.tablet.assign(world.employee, world.company_payor, by=world.admin)
    assert "Galaxy Tab S9" in eva.open("/", q="Tab").words
    assert "Galaxy Tab S9" not in eva.open("/", q="Carl").words
    ada.open(reverse("devices:hardware"), q="Carl")
    assert "Galaxy Tab S9" not in ada.words


def test_who_has_no_devices_reads_what_would_stand_there(world):
    world.tablet.unassign(by=world.admin)
    carl = Visitor(world.colleague).open("/")
    assert "You have no devices. When your IT admin assigns one to you, it stands here." in carl.words


# Stale pages, second clicks, nonsense


def test_a_second_click_on_save_is_refused_and_asks_for_nothing_twice(eva, world):
    again = Visitor(world.employee).open(world.laptop.support_url)
    eva.open(world.laptop.support_url).press("Save", needs_repair=True)
    before = fresh(world.laptop)
    again.press("Save", needs_repair=True)
    assert again.status == 409
    assert again.messages == [
        "MacBook Pro 14 has changed since you opened the page: it is now Active - needs repair. Nothing was done."
    ]
    assert fresh(world.laptop).revision == before.revision
    assert Repair.objects.count() == 1
    assert log_of(world.laptop, before) == []


def test_a_page_from_before_an_admin_reverted_changes_nothing(eva, world):
    laptop = reported(world.laptop)
    eva.open(laptop.support_url)
    laptop = laptop.move("revert", by=world.admin)
    eva.press("Save", description="Still broken.")
    assert eva.status == 409
    assert "it is now Active. Nothing was done." in eva.messages[0]
    assert fresh(laptop).status == Status.ACTIVE
    assert eva.field("needs_repair") is False
    assert log_of(laptop, laptop) == []


NONSENSE = [
    ({"problem": "gremlins"}, "problem"),
    ({"description": "x" * 2001}, "description"),
    ({"description": "x" * 1_000_000}, "description"),
    ({"description": "It\0flickers"}, "description"),
]


@pytest.mark.parametrize(("given", "field"), NONSENSE, ids=["choice", "long", "huge", "nul"])
def test_nonsense_is_refused_beside_its_field_and_what_was_typed_is_kept(eva, world, given, field):
    asked = {"needs_repair": "on", "problem": "screen", "description": "It flickers."} | given
    eva.open(world.laptop.support_url)
    token = eva.response.context["csrf_token"]
    response = eva.client.post(world.laptop.support_url, asked | {"csrfmiddlewaretoken": str(token)})
    eva._arrive(response)
    assert eva.status == 200
    assert list(eva.errors) == [field]
    assert eva.field("needs_repair") is True
    if field == "problem":
        assert eva.field("description") == "It flickers."
    else:
        assert eva.field("problem") == "Screen"
    assert fresh(world.laptop).status == Status.ACTIVE


@pytest.mark.parametrize("seen", ["x", "-1", "9" * 400, "1.5"])
def test_a_page_that_was_never_ours_changes_nothing(eva, world, seen):
    eva.open(world.laptop.support_url).press("Save", needs_repair=True, seen=seen)
    assert eva.status == 409
    assert fresh(world.laptop).status == Status.ACTIVE


@pytest.mark.parametrize("asked", [{}, {"how": "maybe"}, {"how": "done", "repair": "x"}, {"repair": "9" * 40}])
def test_a_made_up_answer_about_the_backup_changes_nothing(eva, world, asked):
    laptop = reported(world.laptop)
    repair = Repair.objects.get(device=laptop)
    eva.open(laptop.support_url)
    sent = {"repair": repair.pk, "csrfmiddlewaretoken": str(eva.response.context["csrf_token"])} | asked
    response = eva.client.post(reverse("repairs:backup", args=[laptop.pk]), sent)
    assert response.status_code in (403, 404)
    assert Repair.objects.get(device=laptop).backup == ""


def test_who_has_only_the_key_for_the_search_can_turn_it_off(eva):
    """WCAG 2.1.4: "/" works on every page, so the switch is within everybody's reach."""
    eva.open(reverse("accounts:profile")).follow("Keyboard shortcuts")
    assert eva.status == 200
    assert 'id="id_shortcuts"' in eva.response.text
    assert "<kbd>x</kbd>" not in eva.response.text
