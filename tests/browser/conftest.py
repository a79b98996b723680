"""Real people at a real browser: Debian's Chromium on a live server, and what no page may ever do."""

import pytest
from playwright.sync_api import expect

from tests import chromium

from .person import Person
from .watching import Watch, session_cookie

# Milliseconds: generous, as it is only waited for where something is wrong, and a machine that others use too has stood
# still for more than ten seconds.
TIMEOUT = 30_000
# Whatever a page asks for, no request leaves this machine.
NOWHERE_ELSE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"


def pytest_collection_modifyitems(items):
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The system's own browser. Playwright starts it without a sandbox, as root can't have one."""
    found = chromium.find()
    if found is None:
        pytest.skip(f"no Chromium found (as {', '.join(chromium.NAMES)})")
    expect.set_options(timeout=TIMEOUT)
    return browser_type_launch_args | {"executable_path": found, "args": [NOWHERE_ELSE]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return browser_context_args | {
        "locale": "en-GB",
        "timezone_id": "Europe/Stockholm",
        "reduced_motion": "reduce",
    }


@pytest.fixture(scope="session")
def base_url():
    """Each person's browser is told where the server is; nothing comes from the command line."""


@pytest.fixture
def sit_down(live_world, live_server, new_context):
    """Somebody opens a browser of their own: `sit_down(world.employee)`, signed in, or nobody yet.

    `hands` says how they use it (person.WAYS). Afterwards no page of theirs may have complained in the
    console or asked another site for anything.
    """
    watches = []

    def sit_down(user=None, hands="mouse"):
        context = new_context(base_url=live_server.url, **Person.WAYS[hands])
        context.set_default_timeout(TIMEOUT)
        if user is not None:
            context.add_cookies([session_cookie(user, live_server.url)])
        page = context.new_page()
        watches.append(Watch(page, live_server.url))
        return Person(page, hands)

    yield sit_down
    assert [line for watch in watches for line in watch.complaints] == []
