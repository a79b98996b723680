"""Looking at pages changes nothing, so all who look share one office, one server and one browser for each person."""

import pytest
from pytest_django.live_server_helper import LiveServer

from tests.conftest import empty

from ..conftest import TIMEOUT
from ..person import DESKTOP
from ..watching import Watch, session_cookie
from .office import Office


@pytest.fixture(scope="package")
def db(django_db_setup, django_db_blocker):
    """In place of pytest-django's, which gives each test a database of its own."""
    with django_db_blocker.unblock():
        yield
        empty()


@pytest.fixture(scope="package")
def office(db, cast):
    return Office(cast.enter())


@pytest.fixture(scope="package")
def server(office):
    server = LiveServer("localhost")
    yield server.url
    server.stop()


@pytest.fixture(scope="package")
def desks(browser, browser_context_args, office, server):
    """The browser of each person: `desks("admin")`, `desks("admin", PHONE)`."""
    contexts = {}

    def desk(who, screen=DESKTOP):
        key = who, str(screen)
        if key not in contexts:
            contexts[key] = context = browser.new_context(base_url=server, **browser_context_args, **screen)
            context.set_default_timeout(TIMEOUT)
            if who:
                context.add_cookies([session_cookie(getattr(office, who), server)])
        return contexts[key]

    yield desk
    for context in contexts.values():
        context.close()


@pytest.fixture(scope="package")
def tabs(desks, server):
    """The tab that each person keeps open all day, and who watches it."""
    tabs = {}

    def tab(who):
        if who not in tabs:
            tab = desks(who).new_page()
            tabs[who] = tab, Watch(tab, server)
        return tabs[who]

    return tab


@pytest.fixture
def opened(tabs):
    """Somebody's tab, on a screen of the usual size, which is watched: `tab, watch = opened("admin")`."""

    def open_tab(who):
        tab, watch = tabs(who)
        tab.set_viewport_size(DESKTOP["viewport"])
        tab.emulate_media(media="screen", color_scheme="light")
        watch.forget()
        return tab, watch

    return open_tab
