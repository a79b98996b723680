"""Single sign-on at a real browser: from the sign-in page to the company's provider, and back signed in."""

import pytest
from playwright.sync_api import expect

from accounts.models import Domain, SingleSignOn
from tests.provider import provider as running_provider

from .conftest import TIMEOUT
from .person import Person
from .watching import Watch


@pytest.fixture(scope="module")
def provider():
    with running_provider() as one:
        one.knows("eva", email="eva@acme.example", email_verified=True)
        yield one


@pytest.fixture
def world(live_world, provider):
    Domain.objects.create(company=live_world.acme, name="acme.example", proved_at=live_world.acme.created_at)
    sso = SingleSignOn(company=live_world.acme, issuer=provider.issuer, client_id="velory", is_on=True)
    sso.client_secret = "a secret between the two"
    sso.save()
    return live_world


class HalfWatch(Watch):
    """Watches our pages; those of the provider are its own matter."""

    def __init__(self, page, origin):
        self.page = page
        super().__init__(page, origin)

    def _console(self, message):
        if self.page.url.startswith(self.origin):
            super()._console(message)

    def _request(self, request):
        if request.frame.url.startswith(self.origin) and not request.is_navigation_request():
            super()._request(request)


@pytest.fixture
def at_a_browser(live_server, new_context):
    watches = []

    def sit_down(hands):
        context = new_context(base_url=live_server.url, **Person.WAYS[hands])
        context.set_default_timeout(TIMEOUT)
        context.route("https://**", lambda route: route.abort())
        page = context.new_page()
        watches.append(HalfWatch(page, live_server.url))
        return Person(page, hands)

    yield sit_down
    assert [line for watch in watches for line in watch.complaints] == []


@pytest.mark.parametrize("hands", ["mouse", "no-script", "keyboard", "phone"])
def test_somebody_signs_in_with_their_company(hands, at_a_browser, world):
    eva = at_a_browser(hands)
    eva.page.goto("/")
    eva.press(eva.link("Sign in with your company"))
    eva.fill("Email", "eva@acme.example")
    eva.press(eva.button("Go on"))
    eva.press(eva.link("Go on to your company"))
    expect(eva.page.get_by_role("heading", name="Authorize Client")).to_be_visible()
    eva.page.get_by_placeholder("sub").fill("eva")
    eva.page.get_by_role("button", name="Authorize").click()
    expect(eva.heading("My devices")).to_be_visible()
    eva.sees("MacBook Pro 14")
