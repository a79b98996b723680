"""What the audit log tells of second steps, links, and whoever proved who they are and was not let in."""

import json

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from django.urls import get_resolver, resolve, reverse

from accounts.models import AuditLine, SingleSignOn, User
from accounts.tokens import link_keys
from accounts.views import second_step
from tests.test_audit import told
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
from tests.visitor import Visitor, on_a_visit

CODES = "Eva Lind made new recovery codes."


def lines_since(company, act):
    """What doing it adds to the company's log."""
    before = len(told(company))
    act()
    return told(company)[before:]


# Setting up one's second step


@pytest.fixture
def eva(client, world):
    """Her browser, in which she has just given her password."""
    client.force_login(world.employee)
    prove(client)
    return client


def add_app(client):
    page = client.get(reverse("mfa_activate_totp"))
    return client.post(reverse("mfa_activate_totp"), {"code": code_of(page.context["form"].secret)})


def add_passkey(client, passkey):
    page = client.get(reverse("mfa_add_webauthn"), HTTP_HOST="localhost")
    sent = passkey.registration(challenge_of(page.context["js_data"]["creation_options"]))
    return client.post(reverse("mfa_add_webauthn"), {"credential": json.dumps(sent)}, HTTP_HOST="localhost")


def test_adding_and_removing_an_app_and_new_codes(eva, world):
    assert lines_since(world.acme, lambda: add_app(eva)) == ["Eva Lind added an authenticator app.", CODES]
    assert lines_since(world.acme, lambda: eva.post(reverse("mfa_generate_recovery_codes"))) == [CODES]
    removing = lines_since(world.acme, lambda: eva.post(reverse("mfa_deactivate_totp")))
    assert removing == ["Eva Lind removed their authenticator app."]
    assert not Authenticator.objects.exists()


def test_adding_and_removing_a_passkey(eva, world):
    passkey = Passkey(world.employee)
    assert lines_since(world.acme, lambda: add_passkey(eva, passkey)) == ["Eva Lind added a passkey.", CODES]
    key = Authenticator.objects.get(type=Authenticator.Type.WEBAUTHN)
    removing = lines_since(world.acme, lambda: eva.post(reverse("mfa_remove_webauthn", args=[key.pk])))
    assert removing == ["Eva Lind removed a passkey."]


def test_looking_and_renaming_and_a_refusal_have_no_line(eva, world):
    passkey = give_passkey(world.employee)
    give_app(world.employee)
    for name in ("activate_totp", "deactivate_totp", "add_webauthn", "generate_recovery_codes"):
        assert lines_since(world.acme, lambda name=name: eva.get(reverse(f"mfa_{name}"))) == []
    edit = reverse("mfa_edit_webauthn", args=[passkey.pk])
    assert lines_since(world.acme, lambda: eva.post(edit, {"name": "Phone"})) == []
    assert lines_since(world.acme, lambda: eva.post(reverse("mfa_add_webauthn"), {"credential": "{}"})) == []


def test_a_factor_and_its_line_are_stored_together_or_not_at_all(eva, world, monkeypatch):
    def fail(self, **kwargs):
        raise OperationalError("disk full")

    monkeypatch.setattr(AuditLine, "save", fail)
    eva.raise_request_exception = False
    add_app(eva)
    assert not Authenticator.objects.exists()


def test_support_staff_s_own_stand_in_no_company_s_log(client, world):
    client.force_login(world.support)
    prove(client)
    add_app(client)
    assert Authenticator.objects.filter(user=world.support).exists()
    assert not AuditLine.objects.exists()


def test_no_page_of_allauth_changes_factors_past_the_log():
    """A page that comes with a new version of allauth is looked at by somebody before it is offered."""
    only_read = {
        "mfa_index", "mfa_authenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "mfa_login_webauthn",
        "mfa_list_webauthn", "mfa_edit_webauthn", "mfa_view_recovery_codes", "mfa_download_recovery_codes",
    }  # fmt: skip
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str) and name.startswith("mfa_")}
    for name in names - only_read:
        address = reverse(name, args=[1] if name == "mfa_remove_webauthn" else [])
        assert resolve(address).func in vars(second_step).values(), name


# Proving who one is, and failing to


def test_a_wrong_code_after_the_right_password(client, world):
    give_app(world.employee)
    sign_in(client, world.employee)
    said = "Somebody got as far as the second step as Eva Lind and gave a wrong code."
    wrong = {"code": "000000"}
    address = reverse("mfa_authenticate")
    assert lines_since(world.acme, lambda: [client.post(address, wrong) for _try in range(5)]) == [said] * 5
    right = {"code": code_of()}
    assert lines_since(world.acme, lambda: client.post(address, right)) == ["Eva Lind signed in."]


def test_a_code_that_was_used_is_a_wrong_code(world):
    """While it is the one that the app shows, and in the next period, in which it would still be taken."""
    give_app(world.employee)
    said = "Somebody got as far as the second step as Eva Lind and gave a wrong code."
    address = reverse("mfa_authenticate")
    with time_machine.travel("2026-03-02 12:00:05+00:00", tick=False) as clock:
        used = {"code": code_of()}
        first, second = Client(), Client()
        for client in (first, second):
            sign_in(client, world.employee)
        first.post(address, used)
        assert lines_since(world.acme, lambda: second.post(address, used)) == [said]
        clock.shift(30)
        assert lines_since(world.acme, lambda: second.post(address, used)) == [said]


def test_a_session_that_somebody_else_sits_at(eva, world):
    give_app(world.employee)
    said = "Somebody who was signed in as Eva Lind did not know the password."
    address = reverse("account_reauthenticate")
    assert lines_since(world.acme, lambda: eva.post(address, {"password": "a guess"})) == [said]
    new = {"oldpassword": "a guess", "password1": "another password of mine", "password2": "another password of mine"}
    address = reverse("account_change_password")
    assert lines_since(world.acme, lambda: eva.post(address, new)) == [said]
    said = "Somebody who was signed in as Eva Lind gave a wrong code."
    address = reverse("mfa_reauthenticate")
    assert lines_since(world.acme, lambda: eva.post(address, {"code": "000000"})) == [said]


def test_the_right_password_of_a_deactivated_person(client, world):
    User.objects.filter(pk=world.employee.pk).update(is_active=False)
    said = "Somebody knew the password of Eva Lind, whose account is deactivated, and was not let in."
    assert lines_since(world.acme, lambda: sign_in(client, world.employee)) == [said]
    said = "Somebody tried to sign in as Eva Lind and did not know the password."
    assert lines_since(world.acme, lambda: sign_in(client, world.employee, "a guess")) == [said]


def test_the_right_password_where_only_the_provider_lets_in(client, world):
    SingleSignOn.objects.create(
        company=world.acme, issuer="https://id.example", client_id="v", is_on=True, is_only_way=True
    )
    said = "Somebody had the password, passkey or link of Eva Lind and was not let in: single sign-on is the only way."
    assert lines_since(world.acme, lambda: sign_in(client, world.employee)) == [said]
    passkey = Passkey(world.employee)
    passkey.stored()
    assert lines_since(world.acme, lambda: sign_in_by(client, passkey)) == []  # one line an hour
    cache.clear()
    assert lines_since(world.acme, lambda: sign_in_by(client, passkey)) == [said]
    assert not is_signed_in(client)


# What others do to it


def test_an_admin_resets_two_step_sign_in(world):
    give_app(world.colleague)
    ada = Visitor(world.admin).open(world.colleague).follow("Reset two-step sign-in")
    said = "Ada Holm reset the two-step sign-in of Carl Berg."
    assert lines_since(world.acme, lambda: ada.press("Reset two-step sign-in")) == [said]


def test_support_resets_a_sign_in(client, world):
    client.force_login(world.support)
    on_a_visit(client, world.acme)
    data = {"action": "reset_sign_in", "_selected_action": [world.colleague.pk]}
    address = reverse("admin:accounts_user_changelist")
    assert lines_since(world.acme, lambda: client.post(address, data)) == [
        "Siri Ahl of Velory Support reset the sign-in of Carl Berg, password and two-step sign-in.",
        "Siri Ahl of Velory Support made a link by which Carl Berg chooses a password.",
    ]


def test_an_invitation_is_withdrawn(world):
    nils = User.objects.create_user("nils@acme.example", company=world.acme, full_name="Nils Ny")
    link_keys.new(nils)
    ada = Visitor(world.admin).open(reverse("accounts:user_invitations"))
    said = "Ada Holm withdrew the link by which Nils Ny joins."
    assert lines_since(world.acme, lambda: ada.press("Withdraw")) == [said]
    assert User.objects.get(pk=nils.pk).link_made_at is None


def test_the_two_step_rule_is_switched(world):
    give_app(world.admin)
    ada = Visitor(world.admin).open(reverse("accounts:settings"))
    (said,) = lines_since(world.acme, lambda: ada.press("Save", admins_need_two_step=True))
    assert said == "Ada Holm changed that IT admins must use two-step sign-in from off to on."
