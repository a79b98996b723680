"""Where somebody is signed in, on their own page, and signing out elsewhere."""

from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from tests.two_step import (
    give_passkey,
    sign_in,
)
from tests.world import PASSWORD

SECURITY = "/profile/security/"


def test_one_sees_where_one_is_signed_in_and_signs_out_elsewhere(world):
    eva = world.employee
    phone, laptop, carl = Client(), Client(), Client()
    phone.post(
        reverse("account_login"),
        {"login": eva.email, "password": PASSWORD},
        headers={"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/605"},
    )
    sign_in(laptop, eva)
    sign_in(carl, world.colleague)
    page = laptop.get(SECURITY)
    assert "Safari on iPhone" in page.text
    assert [session.is_this for session in page.context["sessions"]] == [True, False]

    assert phone.get(SECURITY).status_code == 200
    assert "Sign out elsewhere" in page.text
    page = laptop.post(SECURITY, follow=True)
    assert "You are signed out everywhere else." in page.text
    assert len(page.context["sessions"]) == 1
    assert "Sign out elsewhere" not in page.text
    assert phone.get(SECURITY).status_code == 302
    assert phone.get(SECURITY, headers={"HX-Request": "true"}).status_code == 302
    assert carl.get(SECURITY).status_code == 200


def test_a_session_that_is_over_is_not_shown(world):
    eva, other = world.employee, Client()
    sign_in(other, eva)
    here = Client()
    sign_in(here, eva)
    other.post(reverse("account_logout"))
    assert len(here.get(SECURITY).context["sessions"]) == 1
    sign_in(other, eva)
    Session.objects.filter(session_key=other.session.session_key).update(expire_date="2020-01-01T00:00:00Z")
    assert len(here.get(SECURITY).context["sessions"]) == 1
    sign_in(other, eva)
    eva.set_password("quite another phrase 7")
    eva.save()
    sign_in(here, eva, "quite another phrase 7")
    assert len(here.get(SECURITY).context["sessions"]) == 1


def test_the_page_writes_nothing_and_asks_little_however_many_there_are(world, django_assert_max_num_queries):
    eva, client = world.employee, Client()
    for _browser in range(20):
        sign_in(Client(), eva)
    for number in range(20):
        give_passkey(eva, f"Passkey {number}")
    client.force_login(eva)
    with django_assert_max_num_queries(12) as queries:
        page = client.get(SECURITY)
    assert len(page.context["sessions"]) == 20
    assert [query for query in queries if not query["sql"].startswith(("SELECT", "SAVEPOINT", "RELEASE"))] == []
