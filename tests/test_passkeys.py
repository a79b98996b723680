"""Passkeys: they are added, sign in by themselves, and are the second step; nonsense is none."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.two_step import (
    Passkey,
    challenge_of,
    code_of,
    give_app,
    give_passkey,
    is_signed_in,
    prove,
    sign_in,
    sign_in_by,
)

SECOND_STEP = "/account/two-step/authenticate/"


@pytest.fixture
def eva(world):
    return world.employee


def give_code(client, code):
    return client.post(SECOND_STEP, {"code": code})


def test_a_passkey_is_added_and_signs_in(client, eva):
    client.force_login(eva)
    prove(client)
    page = client.get(reverse("mfa_add_webauthn"), HTTP_HOST="localhost")
    options = page.context["js_data"]["creation_options"]
    assert options["publicKey"]["authenticatorSelection"]["residentKey"] == "required"
    assert options["publicKey"]["authenticatorSelection"]["userVerification"] == "required"
    passkey = Passkey(eva)
    sent = passkey.registration(challenge_of(options)) | {"more": "\0", "authenticatorAttachment": "\0"}
    data = {"name": "Phone", "credential": json.dumps(sent)}
    client.post(reverse("mfa_add_webauthn"), data, HTTP_HOST="localhost")
    row = Authenticator.objects.get(type="webauthn")
    assert (row.user, str(row)) == (eva, "Phone")
    assert row.data["credential"] == passkey.registration(challenge_of(options)) | {"response": sent["response"]}

    client.logout()
    assert sign_in_by(client, passkey)["Location"] == reverse("devices:mine")
    assert client.session["_auth_user_id"] == str(eva.pk)


def test_a_passkey_is_for_one_challenge(client, eva):
    passkey = Passkey(eva)
    passkey.stored()
    address = reverse("mfa_login_webauthn")
    asked = client.get(address, headers={"Accept": "application/json"}, HTTP_HOST="localhost").json()
    sent = json.dumps(passkey.assertion(challenge_of(asked["request_options"])))
    client.post(address, {"credential": sent}, HTTP_HOST="localhost")
    assert is_signed_in(client)
    client.logout()
    client.get(address, headers={"Accept": "application/json"}, HTTP_HOST="localhost")
    client.post(address, {"credential": sent}, HTTP_HOST="localhost")
    assert not is_signed_in(client)


def test_a_passkey_opens_only_for_whose_it_is_and_while_they_may_come_in(client, world, eva):
    passkey = Passkey(eva)
    passkey.stored()
    give_passkey(world.colleague)
    for handle in ("", "0", "zzzzzzzzzzzz", "z" * 100, "-1", "é", "\0", world.colleague.pk, world.admin.pk):
        sign_in_by(client, passkey, handle=str(handle))
        assert not is_signed_in(client), handle
    for change in ({"is_active": False}, {"is_active": True, "joined_at": None}):
        User.objects.filter(pk=eva.pk).update(**change)
        sign_in_by(client, passkey)
        assert not is_signed_in(client), change


NONSENSE = [
    "",
    "x",
    "null",
    "[]",
    "{}",
    "1e999",
    '"\\u0000"',
    "[" * 5000,
    "9" * 5000,
    '{"id": 1, "rawId": {}, "response": []}',
    '{"id": "AA", "rawId": "AA", "response": {"clientDataJSON": "AA", "attestationObject": "gYGB"}}',
    '{"id": "AA", "rawId": "AA", "response": {"clientDataJSON": "AA", "authenticatorData": "AA", "signature": "AA"}}',
    '{"id": "AA", "rawId": "AA", "response": {"clientDataJSON": "bnVsbA", "attestationObject": "%s"}}' % ("gYGB" * 999),
    '{"id": "AA", "rawId": "AA", "clientExtensionResults": [1], "response": {"clientDataJSON": "e30",'
    ' "authenticatorData": "e30", "signature": "e30", "userHandle": "e30", "attestationObject": "e30"}}',
]


@pytest.mark.parametrize("given", NONSENSE)
def test_nonsense_is_no_passkey(client, eva, given):
    give_passkey(eva)
    client.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
    assert client.post(reverse("mfa_login_webauthn"), {"credential": given}).status_code == 302
    sign_in(client, eva)
    client.get(SECOND_STEP)
    assert client.post(SECOND_STEP, {"credential": given}).status_code == 200
    assert not is_signed_in(client)
    client.force_login(eva)
    prove(client)
    client.get(reverse("mfa_add_webauthn"))
    assert client.post(reverse("mfa_add_webauthn"), {"credential": given}).status_code == 200
    client.get(reverse("mfa_reauthenticate_webauthn"))
    assert client.post(reverse("mfa_reauthenticate_webauthn"), {"credential": given}).status_code == 302
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def test_whoever_is_read_before_they_are_signed_in_is_read_within_a_transaction(live_world):
    """As PostgreSQL shows nobody outside of one; here no test's own is around it."""
    eva, client = live_world.employee, Client()
    passkey = Passkey(eva)
    passkey.stored()
    give_app(eva)
    sign_in_by(client, passkey)
    assert is_signed_in(client)
    sign_in(client, eva)
    assert client.get(SECOND_STEP).status_code == 200
    give_code(client, code_of())
    assert is_signed_in(client)
