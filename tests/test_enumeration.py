"""Nobody learns from an answer, or from its time, who has an account."""

import re
import time

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.background import soon
from accounts.models import AuditLine, User
from tests.factories import UserFactory
from tests.two_step import give_app, is_signed_in, sign_in


@pytest.fixture
def addresses(world):
    """Of all kinds: an account here, one with two steps, one elsewhere, invited twice, deactivated, unknown."""
    give_app(world.employee)
    UserFactory(company=world.acme, email="temp@agency.example")
    UserFactory(company=world.globex, email="temp@agency.example")
    UserFactory(company=world.acme, email=world.globex_employee.email)
    User.objects.filter(pk=world.colleague.pk).update(is_active=False)
    known = [world.admin, world.employee, world.globex_employee, world.colleague]
    return [*(person.email for person in known), "temp@agency.example", "nobody@acme.example"]


def stripped(response, email):
    """A page without what is another one each time."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", response.text)
    return text.replace(email, "")


def test_a_wrong_password_is_answered_the_same_for_every_address(client, addresses):
    answers = {
        stripped(client.post(reverse("account_login"), {"login": email, "password": "wrong"}), email)
        for email in addresses
    }
    assert len(answers) == 1


def test_a_wrong_password_costs_the_same_for_every_address(client, addresses, monkeypatch):
    hashed = []
    encode = MD5PasswordHasher.encode

    def counting(self, password, salt):
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counting)
    costs = {}
    for email in addresses:
        hashed.clear()
        client.post(reverse("account_login"), {"login": email, "password": "wrong"})
        costs[email] = len(hashed)
    assert set(costs.values()) == {1}, costs


def test_a_wrong_password_asks_the_database_the_same_for_every_address(client, addresses, monkeypatch):
    """What the audit log has to say of it comes after the answer."""
    later = []
    monkeypatch.setattr("accounts.receivers.soon", later.append)
    client.post(reverse("account_login"), {"login": "first@acme.example", "password": "wrong"})
    asked = {}
    for email in addresses:
        with CaptureQueriesContext(connection) as queries:
            client.post(reverse("account_login"), {"login": email, "password": "wrong"})
        asked[email] = len(queries)
    assert len(set(asked.values())) == 1, asked
    assert len(later) == 1 + len(addresses)
    assert not AuditLine.objects.exists()


def test_a_forgotten_password_is_answered_the_same_for_every_address(client, addresses):
    answers = {
        stripped(client.post(reverse("account_reset_password"), {"email": email}, follow=True), email)
        for email in addresses
    }
    assert len(answers) == 1


def test_the_answer_does_not_wait_for_the_mail(client, addresses, settings, monkeypatch):
    """Nor does it fail where the mail does."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    for email in addresses:
        assert client.post(reverse("account_reset_password"), {"email": email}).status_code == 302

    settings.WORK_IN_BACKGROUND = True
    done = []

    def slow():
        time.sleep(0.2)
        done.append(True)

    began = time.perf_counter()
    soon(slow)
    assert time.perf_counter() - began < 0.1
    while not done:
        time.sleep(0.01)


def test_only_a_right_password_leads_to_the_second_step(client, world):
    give_app(world.employee)
    assert sign_in(client, world.employee, "wrong").status_code == 200
    assert sign_in(client, world.employee)["Location"] == reverse("mfa_authenticate")
    assert not is_signed_in(client)
