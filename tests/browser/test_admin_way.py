"""The admin's whole way, in the guide's words: from Needs repair to each outcome, whichever hands they use."""

import re

import pytest
from playwright.sync_api import expect

from devices.models import Device
from repairs.models import MDMRelease, Repair
from tests.world import PASSWORD

from .person import Person

RECYCLED = re.compile("Recycled")

every_way = pytest.mark.parametrize("hands", Person.WAYS)
with_and_without_script = pytest.mark.parametrize("hands", ["mouse", "no-script"])


@pytest.fixture
def reported(live_world):
    return live_world.laptop.move("report", by=live_world.employee, problem="screen", description="A line.")


@pytest.fixture
def in_repair(reported, live_world):
    return reported.move("take_in", by=live_world.admin)


@every_way
def test_an_admin_takes_a_device_through_repair_and_gives_it_back(hands, sit_down, live_world, reported):
    ada = sit_down(hands=hands)
    ada.sign_in("ada@acme.example", PASSWORD)
    expect(ada.page.get_by_role("banner")).to_contain_text("Ada Holm")
    ada.menu("Hardware")
    ada.menu("Needs repair")
    ada.press(ada.link("MacBook Pro 14"))
    ada.tab("Support")
    ada.sees("Eva Lind", "Screen", "A line.", "Not confirmed yet")

    ada.confirm(
        "Move to “In repair”",
        "Move MacBook Pro 14 to “In repair”?",
        "Eva Lind will be unassigned.",
        "Payor changes from Employee to Company.",
        "The backup is not confirmed yet.",
        "Release it from MDM before you send it.",
    )
    ada.sees_status("In repair")
    ada.sees("MacBook Pro 14 is now in repair.", "Not backed up")

    ada.menu("In repair")
    ada.sees("Eva Lind", "Still in MDM")
    ada.press(ada.link("MacBook Pro 14"))
    ada.press(ada.button("Mark as released"))
    ada.sees("Released from MDM: Ada Holm")
    ada.menu("In repair")
    ada.sees("Released from MDM")
    ada.press(ada.link("MacBook Pro 14"))

    ada.tab("Overview")
    form = ada.page.locator("form", has=ada.button("Assign to Eva Lind"))
    expect(form.get_by_label("Payor").locator("option:checked")).to_have_text("Employee")
    ada.press(ada.button("Assign to Eva Lind"))
    ada.sees_status("Active")
    ada.sees("MacBook Pro 14 is assigned to Eva Lind.")
    ada.tab("Event log")
    ada.sees(
        "Ada Holm moved device to In repair.",
        "Ada Holm unassigned device from Eva Lind.",
        "Ada Holm changed payor from Employee to Company.",
        "Ada Holm was asked to release device from MDM.",
        "Ada Holm released device from MDM.",
        "Ada Holm assigned repaired device to Eva Lind.",
    )
    ada.menu("In repair")
    ada.sees("Nothing is in repair.")
    ada.menu("Repairs")
    ada.sees("Repaired")


@with_and_without_script
def test_what_is_not_needed_is_reverted_and_stays_where_it_is(hands, sit_down, live_world, reported):
    ada = sit_down(live_world.admin, hands)
    ada.page.goto(reported.support_url)
    ada.confirm("Revert to “Not in repair”", "closes as not needed", "Eva Lind keeps it; Employee stays its payor.")
    ada.sees_status("Active")
    ada.press(ada.link("Reassign it or move it to a space"))
    ada.sees("With Eva Lind")
    assert Repair.objects.get().outcome == "not_needed"


@with_and_without_script
def test_repaired_and_assigned_to_another_user(hands, sit_down, live_world, in_repair):
    ada = sit_down(live_world.admin, hands)
    ada.page.goto(in_repair.get_absolute_url())
    ada.press(ada.page.get_by_text("Another user or space"))
    form = ada.page.locator("form", has=ada.heading("To a user"))
    ada.choose("User", "Carl Berg", form)
    ada.choose("Payor", "Cost centre 4711", form)
    ada.press(ada.button("Assign to user"))
    ada.sees_status("Active")
    expect(ada.page.locator(".page-head")).to_contain_text("Carl Berg")
    ada.tab("Event log")
    ada.sees("Ada Holm assigned repaired device to Carl Berg.")


@with_and_without_script
def test_repaired_and_moved_to_a_space(hands, sit_down, live_world, in_repair):
    ada = sit_down(live_world.admin, hands)
    ada.page.goto(in_repair.get_absolute_url())
    ada.press(ada.page.get_by_text("Another user or space"))
    form = ada.page.locator("form", has=ada.heading("To a space"))
    expect(form.get_by_label("Payor").locator("option:checked")).to_have_text("Company")
    ada.choose("Space", "Stock shelf", form)
    ada.press(ada.button("Assign to space"))
    ada.sees_status("Active")
    expect(ada.page.locator(".page-head")).to_contain_text("Stock shelf")
    ada.tab("Event log")
    ada.sees("Ada Holm assigned repaired device to Stock shelf.")


@with_and_without_script
def test_set_to_not_in_repair_reminds_to_assign_it_and_to_add_the_payor(hands, sit_down, live_world, in_repair):
    ada = sit_down(live_world.admin, hands)
    ada.page.goto(in_repair.support_url)
    ada.press(ada.button("Not enrolled"))
    ada.sees("Not enrolled: Ada Holm")
    ada.confirm("Set to “Not in repair”", "closes as repaired", "Do not forget the payor.")
    ada.sees_status("Active")
    ada.sees("Assign it to a user or space, and do not forget the payor.")
    ada.menu("Unassigned")
    ada.press(ada.link("MacBook Pro 14"))
    ada.press(ada.button("Assign to Eva Lind"))
    ada.sees("MacBook Pro 14 is assigned to Eva Lind.")
    ada.tab("Event log")
    ada.sees("Ada Holm marked device as not in repair.", "Ada Holm assigned repaired device to Eva Lind.")


@pytest.mark.parametrize("hands", ["mouse", "no-script", "phone"])
def test_recycled_leaves_hardware_for_archived_and_can_come_back(hands, sit_down, live_world, in_repair):
    ada = sit_down(live_world.admin, hands)
    ada.page.goto(in_repair.support_url)
    ada.confirm("Remove device", "stays in Archived, with its whole history", "still in MDM")
    ada.sees_status(RECYCLED)
    ada.press(ada.button("Mark as released"))
    ada.sees("Released from MDM: Ada Holm")
    ada.tab("Event log")
    ada.sees("Ada Holm removed device from Velory.")
    ada.menu("Archived")
    ada.sees("MacBook Pro 14", "Recycled")
    ada.press(ada.link("MacBook Pro 14"))
    ada.confirm("Restore", "Active and unassigned")
    ada.sees_status("Active")
    assert Repair.objects.get().outcome == "recycled"


@with_and_without_script
def test_replaced_by_a_new_device_that_is_registered_in_the_same_act(hands, sit_down, live_world, in_repair):
    ada = sit_down(live_world.admin, hands)
    ada.page.goto(in_repair.support_url)
    ada.press(ada.link("Register replacement"))
    expect(ada.page.get_by_label("Category", exact=True)).to_have_value("Laptop")
    expect(ada.page.get_by_label("Assign to").locator("option:checked")).to_have_text("Eva Lind")
    expect(ada.page.get_by_label("Payor").locator("option:checked")).to_have_text("Employee")
    ada.fill("Name", "MacBook Pro 16")
    ada.fill("Serial number", "NEW-1")
    ada.press(ada.button("Register replacement"))
    expect(ada.heading("MacBook Pro 16")).to_be_visible()
    ada.sees_status("Active")
    expect(ada.page.locator(".page-head")).to_contain_text("Eva Lind")
    ada.press(ada.link("MacBook Pro 14"))
    ada.sees_status(RECYCLED)
    expect(ada.link("MacBook Pro 16")).to_be_visible()
    ada.tab("Event log")
    ada.sees("Ada Holm registered MacBook Pro 16 as replacement.", "Ada Holm removed device from Velory.")
    assert Repair.objects.get().outcome == "replaced"


@pytest.mark.parametrize("hands", ["mouse", "no-script", "keyboard"])
def test_replaced_by_one_that_the_user_may_order(hands, sit_down, live_world, in_repair):
    ada = sit_down(live_world.admin, hands)
    ada.page.goto(in_repair.get_absolute_url())
    ada.press(ada.link("Remove device"))
    if hands == "keyboard":  # the arrows move between the choices of a group, the Tab key reaches the chosen one
        ada.reach(ada.page.get_by_label("Recycled"))
        ada.page.keyboard.press("ArrowDown")
    else:
        ada.press(ada.page.get_by_label("Replaced: Eva Lind may order a new one"))
    ada.press(ada.button("Remove device"))
    ada.sees_status(RECYCLED)
    ada.sees("Eva Lind may order a new one.")
    repair = Repair.objects.get()
    assert (repair.outcome, repair.may_order) == ("replaced", True)
    assert repair.mdm_release.state == MDMRelease.State.OPEN


@with_and_without_script
def test_a_replacement_that_is_still_out_is_taken_back(hands, sit_down, live_world, in_repair):
    ada = sit_down(live_world.admin, hands)
    ada.page.goto(live_world.spare.get_absolute_url())
    form = ada.page.locator("form", has=ada.heading("To a user"))
    ada.choose("User", "Eva Lind", form)
    ada.choose("Payor", "Company", form)
    ada.choose("As replacement for", "Eva Lind – MacBook Pro 14", form)
    ada.press(ada.button("Assign to user"))
    ada.sees("A replacement for Eva Lind while this is in repair")
    ada.press(ada.link("MacBook Pro 14"))
    ada.tab("Overview")
    ada.press(ada.button("Assign to Eva Lind"))
    ada.sees("Eva Lind still holds the replacement ThinkPad X1.")
    ada.press(ada.link("Un-assign it").last)
    window = ada.page.get_by_role("dialog" if ada.has_script else "main")
    expect(window).to_contain_text("Eva Lind will be unassigned.")
    ada.press(ada.button("Unassign", window))
    expect(ada.heading("ThinkPad X1")).to_be_visible()
    ada.sees("ThinkPad X1 is unassigned.")
    assert Device.objects.get(pk=live_world.spare.pk).is_unassigned
