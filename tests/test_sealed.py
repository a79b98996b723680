"""The secrets of two-step sign-in and single sign-on are sealed in the database, and outlive a change of the key."""

from importlib import import_module
from io import StringIO
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import SingleSignOn
from accounts.two_step import factors_of
from tests.test_two_step import SECOND_STEP, give_code
from tests.two_step import SECRET, code_of, give_app, give_passkey, is_signed_in, sign_in

ANOTHER = "another-key-for-tests-that-nobody-would-use-for-anything-else"


@pytest.fixture
def eva(world):
    world.employee.codes = give_app(world.employee)
    return world.employee


def stored():
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator ORDER BY id")
        return str(cursor.fetchall())


def comes_in(client, person, code):
    sign_in(client, person)
    give_code(client, code)
    return is_signed_in(client)


def rotate(settings, keep=True):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY] if keep else []
    settings.SECRET_KEY = ANOTHER


def reseal():
    out = StringIO()
    call_command("reseal", stdout=out, stderr=out)
    return out.getvalue()


def test_neither_the_secret_of_an_app_nor_that_of_recovery_codes_can_be_read(client, eva):
    assert SECRET not in stored()
    assert stored().count("gAAAA") == 2
    assert comes_in(client, eva, code_of())
    assert comes_in(client, eva, eva.codes[0])
    assert factors_of(eva).codes_left == 9


def test_with_another_key_all_goes_on_once_it_is_sealed_anew(client, eva, settings, world):
    sso = SingleSignOn(company=world.acme, issuer="https://login.example", client_id="velory")
    sso.client_secret = "a secret of the provider"
    sso.save()
    give_passkey(eva)
    rotate(settings)
    assert comes_in(client, eva, eva.codes[0])
    assert "3 secrets" in reseal()
    settings.SECRET_KEY_FALLBACKS = []
    assert comes_in(client, eva, code_of())
    assert not comes_in(client, eva, eva.codes[0])
    assert factors_of(eva).codes_left == 9
    assert SingleSignOn.objects.get().client_secret == "a secret of the provider"


def test_what_a_lost_key_has_sealed_lets_nobody_in_and_breaks_no_page(client, eva, settings):
    give_passkey(eva)
    rotate(settings, keep=False)
    assert not comes_in(client, eva, code_of())
    assert "Velory has lost the key to your second step" in client.get(SECOND_STEP).text
    client.force_login(eva)
    page = client.get("/profile/security/")
    assert page.status_code == 200
    assert page.context["factors"].codes_left == 0
    with pytest.raises(CommandError, match="2 can't be read"):
        reseal()


def test_factors_of_before_are_sealed_by_the_migration_and_opened_by_going_back(client, eva):
    migration = import_module("accounts.migrations.0006_sealed_factors")
    before = dict(Authenticator.objects.values_list("type", "data"))
    editor = SimpleNamespace(connection=connection)
    migration.unseal(apps, editor)
    assert SECRET in stored()
    migration.seal(apps, editor)
    assert SECRET not in stored()
    assert before != dict(Authenticator.objects.values_list("type", "data"))
    assert comes_in(client, eva, code_of())
