"""Two-step sign-in, through its pages: factors are set up, asked for, counted, and taken away."""

import time
from io import StringIO

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.cache.backends import locmem
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

import velory.settings
from accounts import walls
from accounts.models import Company, User
from accounts.two_step import factors_of, uses_two_step
from tests.two_step import (
    Passkey,
    code_of,
    give_app,
    give_passkey,
    is_signed_in,
    prove,
    sign_in,
    sign_in_by,
)
from tests.visitor import on_a_visit
from tests.world import PASSWORD

SECOND_STEP = "/account/two-step/authenticate/"
SECURITY = "/profile/security/"


@pytest.fixture
def eva(world):
    return world.employee


@pytest.fixture
def as_eva(eva, client):
    client.force_login(eva)
    return client


def give_code(client, code):
    return client.post(SECOND_STEP, {"code": code})


# Setting up


def test_changing_factors_asks_for_the_password_once_more(as_eva, eva):
    passkey = give_passkey(eva)
    give_app(eva)
    for name, args in [
        ("mfa_deactivate_totp", []),
        ("mfa_view_recovery_codes", []),
        ("mfa_download_recovery_codes", []),
        ("mfa_generate_recovery_codes", []),
        ("mfa_add_webauthn", []),
        ("mfa_edit_webauthn", [passkey.pk]),
        ("mfa_remove_webauthn", [passkey.pk]),
    ]:
        for ask in (as_eva.get, as_eva.post):
            answer = ask(reverse(name, args=args))
            if answer.status_code == 405:
                continue
            assert answer["Location"].startswith(reverse("account_reauthenticate")), name
    assert Authenticator.objects.filter(user=eva).count() == 3


def test_an_app_is_set_up_by_its_first_code_and_brings_recovery_codes(as_eva, eva):
    prove(as_eva)
    page = as_eva.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert '<svg class="qr"' in page.text
    assert "data:" not in page.text
    refused = as_eva.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert refused.context["form"].errors == {"code": ["Incorrect code."]}
    assert refused.context["form"].secret == secret
    done = as_eva.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}, follow=True)
    assert done.request["PATH_INFO"] == reverse("mfa_view_recovery_codes")
    factors = factors_of(eva)
    assert factors.app is not None
    assert factors.codes_left == 10
    assert all(code in done.text for code in factors.codes.wrap().get_unused_codes())

    file = as_eva.get(reverse("mfa_download_recovery_codes"))
    assert file["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    assert all(code in file.text for code in factors.codes.wrap().get_unused_codes())
    assert eva.email in file.text


def test_new_recovery_codes_void_the_old_ones(as_eva, eva):
    old = give_app(eva)
    prove(as_eva)
    page = as_eva.post(reverse("mfa_generate_recovery_codes"), follow=True)
    assert not any(code in page.text for code in old)
    sign_in(as_eva, eva)
    give_code(as_eva, old[0])
    assert not is_signed_in(as_eva)


def test_recovery_codes_go_with_the_last_factor(as_eva, eva):
    give_app(eva)
    prove(as_eva)
    as_eva.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=eva).exists()
    sign_in(as_eva, eva)
    assert is_signed_in(as_eva)


def test_somebody_elses_passkey_does_not_exist(as_eva, world):
    passkey = give_passkey(world.colleague)
    prove(as_eva)
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        for ask in (as_eva.get, as_eva.post):
            assert ask(reverse(name, args=[passkey.pk])).status_code == 404
    assert Authenticator.objects.filter(pk=passkey.pk).exists()


# The second step


def test_a_password_alone_does_not_sign_in_who_has_an_app(client, eva):
    give_app(eva)
    assert sign_in(client, eva)["Location"] == SECOND_STEP
    assert not is_signed_in(client)
    assert client.get("/").status_code == 302
    assert give_code(client, code_of()).status_code == 302
    assert is_signed_in(client)


def test_a_code_of_an_app_and_a_recovery_code_work_once(client, eva):
    codes = give_app(eva)
    code = code_of()
    for given, opens in [(code, True), (code, False), (code_of(ahead=1), True), (codes[0], True), (codes[0], False)]:
        sign_in(client, eva)
        give_code(client, f" {given[:3]} {given[3:]} ")
        assert is_signed_in(client) == opens, given


def test_a_used_code_stays_used_while_it_would_still_be_taken(client, eva):
    give_app(eva)
    began = time.time() // 30 * 30 + 1
    with time_machine.travel(began, tick=False):
        code = code_of()
        sign_in(client, eva)
        give_code(client, code)
        assert is_signed_in(client)
    with time_machine.travel(began + 40, tick=False):
        sign_in(client, eva)
        give_code(client, code)
        assert not is_signed_in(client)
        give_code(client, code_of())
        assert is_signed_in(client)


def test_a_code_of_long_ago_is_too_old(client, eva):
    give_app(eva)
    sign_in(client, eva)
    for ahead in (-2, 2):
        give_code(client, code_of(ahead=ahead))
        assert not is_signed_in(client)


@pytest.mark.parametrize("given", ["", "0" * 5000, "a\0b", "١٢٣٤٥٦", "🙂", "-1", "null", "[]"])
def test_nonsense_is_no_code(client, eva, given):
    give_app(eva)
    sign_in(client, eva)
    assert give_code(client, given).status_code == 200
    assert not is_signed_in(client)


def test_the_second_step_can_be_left_and_ends_by_itself(client, eva):
    give_app(eva)
    sign_in(client, eva)
    assert client.get(reverse("account_login"))["Location"] == SECOND_STEP
    assert client.post(reverse("accounts:cancel_sign_in"))["Location"] == reverse("account_login")
    assert client.get(reverse("account_login")).status_code == 200
    assert give_code(client, code_of())["Location"] == reverse("account_login")
    assert not is_signed_in(client)


def test_who_is_deactivated_meanwhile_does_not_get_past_the_second_step(client, world):
    give_app(world.colleague)
    sign_in(client, world.colleague)
    User.objects.filter(pk=world.colleague.pk).update(is_active=False)
    give_code(client, code_of())
    assert client.get("/")["Location"].startswith(reverse("account_login"))


def test_a_link_for_a_new_password_does_not_get_past_the_second_step(client, world):
    give_app(world.colleague)
    client.force_login(world.admin)
    page = client.post(reverse("accounts:user_link", args=[world.colleague.pk]), follow=True)
    page = client.get(page.context["link"], follow=True)
    new = {"new_password1": "quite another phrase 7", "new_password2": "quite another phrase 7"}
    assert client.post(page.request["PATH_INFO"], new)["Location"] == SECOND_STEP
    assert not is_signed_in(client)
    give_code(client, code_of())
    assert client.session["_auth_user_id"] == str(world.colleague.pk)


# Counting


@pytest.fixture
def shared_cache(settings, db):
    """The cache of a server, in the database."""
    settings.CACHES = velory.settings.CACHES
    call_command("createcachetable")
    walls.put_up(connection)  # its part of `migrate`: the roles' rights to that table


def another_process():
    """What one process remembers, the next doesn't."""
    for memory in locmem._caches.values():
        memory.clear()


@pytest.mark.usefixtures("shared_cache")
def test_the_eleventh_wrong_code_is_refused_whichever_process_answers(client, eva):
    codes = give_app(eva)
    sign_in(client, eva)
    for _attempt in range(10):
        another_process()
        assert give_code(client, "000000").context["form"].errors == {"code": ["Incorrect code."]}
    another_process()
    for right in (code_of(), codes[0]):
        answer = give_code(client, right)
        assert answer.context["form"].errors == {
            "code": ["Too many attempts have failed. Wait five minutes, then try again."]
        }
    assert not is_signed_in(client)
    later = Client()
    sign_in(later, eva)
    give_code(later, codes[1])
    assert not is_signed_in(later)


@pytest.mark.usefixtures("shared_cache")
@pytest.mark.parametrize("name", ["ada@acme.example", "nobody@acme.example"])
def test_the_eleventh_wrong_password_is_refused_whoever_it_is(client, world, name):
    for _attempt in range(10):
        another_process()
        answer = client.post(reverse("account_login"), {"login": name, "password": "wrong"})
        assert "is not right" in str(answer.context["form"].errors)
    another_process()
    answer = client.post(reverse("account_login"), {"login": name, "password": PASSWORD})
    assert "Wait five minutes" in str(answer.context["form"].errors)
    assert not is_signed_in(client)


@pytest.mark.usefixtures("shared_cache")
def test_proving_who_one_is_is_counted_too(as_eva):
    for _attempt in range(10):
        another_process()
        assert as_eva.post(reverse("account_reauthenticate"), {"password": "wrong"}).status_code == 200
    another_process()
    assert prove(as_eva).status_code == 429


@pytest.mark.usefixtures("shared_cache")
def test_the_pages_of_links_are_counted_by_where_one_asks_from(client, world):
    page = reverse("accounts:join", args=["abc", "def-123"])
    answers = [client.post(page).status_code for _attempt in range(62)]
    assert set(answers[:60]) == {410}
    assert set(answers[60:]) == {429}


# Having to


@pytest.fixture
def required(world):
    Company.objects.filter(pk=world.acme.pk).update(admins_need_two_step=True)


@pytest.mark.usefixtures("required")
def test_an_admin_who_must_is_led_to_set_it_up_before_anything_else(client, world):
    client.force_login(world.admin)
    for address in ("/", "/hardware/", "/users/", "/settings/", world.laptop.support_url):
        for headers in ({}, {"HX-Request": "true"}):
            assert client.get(address, headers=headers)["Location"] == SECURITY
    answer = client.post(reverse("accounts:space_new"), {"name": "Cellar"}, follow=True)
    assert answer.request["PATH_INFO"] == SECURITY
    assert "Nothing was saved" in answer.text
    assert not world.acme.spaces.filter(name="Cellar").exists()


@pytest.mark.usefixtures("required")
def test_whoever_must_is_never_locked_out_of_what_they_need_for_it(client, world):
    client.force_login(world.admin)
    assert "Acme asks its IT admins to use two-step sign-in." in client.get(SECURITY).text
    assert client.get(reverse("accounts:profile")).status_code == 200
    assert client.post(reverse("accounts:profile"), {"language": "sv"})["Location"] == reverse("accounts:profile")
    assert client.get(reverse("account_change_password")).status_code == 200
    assert client.get(reverse("mfa_activate_totp"))["Location"].startswith(reverse("account_reauthenticate"))
    prove(client)
    assert client.get(reverse("mfa_add_webauthn")).status_code == 200
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert client.get(reverse("mfa_view_recovery_codes")).status_code == 200
    assert client.get("/hardware/").status_code == 200
    client.post(reverse("account_logout"))
    assert not is_signed_in(client)


@pytest.mark.usefixtures("required")
def test_whoever_must_is_told_what_follows_when_they_take_it_away(client, world):
    give_app(world.admin)
    passkey = give_passkey(world.admin)
    pages = (reverse("mfa_deactivate_totp"), reverse("mfa_remove_webauthn", args=[passkey.pk]))
    for person, required in ((world.admin, True), (world.employee, False)):
        if not required:
            give_app(person)
            pages = (pages[0], reverse("mfa_remove_webauthn", args=[give_passkey(person).pk]))
        client.force_login(person)
        prove(client)
        for page in pages:
            text = client.get(page).text
            assert ("you must set up two-step sign-in anew" in text) == required
            assert ("your password alone is enough" in text) != required


@pytest.mark.usefixtures("required")
def test_whoever_was_made_to_set_it_up_goes_on_to_work(client, world):
    """Others have come from Sign-in and security, and go back there."""
    for person, on in ((world.admin, reverse("devices:mine")), (world.employee, SECURITY)):
        give_app(person)
        client.force_login(person)
        prove(client)
        assert f'<a class="button" href="{on}">Done</a>' in client.get(reverse("mfa_view_recovery_codes")).text


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize("name", ["employee", "globex_admin", "support"])
def test_others_need_not(client, world, name):
    client.force_login(getattr(world, name))
    assert client.get("/admin/" if name == "support" else "/").status_code == 200


def test_an_admin_turns_it_on_in_the_settings_and_is_the_first(client, world):
    client.force_login(world.admin)
    data = {"repair_payor": world.company_payor.pk, "admins_need_two_step": "on"}
    answer = client.post(reverse("accounts:settings"), data, follow=True)
    assert world.again().acme.admins_need_two_step
    assert answer.request["PATH_INFO"] == SECURITY


def test_support_staff_must_where_the_installation_says_so(client, world, settings):
    client.force_login(world.support)
    assert client.get("/admin/").status_code == 200
    settings.SUPPORT_NEEDS_TWO_STEP = True
    assert client.get("/admin/")["Location"] == SECURITY
    assert client.get(reverse("admin:accounts_user_changelist"))["Location"] == SECURITY
    assert "Velory Support uses two-step sign-in." in client.get(SECURITY).text
    give_app(world.support)
    assert client.get("/admin/").status_code == 200


def test_sign_in_to_the_django_admin_asks_for_the_second_step(client, world):
    give_app(world.support)
    client.post(f"{reverse('account_login')}?next=/admin/", {"login": world.support.email, "password": PASSWORD})
    assert client.get("/admin/").status_code == 302
    give_code(client, code_of())
    assert client.get("/admin/").status_code == 200


# Resetting


def test_an_admin_resets_somebodys_factors(client, world):
    give_app(world.colleague)
    passkey = Passkey(world.colleague)
    passkey.stored()
    carl = Client()
    sign_in(carl, world.colleague)
    give_code(carl, code_of())
    assert carl.get("/").status_code == 200

    client.force_login(world.admin)
    page = client.get(world.colleague.get_absolute_url())
    reset = reverse("accounts:user_two_step", args=[world.colleague.pk])
    assert reset in page.text
    assert "Reset the two-step sign-in of Carl Berg?" in client.get(reset, headers={"HX-Request": "true"}).text
    assert uses_two_step(world.colleague)
    page = client.post(reset, follow=True)
    assert "Carl Berg signs in with the password alone now." in page.text
    assert reset not in page.text
    assert carl.get("/").status_code == 302
    sign_in_by(carl, passkey)
    assert not is_signed_in(carl)
    sign_in(carl, world.colleague)
    assert is_signed_in(carl)


def test_nobody_resets_their_own_past_the_proof(client, world):
    give_app(world.admin)
    client.force_login(world.admin)
    reset = reverse("accounts:user_two_step", args=[world.admin.pk])
    assert reset not in client.get(world.admin.get_absolute_url()).text
    assert client.post(reset).status_code == 403
    assert uses_two_step(world.admin)


def test_support_resets_a_sign_in_with_its_factors(client, world):
    give_app(world.colleague)
    client.force_login(world.support)
    on_a_visit(client, world.acme)
    data = {"action": "reset_sign_in", "_selected_action": [world.colleague.pk]}
    client.post(reverse("admin:accounts_user_changelist"), data)
    assert not Authenticator.objects.filter(user=world.colleague).exists()
    assert not User.objects.get(pk=world.colleague.pk).has_usable_password()


def test_another_address_leaves_the_factors_behind(client, world):
    passkey = Passkey(world.colleague)
    passkey.stored()
    world.colleague.change_email("carl.new@acme.example", by=world.admin)
    sign_in_by(client, passkey)
    assert not is_signed_in(client)
    assert not Authenticator.objects.exists()


def test_support_staff_without_a_phone_are_let_in_from_the_server(world):
    give_app(world.support)
    support = world.support
    call_command("create_support", support.email, support.full_name, stdout=StringIO())
    assert uses_two_step(support)
    call_command("create_support", support.email, "--reset-two-step", stdout=StringIO())
    assert not uses_two_step(support)
