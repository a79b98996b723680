"""What browsers and people do beside the way: click twice, go back, leave a page open, use two tabs."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from devices.models import Assignment, Event
from repairs.models import MDMRelease, Repair
from tests.factories import DeviceFactory

with_and_without_script = pytest.mark.parametrize("hands", ["mouse", "no-script"])


def happened(device):
    """What the device's log says, by kind."""
    return list(Event.objects.filter(device=device).order_by("sequence").values_list("kind", flat=True))


@with_and_without_script
def test_a_double_click_asks_for_one_repair(hands, sit_down, live_world):
    eva = sit_down(live_world.employee, hands)
    eva.page.goto(live_world.laptop.support_url)
    eva.switch.check()
    eva.button("Save").dblclick()
    eva.sees_status("Active - needs repair")
    assert Repair.objects.count() == 1
    assert happened(live_world.laptop).count("reported") == 1


@with_and_without_script
def test_a_double_click_takes_a_device_in_once_and_gives_it_back_once(hands, sit_down, live_world):
    laptop = live_world.laptop.move("report", by=live_world.employee)
    ada = sit_down(live_world.admin, hands)
    ada.page.goto(laptop.support_url)
    ada.press(ada.link("Move to “In repair”"))
    ada.button("Move to “In repair”").dblclick()
    ada.sees_status("In repair")
    assert MDMRelease.objects.count() == 1
    assert happened(laptop).count("taken_in") == 1

    ada.tab("Overview")
    ada.button("Assign to Eva Lind").dblclick()
    ada.sees_status("Active")
    assert Assignment.objects.filter(device=laptop).count() == 2
    assert happened(laptop).count("assigned_repaired") == 1


def test_what_another_admin_did_meanwhile_is_told_and_nothing_happens_twice(sit_down, live_world):
    laptop = live_world.laptop.move("report", by=live_world.employee)
    ada, bodil = sit_down(live_world.admin), sit_down(live_world.second_admin)
    ada.page.goto(laptop.support_url)
    ada.press(ada.link("Revert to “Not in repair”"))
    bodil.page.goto(laptop.support_url)
    bodil.confirm("Move to “In repair”")
    bodil.sees_status("In repair")

    with ada.page.expect_response(re.compile("/revert/$")) as answer:
        ada.press(ada.button("Revert to “Not in repair”"))
    assert answer.value.status == 409
    expect(ada.page.get_by_role("status").first).to_contain_text("MacBook Pro 14")
    ada.sees_status("In repair")
    assert "not_in_repair" not in happened(laptop)


def test_a_form_that_waited_in_another_tab_does_not_act_on_the_next_repair(sit_down, live_world):
    eva = sit_down(live_world.employee)
    eva.page.goto(live_world.laptop.support_url)
    laptop = live_world.laptop.move("report", by=live_world.employee)
    laptop = laptop.move("revert", by=live_world.employee)
    eva.switch.check()
    with eva.page.expect_response(re.compile("/support/$")) as answer:
        eva.press(eva.button("Save"))
    assert answer.value.status == 409
    eva.sees_status("Active")
    assert happened(laptop).count("reported") == 1


def test_after_signing_out_the_back_button_shows_nothing(sit_down, live_world):
    eva = sit_down(live_world.employee)
    eva.page.goto("/")
    eva.page.goto(live_world.laptop.get_absolute_url())
    eva.press(eva.button("Sign out"))
    expect(eva.heading("Sign in")).to_be_visible()
    for _page in range(2):
        eva.page.go_back()
        expect(eva.heading("Sign in")).to_be_visible()
        expect(eva.page.locator("body")).not_to_contain_text("MacBook Pro 14")


def test_a_window_of_somebody_who_was_signed_out_elsewhere_leads_to_the_sign_in_page(sit_down, live_world):
    ada = sit_down(live_world.admin)
    ada.page.goto(live_world.laptop.get_absolute_url())
    ada.page.context.clear_cookies()
    ada.press(ada.link("Unassign"))
    expect(ada.heading("Sign in")).to_be_visible()


def test_reloading_after_an_act_does_not_repeat_it(sit_down, live_world):
    eva = sit_down(live_world.employee)
    eva.page.goto(live_world.laptop.support_url)
    eva.switch.check()
    eva.press(eva.button("Save"))
    eva.sees("Saved.")
    eva.page.reload()
    eva.sees_status("Active - needs repair")
    expect(eva.page.get_by_role("main")).not_to_contain_text("Saved.")
    assert happened(live_world.laptop).count("reported") == 1


@pytest.mark.parametrize("name", ["devices:mine", "devices:colleagues", "devices:log"])
def test_next_leads_on_wherever_there_is_more_than_one_page(name, sit_down, live_world):
    DeviceFactory.create_batch(51, company=live_world.acme, by=live_world.admin, holder=live_world.admin)
    laptop = live_world.laptop
    for _time in range(26):
        laptop = laptop.move("report", by=live_world.admin).move("revert", by=live_world.admin)
    ada = sit_down(live_world.admin)
    ada.page.goto(reverse(name, args=[laptop.pk] if name == "devices:log" else []))
    ada.press(ada.link("Next"))
    ada.sees("51–")
    assert ada.page.url.endswith("page=2")


def test_a_table_that_follows_keeps_its_order_its_search_and_the_focus(sit_down, live_world):
    DeviceFactory.create_batch(52, company=live_world.acme, by=live_world.admin, name="Screen")
    ada = sit_down(live_world.admin)
    ada.page.goto(reverse("devices:hardware") + "?sort=since")
    heading = ada.page.get_by_role("columnheader").get_by_role("link", name="Device", exact=True)
    heading.focus()
    heading.press("Enter")
    expect(ada.page).to_have_url(re.compile(r"\?sort=name$"))
    expect(heading).to_be_focused()
    search = ada.page.get_by_role("search", name="This table").get_by_label("Search")
    search.fill("screen")
    expect(ada.page).to_have_url(re.compile(r"sort=name"))
    expect(ada.page).to_have_url(re.compile(r"q=screen"))
    expect(ada.page.locator("#said")).to_contain_text("1–50 of 52")
    following = ada.link("Next")
    following.focus()
    following.press("Enter")
    expect(ada.page.locator("#said")).to_contain_text("51–52 of 52")
    expect(ada.page.get_by_role("navigation", name="Pages").get_by_role("link").first).to_be_focused()
    ada.press(ada.link("Filters"))
    expect(ada.page).to_have_url(re.compile(r"q=screen"))
    expect(search).to_have_value("screen")


def test_text_that_is_selected_beyond_the_window_does_not_close_it(sit_down, live_world):
    ada = sit_down(live_world.admin)
    ada.page.goto(reverse("devices:hardware") + "?q=mac")
    ada.press(ada.link("Save filter"))
    name = ada.page.get_by_role("dialog").get_by_label("Name")
    name.fill("Screens")
    box = name.bounding_box()
    ada.page.mouse.move(box["x"] + 20, box["y"] + 10)
    ada.page.mouse.down()
    ada.page.mouse.move(5, 5)
    ada.page.mouse.up()
    expect(name).to_have_value("Screens")
    ada.page.mouse.click(5, 5)
    expect(ada.page.get_by_role("dialog")).to_be_hidden()


def test_support_staff_work_in_the_django_admin_without_a_word_in_the_console(sit_down, live_world):
    siri = sit_down(live_world.support)
    siri.page.goto("/")
    expect(siri.page.get_by_text("Velory Support").first).to_be_visible()
    siri.press(siri.link("Companies").first)
    siri.press(siri.link("Acme"))
    expect(siri.page.get_by_label("Repair flow released")).to_be_checked()
