"""Small helps on a page: the search's shortcut, copying, filtering while one types, windows, the menu, targets."""

import re

import pytest
from playwright.sync_api import expect

from ..person import PHONE, Person


@pytest.fixture
def ada(opened):
    tab, watch = opened("admin")
    yield Person(tab, "mouse")
    assert watch.complaints == []


def test_a_slash_goes_to_the_search_unless_somebody_types(ada, office):
    ada.page.goto(office.phone.get_absolute_url())
    ada.page.keyboard.press("/")
    search = ada.page.get_by_role("combobox", name="Search devices, people, spaces")
    expect(search).to_be_focused()
    ada.page.keyboard.type("a/c")
    expect(search).to_have_value("a/c")
    note = ada.page.get_by_label("New note")
    note.focus()
    ada.page.keyboard.type("and/or")
    expect(note).to_have_value("and/or")


def test_the_search_finds_as_one_types_and_is_walked_through_by_the_arrow_keys(ada, office):
    ada.page.goto(office.phone.get_absolute_url())
    keyboard, options = ada.page.keyboard, ada.page.get_by_role("listbox", name="Found").get_by_role("option")
    search, chosen = ada.page.get_by_role("combobox", name="Search devices, people, spaces"), ada.page.locator(":focus")
    keyboard.press("/")
    keyboard.type("stock shelf")
    expect(options.first).to_be_visible()
    expect(search).to_have_attribute("aria-expanded", "true")
    expect(ada.page.locator("#said")).to_contain_text("result")
    keyboard.press("ArrowUp")  # from the field to the last
    last = options.last
    expect(last).to_have_attribute("aria-selected", "true")
    assert chosen.get_attribute("aria-activedescendant") == last.get_attribute("id")
    keyboard.press("ArrowDown")  # and back to the field
    expect(ada.page.locator("[role=option][aria-selected=true]")).to_have_count(0)
    keyboard.press("Escape")
    expect(options.first).to_be_hidden()
    expect(search).to_have_value("stock shelf")
    keyboard.press("ArrowUp")
    keyboard.press("Enter")
    expect(ada.page).to_have_url(re.compile(f"{office.shelf.get_absolute_url()}$"))
    keyboard.press("/")
    keyboard.type("macbok")
    expect(ada.page.locator(".found__note")).to_contain_text("Nothing is called “macbok”. Similar: macbook")
    keyboard.press("Enter")
    expect(ada.page.get_by_role("heading", name="Search")).to_be_visible()


def test_one_click_copies_the_serial_number(ada, office):
    ada.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ada.page.goto(office.phone.get_absolute_url())
    ada.press(ada.button("Copy serial number"))
    expect(ada.page.locator("#said")).to_have_text("Copied")
    assert ada.page.evaluate("navigator.clipboard.readText()") == "F2L-PHONE-1"


def test_the_table_follows_as_one_types_and_sorts_and_the_address_with_it(ada):
    ada.page.goto("/hardware/")
    # A mark on the page itself, which a full load would lose.
    ada.page.evaluate("document.body.dataset.mark = 'same page'")
    rows = ada.page.get_by_role("row")
    ada.page.get_by_label("Search", exact=True).press_sequentially("iphone")
    expect(rows).to_have_count(2)
    expect(ada.page).to_have_url(re.compile(r"\?q=iphone"))
    ada.press(ada.link("Status"))
    expect(ada.page.get_by_role("columnheader", name="Status")).to_have_attribute("aria-sort", "ascending")
    expect(ada.page).to_have_url(re.compile(r"q=iphone.*sort=status|sort=status.*q=iphone"))
    expect(ada.page.locator("body")).to_have_attribute("data-mark", "same page")

    for address in (r"\?q=iphone(?!.*sort=)", r"/hardware/$"):
        ada.page.evaluate("document.body.dataset.mark = 'same page'; history.back()")
        expect(ada.page).to_have_url(re.compile(address))
        expect(ada.page.locator("body")).not_to_have_attribute("data-mark", "same page")
    expect(rows).to_have_count(51)
    expect(ada.page.get_by_label("Search", exact=True)).to_have_value("")


def test_a_filter_applies_as_soon_as_it_is_chosen(ada):
    ada.page.goto("/hardware/")
    ada.press(ada.page.get_by_text("Filters"))
    ada.choose("Category", "Headset")
    expect(ada.page.get_by_role("row")).to_have_count(2)
    expect(ada.page).to_have_url(re.compile("category=Headset"))


def test_keys_go_through_the_rows_tick_and_open_them_until_they_are_turned_off(ada):
    ada.page.goto("/hardware/?sort=name")
    keys, rows = ada.page.keyboard, ada.page.locator("tbody tr")
    boxes = rows.get_by_role("checkbox")
    for key in "jjxkxj":
        keys.press(key)
    expect(rows.nth(1).get_by_role("link")).to_be_focused()
    ada.sees("2 chosen")
    keys.press("a")
    expect(ada.page.get_by_role("combobox", name="What to do with them")).to_be_focused()
    boxes.nth(4).click(modifiers=["Shift"])
    ada.sees("5 chosen")
    ada.page.get_by_role("checkbox", name="All on this page").check()
    ada.sees("50 chosen")

    keys.press("?")
    switch = ada.page.get_by_role("switch", name="Shortcuts of a single key")
    expect(switch).to_be_checked()
    keys.press("x")  # the window is in front
    switch.uncheck()
    keys.press("Escape")
    for key in "jx?/":
        keys.press(key)
    ada.sees("50 chosen")
    expect(ada.page.get_by_role("combobox", name="Search devices")).not_to_be_focused()
    ada.press(ada.link("Keyboard shortcuts"))
    switch.check()
    keys.press("Escape")

    name = rows.first.get_by_role("link")
    name.focus()
    keys.press("Enter")
    expect(ada.page).to_have_url(re.compile(r"/devices/\d+/$"))


def test_a_window_closes_by_escape_by_cancel_and_beside_it_and_gives_the_focus_back(ada, office):
    ada.page.goto(office.laptop.support_url)
    link, window = ada.link("Move to “In repair”"), ada.page.get_by_role("dialog")
    closings = (
        lambda: ada.page.keyboard.press("Escape"),
        lambda: ada.press(ada.link("Cancel", window)),
        lambda: ada.page.mouse.click(5, 5),
    )
    for close in closings:
        link.focus()
        ada.page.keyboard.press("Enter")
        expect(window).to_be_visible()
        expect(window).to_have_accessible_name("Move MacBook Pro 14 to “In repair”?")
        assert ada.page.evaluate("document.activeElement.closest('dialog') !== null")
        close()
        expect(window).to_be_hidden()
        expect(link).to_be_focused()
    ada.sees_status("Active - needs repair")


def test_the_focus_stays_within_a_window(ada, office):
    ada.page.goto(office.laptop.support_url)
    ada.press(ada.link("Move to “In repair”"))
    expect(ada.page.get_by_role("dialog")).to_be_visible()
    for _stop in range(6):
        ada.page.keyboard.press("Tab")
        # Past the last stop the browser's own bar has its turn, in which the page's focus is nowhere.
        assert ada.page.evaluate("document.activeElement.matches('body, dialog, dialog *')")


def test_what_is_wrong_has_the_focus_and_leads_to_its_field(ada, office):
    ada.page.goto("/spaces/new/")
    name = ada.page.get_by_label("Name", exact=True)
    name.fill("Stock shelf")
    ada.press(ada.button("Add space"))
    summary = ada.page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_accessible_description(re.compile("."))
    ada.press(ada.link("Name", summary))
    expect(name).to_be_focused()


def test_the_menu_of_a_phone_opens_closes_and_gives_the_focus_back(opened):
    tab, watch = opened("admin")
    tab.set_viewport_size(PHONE["viewport"])
    tab.goto("/hardware/")
    ada = Person(tab, "mouse")
    menu = ada.button("Menu")
    expect(ada.link("Spaces")).to_be_hidden()
    for close in (lambda: tab.keyboard.press("Escape"), lambda: ada.press(ada.button("Close the menu"))):
        menu.focus()
        tab.keyboard.press("Enter")
        expect(ada.link("Spaces")).to_be_visible()
        close()
        expect(ada.link("Spaces")).to_be_hidden()
        expect(menu).to_be_focused()
    ada.press(menu)
    ada.press(ada.link("Spaces"))
    expect(ada.heading("Spaces")).to_be_visible()
    expect(ada.link("Users")).to_be_hidden()
    assert watch.complaints == []


# What a finger must hit: 44 px both ways, or as high where a link stands in a line of its own. Links within a
# sentence are as high as the sentence.
_TARGETS = "button, .button, select, textarea, input, summary, nav a, .tabs a, tbody a"
_SMALL = """targets => [...document.querySelectorAll(targets)]
  .filter((element) => element.checkVisibility() && !element.closest("[hidden], .visually-hidden"))
  .map((element) => (element.matches("[type=checkbox], [type=radio]") ? element.closest("label, .field, td") : element))
  .map((element) => [element, element.getBoundingClientRect()])
  .filter(([element, box]) => box.height < 43.5 || (element.matches("button") && box.width < 43.5))
  .map(([element, box]) => `${(element.innerText || element.name).trim()}: ${box.width} x ${box.height}`)"""


@pytest.mark.parametrize("who", ["employee", "admin"])
def test_a_finger_hits_everything(who, desks, office, server):
    desk = desks(who, PHONE)
    tab = desk.new_page()
    device = office.laptop
    pages = ["/", device.get_absolute_url(), device.support_url, "/profile/"]
    if who == "admin":
        pages += ["/hardware/in-repair/", office.away.get_absolute_url(), "/devices/new/", "/users/"]
    found = {}
    for page in pages:
        tab.goto(page)
        assert tab.evaluate("matchMedia('(pointer: coarse)').matches")
        found[page] = tab.evaluate(_SMALL, _TARGETS)
    tab.close()
    assert not any(found.values()), found


def test_a_printed_page_is_a_clean_sheet(ada, office):
    ada.page.goto(office.away.get_absolute_url())
    ada.page.emulate_media(media="print")
    for part in (ada.button("Sign out"), ada.link("Spaces"), ada.button("Assign to Eva Lind"), ada.link("Support")):
        expect(part).to_be_hidden()
    expect(ada.heading("ThinkPad T14")).to_be_visible()


def test_without_script_there_is_no_button_that_needs_it(desks, office):
    desk = desks("admin", {"java_script_enabled": False})
    tab = desk.new_page()
    tab.goto(office.phone.get_absolute_url())
    expect(tab.get_by_role("button", name="Copy serial number")).to_be_hidden()
    tab.close()
