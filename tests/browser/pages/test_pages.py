"""Every page, in light and dark, on every width: nothing is cut off, nobody is shut out, nothing is invalid."""

import pytest
from django.urls import resolve

from tests.test_routes import TABLE, read

from . import looking
from .every import PAGES


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_page(page, office, opened):
    tab, watch = opened(page.who)
    tab.goto(page.address(office))
    if page.act:
        page.act(tab)
    answer = watch.answers[-1]
    found = [] if answer.status == page.status else [f"answers {answer.status}"]
    source = answer.text()
    found += looking.in_html(source)
    found += looking.in_weight(tab, source)
    found += looking.in_emphasis(tab)
    found += looking.in_access(tab)
    found += looking.in_widths(tab, tables_may_scroll=page.who == "long_admin")
    found += watch.complaints
    if found:
        pytest.fail("\n".join(found), pytrace=False)


# Downloads, what other programs read, parts of a page, and the Django admin's.
NO_PAGES = (
    "export",
    "_download",
    "_template",
    "_refused",
    "healthz",
    "readyz",
    "saml_metadata",
    "suggestions",
    "support_visit",
)


def test_no_page_is_forgotten(office):
    """Whatever the table of routes knows as a page that somebody of a company may see is in the list."""
    wanted = {row.name for row in read(TABLE) if row.method == "GET" and "200" in row.answers.values()}
    wanted = {name for name in wanted if not name.startswith("admin:") and not name.endswith(NO_PAGES)}
    seen = {resolve(page.address(office).partition("?")[0]).view_name for page in PAGES if page.status != 404}
    assert wanted - seen == set()
