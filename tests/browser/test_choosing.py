"""A field that suggests while one types, by keyboard and by mouse."""

from playwright.sync_api import expect

from accounts.choosing import FEW, OFFERED
from accounts.models import User


def test_a_person_is_suggested_and_taken_by_keyboard_and_by_mouse(sit_down, live_world):
    User.objects.bulk_create(
        User(company=live_world.acme, email=f"crowd{n}@acme.example", full_name=f"Crowd {n}") for n in range(FEW)
    )
    page = sit_down(live_world.admin).page
    page.goto(live_world.spare.get_absolute_url())
    field = page.get_by_role("combobox", name="User", exact=True)
    field.press_sequentially("LIN")
    option = page.get_by_role("option", name="Eva Lind eva@acme.example")
    expect(option).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", option.get_attribute("id"))
    field.press("Enter")
    expect(field).to_have_value("Eva Lind <eva@acme.example>")
    expect(option).to_have_count(0)
    field.fill("carl")
    page.get_by_role("option", name="Carl Berg").click()
    expect(field).to_have_value("Carl Berg <carl@acme.example>")
    field.fill("crowd")
    suggestions = page.get_by_role("listbox", name="Suggestions")
    expect(suggestions.get_by_role("option")).to_have_count(OFFERED)
    field.press("Escape")
    expect(suggestions).to_have_count(0)
    field.fill("eva@acme.example")
    form = page.locator("form", has=field)
    form.get_by_label("Payor").select_option("Company")
    form.get_by_role("button", name="Assign to user").click()
    expect(page.get_by_text("ThinkPad X1 is assigned to Eva Lind.")).to_be_visible()


def test_typing_on_lets_go_of_what_was_chosen_below_the_search(sit_down, live_world):
    page = sit_down(live_world.admin).page
    page.goto("/")
    field = page.get_by_role("combobox", name="Search")
    field.press_sequentially("macb")
    option = page.get_by_role("option", name="MacBook Pro 14")
    expect(option).to_be_visible()
    field.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    page.route("**/search/**", lambda route: None)  # an answer that takes its time
    field.press("x")
    expect(field).not_to_have_attribute("aria-activedescendant", option.get_attribute("id"))
    expect(option).to_have_attribute("aria-selected", "false")
