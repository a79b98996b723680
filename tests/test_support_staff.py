"""Somebody leaves Velory Support: from the console they are out at once, and nothing of before lets them in again."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tokens import link_keys, link_path
from tests.two_step import Passkey, give_app, is_signed_in, sign_in, sign_in_by

NEW = "another password of mine"


def said_by(command, *arguments):
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def siri(world):
    return world.support


def test_whoever_leaves_is_out_at_once(siri):
    passkey, here, pending = Passkey(siri), Client(), Client()
    sign_in(here, siri)
    assert here.get(reverse("admin:index")).status_code == 200
    passkey.stored()
    sign_in(pending, siri)  # and has yet to take the second step
    link = link_path(siri, link_keys.new(siri))

    said = said_by("deactivate_support", siri.email.upper())
    assert said == "Siri Ahl is of the support staff no more, and signed out everywhere.\n"
    assert here.get(reverse("admin:index")).status_code == 302
    assert Client().get(link, follow=True).status_code == 410
    assert pending.get(reverse("mfa_authenticate")).status_code == 302
    for browser in (sign_in, lambda client, _siri: sign_in_by(client, passkey)):
        client = Client()
        browser(client, siri)
        assert not is_signed_in(client)


def test_whoever_comes_back_begins_anew(siri, world):
    give_app(siri)
    said_by("deactivate_support", siri.email)
    said = said_by("create_support", siri.email, siri.full_name)
    assert "Siri Ahl (siri@velory.example) is of the support staff again." in said
    client = Client()
    sign_in(client, siri)
    assert not is_signed_in(client)
    page = client.get("/join/" + said.strip().rpartition("/join/")[2], follow=True)
    client.post(page.request["PATH_INFO"], {"new_password1": NEW, "new_password2": NEW})
    assert client.get(reverse("admin:index")).status_code == 200


def test_nobody_else_is_deactivated(siri, world):
    for address in (world.employee.email, "nobody@velory.example"):
        with pytest.raises(CommandError, match="Nobody of the support staff"):
            call_command("deactivate_support", address)
    said_by("deactivate_support", siri.email)
    with pytest.raises(CommandError, match="Nobody of the support staff"):
        call_command("deactivate_support", siri.email)
    assert set(User.objects.filter(is_active=False)) == {siri}
