"""The employee's whole way, in the guide's words, with a mouse, without script, on a phone, by keyboard alone."""

import pytest
from playwright.sync_api import expect

from repairs.models import Repair
from tests.world import PASSWORD

from .person import Person

every_way = pytest.mark.parametrize("hands", Person.WAYS)
with_and_without_script = pytest.mark.parametrize("hands", ["mouse", "no-script"])


@every_way
def test_an_employee_asks_for_a_repair_and_takes_the_request_back(hands, sit_down, live_world):
    eva = sit_down(hands=hands)
    eva.sign_in("eva@acme.example", PASSWORD)
    expect(eva.page.get_by_role("banner")).to_contain_text("Eva Lind")
    expect(eva.heading("My devices")).to_be_visible()
    eva.press(eva.link("MacBook Pro 14"))
    eva.sees_status("Active")

    eva.tab("Support")
    expect(eva.switch).not_to_be_checked()
    eva.press(eva.switch)
    eva.choose("What is wrong?", "Screen")
    eva.fill("In your own words", "A line across the screen.")
    eva.press(eva.button("Save"))
    eva.sees_status("Active - needs repair")
    eva.sees("Back up MacBook Pro 14 before you leave it with your IT department")
    eva.sees("Next: leave it with your IT department", "check with your manager or IT department")

    eva.menu("My devices")
    eva.sees("Active - needs repair", "Back up MacBook Pro 14")
    eva.press(eva.button("I have backed it up"))
    eva.sees("Thank you.")
    expect(eva.page.get_by_role("region", name="Backup")).to_have_count(0)
    eva.tab("Event log")
    eva.sees("Eva Lind reported device in need of repair.", "Eva Lind confirmed a backup.")

    eva.tab("Support")
    expect(eva.switch).to_be_checked()
    expect(eva.page.get_by_label("What is wrong?")).to_have_value("screen")
    eva.press(eva.switch)
    eva.press(eva.button("Save"))
    eva.sees_status("Active")
    eva.sees("Your request is taken back.")
    repair = Repair.objects.get()
    assert (repair.outcome, repair.description) == ("not_needed", "A line across the screen.")


@with_and_without_script
def test_what_does_not_start_cannot_be_backed_up(hands, sit_down, live_world):
    live_world.laptop.move("report", by=live_world.employee)
    eva = sit_down(live_world.employee, hands)
    eva.page.goto("/")
    eva.press(eva.button("It does not start, I can't"))
    expect(eva.page.get_by_role("region", name="Backup")).to_have_count(0)
    eva.tab("Event log")
    eva.sees("Eva Lind could not back up device: it does not start.")


@with_and_without_script
def test_an_employee_sees_where_their_device_is_until_it_is_back(hands, sit_down, live_world):
    laptop = live_world.laptop.move("report", by=live_world.employee)
    laptop = laptop.move("take_in", by=live_world.admin)
    eva = sit_down(live_world.employee, hands)
    eva.page.goto("/")
    eva.sees("In repair", "With your IT")
    eva.press(eva.page.get_by_role("link", name="See where it is"))
    eva.sees_status("In repair")
    eva.sees("Your IT department has the device.")
    expect(eva.page.locator("[aria-current=step]")).to_contain_text("With IT")
    expect(eva.switch).to_have_count(0)

    laptop = laptop.move("finish", by=live_world.admin)
    eva.page.reload()
    eva.sees_status("Active")
    eva.sees("It is repaired. Your IT admins will hand it out.")

    laptop.assign(live_world.employee, live_world.employee_payor, by=live_world.admin)
    eva.page.reload()
    expect(eva.switch).not_to_be_checked()
    eva.tab("Event log")
    eva.sees("Ada Holm assigned repaired device to Eva Lind.")


def test_where_the_flow_is_not_released_the_support_tab_says_whom_to_ask(sit_down, live_world):
    jonna = sit_down(live_world.initech_employee)
    jonna.page.goto(live_world.initech_laptop.support_url)
    jonna.sees("The repair flow is not activated for your company", "contact Velory Support")
    expect(jonna.link("support@velory.example")).to_be_visible()
    expect(jonna.switch).to_have_count(0)
