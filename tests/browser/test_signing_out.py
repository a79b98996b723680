"""A shared computer, in a browser that keeps whole pages for "back" (bfcache), which Playwright's own way turns off."""

import pytest
from playwright.sync_api import expect

from tests import chromium

from .person import Person
from .watching import session_cookie

_PAGE = "<!doctype html><title>Kept</title><h1>Kept</h1>"


@pytest.fixture(params=["mouse", "no-script"])
def eva(request, playwright, live_world, live_server):
    found = chromium.find()
    if found is None:
        pytest.skip("no Chromium found")
    browser = playwright.chromium.launch(
        executable_path=found, ignore_default_args=["--disable-back-forward-cache"], args=["--no-sandbox"]
    )
    context = browser.new_context(base_url=live_server.url, **Person.WAYS[request.param])
    context.add_cookies([session_cookie(live_world.employee, live_server.url)])
    yield Person(context.new_page(), request.param)
    browser.close()


def test_the_browser_does_keep_pages_that_may_be_kept(eva):
    """Or the test below would prove nothing."""
    if not eva.has_script:
        pytest.skip("asks the page itself")
    page = eva.page
    page.route("**/kept*", lambda route: route.fulfill(body=_PAGE, content_type="text/html"))
    page.goto("/kept")
    page.evaluate("() => { document.body.dataset.kept = 'whole' }")
    page.goto("/kept-next")
    page.go_back(wait_until="commit")
    assert page.evaluate("() => document.body.dataset.kept") == "whole"


def test_after_signing_out_back_shows_nothing_even_where_pages_are_kept_whole(eva, live_world):
    page = eva.page
    page.goto("/")
    eva.sees("MacBook Pro 14")
    page.goto(live_world.laptop.get_absolute_url())
    eva.sees("MacBook Pro 14")
    eva.press(eva.button("Sign out"))
    expect(eva.heading("Sign in")).to_be_visible()
    for _page in range(2):
        page.go_back()
        expect(eva.heading("Sign in")).to_be_visible()
        expect(page.locator("body")).not_to_contain_text("MacBook Pro 14")
    page.go_forward()
    expect(page.locator("body")).not_to_contain_text("MacBook Pro 14")
