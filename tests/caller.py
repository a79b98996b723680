"""Somebody signed in over HTTP, as their browser asks: for many people at once on a server (tests/server.py).

A page that is opened lends its form what it carries unseen: the token against forgery and `seen`, the revision that
it showed.
"""

import re
from html import unescape

import html5lib

from tests.visitor import filled_in
from tests.yard import PASSWORD

SIGN_IN = "/account/login/"
_SEEN = re.compile(r'name="seen" value="(\d+)"')
_STATUS = re.compile(r"chip chip--(\w+)")
_NOTICES = re.compile(r'<div class="messages".*?</div>\s*</div>', re.DOTALL)


class Page:
    """An answer: `status`, `location` of a redirect, `text`."""

    def __init__(self, status, headers, text):
        self.status, self.location, self.text = status, headers.get("Location", ""), text

    @property
    def seen(self):
        """The device's revision, as the page's forms send it along; None where there is none."""
        found = _SEEN.search(self.text)
        return int(found[1]) if found else None

    @property
    def device_status(self):
        found = _STATUS.search(self.text)
        return found[1] if found else None

    @property
    def message(self):
        """The words of the notice on top."""
        found = _NOTICES.search(self.text)
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", found[0])).split()) if found else ""

    def form(self, field):
        """What the form with this field would send if nobody touched anything, but for the token of whoever sees it."""
        tree = html5lib.parse(self.text, namespaceHTMLElements=False)
        for form in tree.findall(".//main//form"):
            data = {name: value for name, value in filled_in(form) if name != "csrfmiddlewaretoken"}
            if field in data:
                return data
        raise LookupError(f"no form with {field}")


class Caller:
    """`Caller(server, email).sign_in()`. What goes wrong on the way rises as OSError or HTTPException."""

    def __init__(self, server, email):
        self.server, self.email, self.cookies = server, email, {}

    def open(self, address):
        return self._ask(address, None)

    def send(self, address, **fields):
        token = next(value for name, value in self.cookies.items() if name.endswith("csrf"))
        return self._ask(address, {"csrfmiddlewaretoken": token, **fields})

    def sign_in(self):
        """Returns the caller. Raises AssertionError where they aren't let in."""
        self.open(SIGN_IN)
        page = self.send(SIGN_IN, login=self.email, password=PASSWORD)
        assert page.status == 302, (page.status, page.message)
        return self

    def _ask(self, address, fields):
        page = Page(*self.server.ask(address, fields, self.cookies))
        # Notices wait in a cookie until a page shows them. Nobody reads these.
        for name in [name for name in self.cookies if name.endswith("messages")]:
            del self.cookies[name]
        return page
