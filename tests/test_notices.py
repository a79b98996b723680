"""Whoever's way in has changed is told by mail, whoever changed it."""

import json
import re
from io import StringIO

import pytest
from django.conf import settings as configured
from django.core import mail
from django.core.management import call_command
from django.urls import reverse

from accounts.models import User
from accounts.notices import BY_OTHERS, OWN
from accounts.tokens import link_keys, link_path
from tests.two_step import Passkey, challenge_of, code_of, give_app, give_passkey, prove
from tests.visitor import on_a_visit
from tests.world import PASSWORD

NEW = "quite another phrase 7"


@pytest.fixture
def told(settings, django_capture_on_commit_callbacks):
    """What an act has mailed, by recipient and subject: `told(act)`."""
    settings.MAIL_IS_SET_UP = True

    def told(act):
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            act()
        return [(message.to[0].partition("@")[0], message.subject) for message in mail.outbox]

    return told


@pytest.fixture
def eva(world, client):
    client.force_login(world.employee)
    return world.employee


@pytest.fixture
def ada(world, client):
    client.force_login(world.admin)
    return world.admin


def own(kind):
    return [("eva", str(OWN[kind]))]


def by(name, kind, to):
    return (to, str(BY_OTHERS[kind]) % {"by": name})


# What one does oneself


def test_another_password_is_told(told, client, eva):
    passwords = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert told(lambda: client.post(reverse("account_change_password"), passwords)) == own("password_changed")
    [message] = mail.outbox
    assert re.search(r"^\d+ \w+ 20\d\d, \d\d:\d\d CES?T$", message.body, re.MULTILINE)
    assert "Hello Eva Lind," in message.body
    assert "If it was not" in message.body
    assert "tell your IT admin" in message.body
    assert not re.search(r"\d+\.\d+\.\d+\.\d+|http", message.body)


def test_a_password_by_a_link_that_was_mailed_is_told(told, client, world):
    client.post(reverse("account_reset_password"), {"email": world.employee.email})
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body).group(1)
    address = client.get(link, follow=True).request["PATH_INFO"]
    assert told(lambda: client.post(address, {"password1": NEW, "password2": NEW})) == own("password_reset")


def test_a_password_by_a_handed_link_is_told_unless_it_is_the_first(told, client, world):
    def choose(person):
        address = client.get(link_path(person, link_keys.new(person)), follow=True).request["PATH_INFO"]
        return told(lambda: client.post(address, {"new_password1": NEW, "new_password2": NEW}))

    assert choose(world.employee) == own("password_chosen")
    assert choose(User.objects.create_user("nils@acme.example", company=world.acme, full_name="Nils Ny")) == []


def test_an_app_is_told_when_it_comes_and_when_it_goes(told, client, eva):
    prove(client)
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    assert told(lambda: client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})) == own("totp_activated")
    assert told(lambda: client.post(reverse("mfa_generate_recovery_codes"))) == own("recovery_codes_generated")
    assert told(lambda: client.post(reverse("mfa_deactivate_totp"))) == own("totp_deactivated")


def test_a_passkey_is_told_when_it_comes_and_when_it_goes(told, client, eva):
    address, passkey = reverse("mfa_add_webauthn"), Passkey(eva)
    prove(client)
    options = client.get(address, HTTP_HOST="localhost").context["js_data"]["creation_options"]
    sent = {"name": "Laptop", "credential": json.dumps(passkey.registration(challenge_of(options)))}
    assert told(lambda: client.post(address, sent, HTTP_HOST="localhost")) == own("webauthn_added")
    stored = give_passkey(eva)
    gone = reverse("mfa_remove_webauthn", args=[stored.pk])
    assert told(lambda: client.post(gone)) == own("webauthn_removed")


# What others do


def test_another_address_is_told_to_the_old_one(told, client, ada, world):
    address = reverse("accounts:user_edit", args=[world.employee.pk])
    sent = {"full_name": "Eva Lind", "role": "employee", "language": "", "email": "lind@acme.example"}
    sent |= {f"initial-{name}": value for name, value in sent.items()} | {"initial-email": world.employee.email}
    assert told(lambda: client.post(address, sent)) == [
        by("Ada Holm", "email_changed", to="eva"),
        ("lind", "Choose a password for Velory"),
    ]
    assert "lind@" not in mail.outbox[0].body
    # Who has not joined with it has no account there to lose.
    sent |= {"email": "eva.lind@acme.example", "initial-email": "lind@acme.example"}
    assert told(lambda: client.post(address, sent)) == [("eva.lind", "Choose a password for Velory")]


def test_a_reset_second_step_is_told_in_the_language_of_its_owner(told, client, ada, world):
    give_app(world.employee)
    User.objects.filter(pk=world.employee.pk).update(language="sv")
    address = reverse("accounts:user_two_step", args=[world.employee.pk])
    assert [to for to, _subject in told(lambda: client.post(address))] == ["eva"]
    [message] = mail.outbox
    assert "Ada Holm" in message.subject
    assert message.body.startswith("Hej Eva Lind,")


def test_support_and_the_console_are_told_too(told, client, world):
    client.force_login(world.support)
    on_a_visit(client, world.acme)
    data = {"action": "reset_sign_in", "_selected_action": [world.employee.pk]}
    mailed = told(lambda: client.post("/admin/accounts/user/", data))
    assert by("Siri Ahl", "sign_in_reset", to="eva") in mailed
    arguments = ["create_support", world.support.email, world.support.full_name]
    mailed = told(lambda: call_command(*arguments, reset_two_step=True, stdout=StringIO()))
    assert mailed == [by("Velory’s console", "two_step_reset", to="siri")]
    assert "tell your colleagues of Velory Support" in mail.outbox[0].body


# Without mail, and with a mail server that is down


def test_without_mail_nothing_happens(told, client, eva, settings):
    settings.MAIL_IS_SET_UP = False
    passwords = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert told(lambda: client.post(reverse("account_change_password"), passwords)) == []
    assert User.objects.get(pk=eva.pk).check_password(NEW)


def test_a_mail_server_that_is_down_stops_nothing(told, client, eva, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    passwords = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert told(lambda: client.post(reverse("account_change_password"), passwords)) == []
    assert User.objects.get(pk=eva.pk).check_password(NEW)


def test_what_is_refused_is_not_told(told, client, ada, world):
    # The last one who could administer the company keeps their address.
    User.objects.filter(pk=world.second_admin.pk).update(is_active=False)
    assert told(lambda: client.post(reverse("accounts:user_two_step", args=[world.admin.pk]))) == []
    assert configured.MAIL_IS_SET_UP
