"""Whatever an address is asked for, it leads nowhere but to pages of ours."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.test_forgery import visits
from tests.two_step import give_app
from tests.world import PASSWORD

OURS = "http://testserver"
ELSEWHERE = (
    "https://elsewhere.example/",
    "//elsewhere.example/",
    "///elsewhere.example/",
    "/\\elsewhere.example/",
    "https:elsewhere.example",
    "https:///elsewhere.example",
    "\thttps://elsewhere.example/",
    "https://testserver@elsewhere.example/",
    "https://testserver.elsewhere.example/",
    "javascript:alert(1)",
)

pytestmark = pytest.mark.one_database
# What an address may be asked for, by whichever name people give it.
NAMES = ("next", "url", "to", "continue", "redirect", "redirect_to", "return", "return_to", "success_url")


def leads_away(response):
    """Where it leads, if that is elsewhere."""
    location = response.headers.get("Location", "")
    is_path = location.startswith("/") and location[1:2] not in ("/", "\\", "\t")
    return [] if not location or is_path or location.startswith(f"{OURS}/") else [location]


@pytest.mark.parametrize("who", ["admin", "nobody"])
def test_no_address_leads_elsewhere_whatever_it_is_asked_for(world, who):
    found = []
    person = getattr(world, who, None)
    for client, scene, name, address in visits(world, person):
        asked = dict.fromkeys(NAMES, ELSEWHERE[0])
        headers = {"Referer": ELSEWHERE[0], "HX-Current-URL": ELSEWHERE[0]}
        for response in (
            client.get(address, asked, headers=headers),
            client.post(address, scene.data(name, person or world.employee) | asked, headers=headers),
        ):
            found += leads_away(response)
            text = response.getvalue().decode(errors="replace") if not response.streaming else ""
            found += [address for way in ("href", "action") if f'{way}="{ELSEWHERE[0]}' in text]
    assert found == []


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_signing_in_and_out_and_proving_who_one_is_lead_to_pages_of_ours(world, elsewhere):
    """Where people do want to go on to where they were: each page that keeps a "next"."""
    give_app(world.colleague)
    signed_in = Client()
    signed_in.force_login(world.employee)
    asked = f"?next={elsewhere}"
    proof = {"login": world.admin.email, "password": PASSWORD, "next": elsewhere}
    second = Client()
    second.post(reverse("account_login"), proof | {"login": world.colleague.email})
    for response in (
        Client().post(reverse("account_login"), proof),
        Client().post(reverse("account_login") + asked, proof),
        Client().post(reverse("account_login"), proof | {"login": world.support.email}),
        Client().post(reverse("account_login"), proof | {"login": world.colleague.email}),
        second.post(reverse("mfa_authenticate") + asked, {"code": "000000", "next": elsewhere}),
        signed_in.get(reverse("account_login"), {"next": elsewhere}),
        signed_in.post(reverse("account_reauthenticate") + asked, proof),
        signed_in.post(reverse("account_logout") + asked, {"next": elsewhere}),
        Client().post(reverse("account_reset_password") + asked, {"email": world.admin.email, "next": elsewhere}),
    ):
        assert leads_away(response) == []
    own = Client().post(reverse("account_login"), proof | {"next": reverse("accounts:profile")})
    assert own["Location"] == reverse("accounts:profile")
