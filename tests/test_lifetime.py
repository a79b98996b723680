"""How long a sign-in lasts: it ends by itself when nothing is done in it, and at last whatever is done."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import clock
from tests.two_step import sign_in
from tests.visitor import on_a_visit

PAGE = reverse("devices:mine")
HOURS = timedelta(hours=1)


class Browser:
    """Somebody's, at so many hours after they have signed in."""

    def __init__(self, person):
        self.client, self.began = Client(), timezone.now()
        sign_in(self.client, person)

    def opens(self, hours, page=PAGE):
        with clock.at(self.began + hours * HOURS):
            return self.client.get(page).status_code == 200


def test_a_session_in_which_nothing_is_done_ends(world):
    assert settings.SESSION_IDLE_MINUTES == 12 * 60
    eva = Browser(world.employee)
    assert eva.opens(11)
    carl = Browser(world.colleague)
    assert not carl.opens(12.1)
    assert Session.objects.count() == 1
    assert not carl.opens(0)


def test_whatever_is_done_keeps_it_until_its_days_are_over(world):
    assert settings.SESSION_DAYS == 7
    eva = Browser(world.employee)
    hours = 0
    while hours + 11 < 7 * 24:
        hours += 11
        assert eva.opens(hours), hours
    assert not eva.opens(7 * 24 + 0.1)


def test_what_was_done_in_another_browser_or_as_somebody_else_keeps_nothing(world):
    eva, elsewhere, carl = Browser(world.employee), Browser(world.employee), Browser(world.colleague)
    assert elsewhere.opens(8)
    assert carl.opens(8)
    eva.client.cookies[settings.SEEN_COOKIE_NAME] = carl.client.cookies[settings.SEEN_COOKIE_NAME].value
    assert not eva.opens(13)
    assert elsewhere.opens(13)


def test_a_made_up_cookie_keeps_nothing(world):
    eva = Browser(world.employee)
    eva.client.cookies[settings.SEEN_COOKIE_NAME] = "WyI0MSIsMTc5NjAwMDAwMF0:1nonsense"
    assert eva.opens(1)
    eva.client.cookies[settings.SEEN_COOKIE_NAME] = "nonsense"
    assert not eva.opens(13)


def test_another_password_does_not_shorten_it(world):
    """Django gives the session another key then."""
    eva = Browser(world.employee)
    assert eva.opens(11)
    with clock.at(eva.began + 11 * HOURS):
        before = eva.client.session.session_key
        passwords = {"password1": "quite another phrase 7", "password2": "quite another phrase 7"}
        eva.client.post(reverse("account_change_password"), {"oldpassword": "a password for tests", **passwords})
    assert eva.client.session.session_key != before
    assert eva.opens(20)


def test_support_staff_are_asked_again_after_an_hour(world):
    siri = Browser(world.support)
    on_a_visit(siri.client, world.acme)
    desk = reverse("admin:index")
    assert siri.opens(0.9, desk)
    assert siri.opens(1.8, desk)
    assert not siri.opens(2.9, desk)


def test_the_cookie_is_made_anew_once_a_minute_and_goes_with_signing_out(world):
    eva = Browser(world.employee)
    name = settings.SEEN_COOKIE_NAME
    assert name not in eva.client.get(PAGE).cookies
    with clock.at(eva.began + timedelta(minutes=2)):
        assert name in eva.client.get(PAGE).cookies
        assert eva.client.post(reverse("account_logout")).cookies[name].value == ""
        assert name not in eva.client.get(reverse("account_login")).cookies


@pytest.mark.parametrize("hours", [0, 5])
def test_looking_writes_nothing_in_the_fifth_hour_either(world, hours):
    eva = Browser(world.employee)
    with CaptureQueriesContext(connection) as queries:
        assert eva.opens(hours)
    reading = ("SELECT", "SAVEPOINT", "RELEASE", "SET")
    assert [query["sql"] for query in queries if not query["sql"].startswith(reading)] == []
