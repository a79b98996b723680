"""The forms of the site: on every page of the table of routes that somebody may open, each form once for each person;
and what the table says may be sent to where no form leads."""

from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import html5lib
from django.urls import resolve

from tests import test_routes
from tests.visitor import filled_in

ROWS = [row for row in test_routes.ROWS if row.name != "account_logout"]
ACTS = [row for row in ROWS if row.method == "POST"]
PAGES = [row for row in ROWS if row.method == "GET"]
# Those on which forms are known to stand.
SOME_PAGES = [
    row
    for row in PAGES
    if row.name in {act.name for act in ACTS} or row.name.endswith((":overview", "_add", "_change"))
]

# Fields into which one writes, and in which one finds again what one wrote.
WRITTEN = {"text", "email", "number", "search", "tel", "url", "date", "datetime-local"}


class Form(NamedTuple):
    name: str  # of the view that it is sent to
    address: str
    fields: list[tuple[str, str]]
    written: frozenset[str]  # the fields into which one writes


def forms_of(html, address):
    """The forms of a page that send something, but for the one that signs out."""
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    for form in tree.findall(".//form"):
        target = urljoin(address, form.get("action") or "")
        if (form.get("method") or "").lower() != "post" or target.endswith("/logout/"):
            continue
        fields = [(name, value or "") for name, value in filled_in(form) if name != "csrfmiddlewaretoken"]
        fields += [
            (control.get("name"), control.get("value") or "on")
            for control in form.iter()
            if control.get("name") and control.get("name") not in dict(fields) and control.tag in ("button", "input")
            if control.get("type") in ("checkbox", "radio", "submit", "file")
        ]
        yield Form(resolve(urlsplit(target).path).view_name, target, fields, frozenset(_written(form)))


def _written(form):
    for control in form.iter():
        if control.tag == "textarea" or (control.tag == "input" and (control.get("type") or "text") in WRITTEN):
            yield control.get("name")


def words_in(html, form):
    """What stands now in the fields of this form into which one writes, by name."""
    again = [other for other in forms_of(html, form.address) if other.name == form.name]
    return {name: value for other in again for name, value in other.fields if name in other.written}
