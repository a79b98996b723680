"""Single sign-on at a real browser: from the sign-in page to the company's provider, and back signed in.

Velory is at localhost and the providers at 127.0.0.1, so that they are different sites, as in earnest.
"""

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import Domain, SingleSignOn
from accounts.sso.saml import read_metadata
from tests.provider import provider as running_provider
from tests.saml_provider import saml_provider as running_saml_provider

from .conftest import TIMEOUT
from .person import Person
from .watching import Watch


@pytest.fixture(scope="module")
def provider():
    with running_provider() as one:
        one.knows("eva", email="eva@acme.example", email_verified=True)
        yield one


@pytest.fixture(scope="module")
def saml_provider():
    with running_saml_provider() as one:
        one.knows("eva", mail="eva@acme.example")
        yield one


@pytest.fixture
def proved(live_world):
    Domain.objects.create(company=live_world.acme, name="acme.example", proved_at=live_world.acme.created_at)
    return live_world


@pytest.fixture
def by_saml(proved, saml_provider, live_server):
    described = read_metadata(saml_provider.metadata().encode())
    SingleSignOn.objects.create(company=proved.acme, protocol="saml", is_on=True, **described._asdict())
    ours = reverse("accounts:saml_metadata", args=[proved.acme.pk])
    host = live_server.url.removeprefix("http://")
    saml_provider.described = Client().get(ours, headers={"Host": host}).text
    return proved


@pytest.fixture
def by_openid(proved, provider):
    sso = SingleSignOn(company=proved.acme, issuer=provider.issuer, client_id="velory", is_on=True)
    sso.client_secret = "a secret between the two"
    sso.save()
    return proved


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
        page = context.new_page()
        watches.append(HalfWatch(page, live_server.url))
        return Person(page, hands)

    yield sit_down
    assert [line for watch in watches for line in watch.complaints] == []


def go_there(somebody):
    somebody.page.goto("/")
    somebody.press(somebody.link("Sign in with your company"))
    somebody.fill("Email", "eva@acme.example")
    somebody.press(somebody.button("Go on"))
    somebody.press(somebody.link("Go on to your company"))


HANDS = pytest.mark.parametrize("hands", ["mouse", "no-script", "keyboard", "phone"])


@HANDS
def test_somebody_signs_in_with_their_company(hands, at_a_browser, by_openid):
    eva = at_a_browser(hands)
    go_there(eva)
    expect(eva.page.get_by_role("heading", name="Authorize Client")).to_be_visible()
    eva.page.get_by_placeholder("sub").fill("eva")
    eva.page.get_by_role("button", name="Authorize").click()
    expect(eva.heading("My devices")).to_be_visible()
    eva.sees("MacBook Pro 14")


@HANDS
def test_and_by_saml(hands, at_a_browser, by_saml):
    """The provider's form comes from another site, without our cookies, and signs in all the same."""
    eva, sent = at_a_browser(hands), []
    eva.page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    go_there(eva)
    expect(eva.page.get_by_role("heading", name="The provider")).to_be_visible()
    eva.page.get_by_label("Who").fill("eva")
    eva.page.get_by_role("button", name="Sign in there").click()
    if hands == "no-script":
        eva.page.get_by_role("button", name="Go back to Velory").click()
    expect(eva.heading("My devices")).to_be_visible()
    eva.sees("MacBook Pro 14")
    back = reverse("accounts:saml_response", args=[by_saml.acme.pk])
    arrived = next(request for request in sent if request.url.endswith(back))
    assert "cookie" not in arrived.all_headers()
