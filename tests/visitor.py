"""Somebody's browser without JavaScript: opens pages, follows links, and sends forms as they stand there.

What a form carries unseen (`seen`, the repair, the token against forgery) and what it preselects goes along as it
would in earnest, so a test says only what the person does.
"""

from urllib.parse import urljoin

import html5lib
from django.conf import settings
from django.test import Client

from accounts import visits


def on_a_visit(client, company):
    """The browser of somebody of the support staff who has said why they look at this company's data."""
    session = client.session
    session[visits.SESSION_KEY] = {"company": company.pk, "until": "2999-01-01T00:00Z"}
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


class Visitor:
    """`Visitor(world.employee).open("/").follow("MacBook Pro 14")`. Everything returns the visitor."""

    def __init__(self, person=None):
        self.client = Client(enforce_csrf_checks=True)
        if person is not None:
            self.client.force_login(person)

    # What one does

    def open(self, address, **query):
        """An address, or anything that has one."""
        if not isinstance(address, str):
            address = address.get_absolute_url()
        return self._arrive(self.client.get(address, query, follow=True))

    def follow(self, words):
        """The link with these words, in the page or else in the menu."""
        return self.open(urljoin(self.address, self._link(words).get("href")))

    def press(self, words, /, **fields):
        """The button with these words, in whose form `fields` are filled in: a choice by what one reads or by its
        value, a box with True or False. Fails where the form has no such field, choice or button."""
        form, button = self._button(words)
        data = filled_in(form) if button.get("name") is None else [*filled_in(form), _pair(button)]
        sent: dict[str, list[str]] = {}
        for name, value in data:
            sent.setdefault(name, []).append(value)
        for name, value in fields.items():
            sent.pop(name, None)
            if value is not False:
                sent[name] = [_value_for(form, name, value)]
            else:
                _control(form, name)
        address = urljoin(self.address, form.get("action") or "")
        if form.get("method") == "post":
            return self._arrive(self.client.post(address, sent, follow=True))
        return self._arrive(self.client.get(address, sent, follow=True))

    def _arrive(self, response):
        self.response = response
        self.address = response.request["PATH_INFO"]
        if response.request["QUERY_STRING"]:
            self.address += "?" + response.request["QUERY_STRING"]
        self.tree = html5lib.parse(response.content, namespaceHTMLElements=False)
        return self

    # What one reads

    @property
    def status(self):
        return self.response.status_code

    @property
    def words(self):
        """The text of the page beside menu and bar, messages included."""
        return _words(self.tree.find(".//main"))

    @property
    def messages(self):
        return [_words(notice) for notice in self.tree.findall(".//main/div[@class='messages']/*")]

    @property
    def menu(self):
        """What the menu offers, with the count that stands beside it."""
        links = self.tree.findall(".//nav[@id='menu']//li/a")
        return {
            _label(link): int(_words(count)) if (count := link.find("span")) is not None else None for link in links
        }

    @property
    def errors(self):
        """What is said beside the fields, by the field's name."""
        found = {}
        for control in self.tree.findall(".//main//*[@aria-invalid='true']"):
            beside = self.tree.find(f".//*[@id='{control.get('id')}_error']")
            found[control.get("name")] = _words(beside)
        return found

    @property
    def rows(self):
        """The table's rows, as lists of what stands in their cells, but for the boxes that choose a row."""
        rows = self.tree.findall(".//main//tbody/tr")
        return [[_words(cell) for cell in row if cell.find("./input[@name='device']") is None] for row in rows]

    @property
    def buttons(self):
        """Every button of the page itself, and every link that looks like one."""
        main = self.tree.find(".//main")
        found = main.findall(".//button") + [
            link for link in main.findall(".//a") if "button" in link.get("class", "").split()
        ]
        return [_words(button) for button in found if button.get("hidden") is None]

    def field(self, name, button=""):
        """What stands in a field now, in the form with this button: a text, the words of what is chosen, or whether a
        box is ticked."""
        control = _control(self._form(name, button), name)
        if control.tag == "select":
            return _words(_chosen(control))
        if control.get("type") == "checkbox":
            return control.get("checked") is not None
        return control.text or "" if control.tag == "textarea" else control.get("value", "")

    def choices(self, name, button=""):
        """The words of what a field offers, but for the blank one."""
        options = _control(self._form(name, button), name).iter("option")
        return [_words(option) for option in options if option.get("value")]

    # Finding things

    def _link(self, words):
        for place in (".//main", ".//nav[@id='menu']", ".//header"):
            for link in self.tree.findall(f"{place}//a"):
                if words in (_words(link), _label(link)):
                    return link
        raise AssertionError(f"no link {words!r} on {self.address}: {self.words}")

    def _form(self, name, button):
        if button:
            return self._button(button)[0]
        return next(form for form in self.tree.findall(".//main//form") if _has(form, name))

    def _button(self, words):
        for form in self.tree.findall(".//main//form") + self.tree.findall(".//header//form"):
            for button in form.iter("button"):
                if _words(button) == words:
                    return form, button
        raise AssertionError(f"no button {words!r} on {self.address}: {self.words}")


def _words(element):
    return " ".join("".join(_texts(element)).split())


def _texts(element):
    """Text as it is read: nothing of pictures and of lists behind a field, and a blank where a new box begins."""
    if element.tag in ("svg", "{http://www.w3.org/2000/svg}svg", "datalist") or not isinstance(element.tag, str):
        return
    inline = element.tag in ("a", "b", "span", "strong", "time", "code", "wbr")
    yield "" if inline else " "
    yield element.text or ""
    for child in element:
        yield from _texts(child)
        yield child.tail or ""
    yield "" if inline else " "


def _label(link):
    """A link's words without the count beside them."""
    count = link.find("span[@class='count']")
    words = _words(link)
    return words.removesuffix(_words(count)).strip() if count is not None else words


# Forms


def _has(form, name):
    return any(control.get("name") == name for control in form.iter())


def _control(form, name):
    for control in form.iter():
        if control.get("name") == name:
            return control
    raise AssertionError(f"the form has no field {name!r}")


def _pair(control):
    return control.get("name"), control.get("value", "on" if control.get("type") in ("checkbox", "radio") else "")


def _chosen(select):
    options = list(select.iter("option"))
    return next((option for option in options if option.get("selected") is not None), options[0])


def filled_in(form):
    """What would be sent if nobody touched anything."""
    for control in form.iter():
        if control.get("name") is None or control.get("disabled") is not None:
            continue
        if control.tag == "select":
            yield control.get("name"), _chosen(control).get("value")
        elif control.tag == "textarea":
            yield control.get("name"), control.text or ""
        elif control.tag == "input" and (
            control.get("type") not in ("checkbox", "radio") or control.get("checked") is not None
        ):
            yield _pair(control)


def _value_for(form, name, value):
    """What is sent for what one chose or wrote."""
    control = _control(form, name)
    if control.tag == "select":
        offered = {_words(option): option.get("value") for option in control.iter("option")}
    elif control.get("type") == "radio":
        labels = {label.get("for"): _words(label) for label in form.iter("label")}
        offered = {
            labels[radio.get("id")]: radio.get("value") for radio in form.iter("input") if radio.get("name") == name
        }
    elif control.get("type") == "checkbox":
        assert value is True
        return _pair(control)[1]
    else:
        return str(value)
    if value not in offered:
        assert str(value) in offered.values(), f"{name} offers {list(offered)}, not {value!r}"
        return str(value)
    return offered[value]
