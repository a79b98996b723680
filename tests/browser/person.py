"""Somebody at a browser, who presses, fills in and chooses: with a mouse, a finger or the keyboard alone."""

from playwright.sync_api import expect

DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}

# Focus must be seen: an outline around what has it, on the screen and with nothing in front.
_FOCUS = """target => {
  const element = document.activeElement;
  if (element === target) target = null;
  if (!element || element === document.body) return [false, ""];
  const style = getComputedStyle(element);
  const what = (element.getAttribute("aria-label") || element.innerText || element.name || element.tagName).trim();
  const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  if (!seen) return [!target, `focus is not seen: ${what}`];
  const box = element.getBoundingClientRect();
  const inside = box.top >= -1 && box.left >= -1 && box.bottom <= innerHeight + 1 && box.right <= innerWidth + 1;
  if (!inside && box.height < innerHeight) return [!target, `focus is off the screen: ${what}`];
  const front = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  if (front && !element.contains(front) && !front.contains(element)) return [!target, `focus is covered: ${what}`];
  return [!target, ""];
}"""

_IS_BEHIND_THE_MENU = "target => target.closest('main') && !document.activeElement.closest('main, dialog')"


class Person:
    """One person, at `page`. What they do is told once and done by each of `WAYS`."""

    WAYS: dict[str, dict] = {
        "mouse": DESKTOP,
        "no-script": DESKTOP | {"java_script_enabled": False},
        "phone": PHONE,
        "keyboard": DESKTOP,
    }

    def __init__(self, page, hands):
        self.page = page
        self.hands = hands
        self.has_script = hands != "no-script"

    # Hands

    def press(self, target):
        """Press a link, button, switch or summary."""
        if self.hands == "keyboard":
            self.reach(target)
            self.page.keyboard.press("Space" if target.get_attribute("type") in {"checkbox", "radio"} else "Enter")
        elif self.hands == "phone":
            target.tap()
        else:
            target.click()

    def fill(self, label, text, within=None):
        field = (within or self.page).get_by_label(label, exact=True)
        if self.hands == "keyboard":
            self.reach(field)
            self.page.keyboard.press("Control+A")
            self.page.keyboard.type(text)
        else:
            field.fill(text)

    def choose(self, label, option, within=None):
        self.page.wait_for_load_state()  # what follows a choice is the work of a script
        field = (within or self.page).get_by_label(label, exact=True)
        if self.hands == "keyboard":
            self.reach(field)
            self.page.keyboard.type(option)
        else:
            field.select_option(label=option)
        expect(field.locator("option:checked")).to_have_text(option)

    def reach(self, target):
        """Tab to it, past the menu by the link that skips it. On the way all that gets the focus shows it."""
        expect(target).to_be_visible()
        has_focus, _problem = target.evaluate(_FOCUS)
        if not has_focus and target.evaluate(_IS_BEHIND_THE_MENU):
            self.page.wait_for_load_state()  # once its scripts are there, Chromium goes to the address's #main again
            self.page.keyboard.press("Tab")
            expect(self.link("Skip to the content")).to_be_focused()
            self.page.keyboard.press("Enter")
            expect(self.page.locator("main")).to_be_focused()
        for _stop in range(100):
            if has_focus:
                return
            self.page.keyboard.press("Tab")
            has_focus, problem = target.evaluate(_FOCUS)
            assert not problem, problem
        raise AssertionError(f"the Tab key never reaches {target}")

    # What they look for

    def link(self, name, within=None):
        return (within or self.page).get_by_role("link", name=name, exact=True)

    def button(self, name, within=None):
        return (within or self.page).get_by_role("button", name=name, exact=True)

    def heading(self, name):
        return self.page.get_by_role("heading", name=name, exact=True)

    @property
    def switch(self):
        return self.page.get_by_role("switch", name="Device in need of repair?")

    # Where they go

    def sign_in(self, email, password):
        self.page.goto("/")
        expect(self.heading("Sign in")).to_be_visible()
        self.fill("Email", email)
        self.fill("Password", password)
        self.press(self.button("Sign in"))

    def menu(self, name):
        """Follow a link of the main menu, which a phone keeps behind a button."""
        menu = self.page.get_by_role("navigation", name="Main menu")
        if self.hands == "phone":
            self.press(self.button("Menu"))
        self.press(menu.get_by_role("link", name=name))

    def tab(self, name):
        self.press(self.link(name, self.page.get_by_role("navigation", name="Device")))

    def confirm(self, words, *consequences, button=None):
        """Press what asks first, read what will happen, and say yes. A dialog; without script a page."""
        self.press(self.link(words))
        window = self.page.get_by_role("dialog" if self.has_script else "main")
        for consequence in consequences:
            expect(window).to_contain_text(consequence)
        self.press(self.button(button or words, window))

    # What they see

    def sees(self, *texts):
        for text in texts:
            expect(self.page.get_by_role("main")).to_contain_text(text)

    def sees_status(self, name):
        expect(self.page.locator(".page-head .chip")).to_have_text(name)
