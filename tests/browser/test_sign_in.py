"""Two-step sign-in at a real browser: an authenticator app, recovery codes, and passkeys of a virtual authenticator."""

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import expect

from accounts.models import Company
from tests.two_step import code_of
from tests.world import PASSWORD

from .person import Person

with_and_without_script = pytest.mark.parametrize("hands", ["mouse", "no-script", "keyboard", "phone"])


def confirms(person):
    """Type the password once more, as before any factor is changed."""
    expect(person.heading("Please confirm that it is you")).to_be_visible()
    person.fill("Password", PASSWORD)
    person.press(person.button("Confirm"))


def signs_out(person):
    person.page.goto("/account/logout/")
    person.press(person.button("Sign out", person.page.get_by_role("main")))
    expect(person.heading("Sign in")).to_be_visible()


def authenticator(page):
    """A phone or computer that keeps passkeys, with a finger always on it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


@with_and_without_script
def test_an_authenticator_app_is_set_up_and_asked_for(hands, sit_down, live_world):
    eva = sit_down(live_world.employee, hands)
    eva.page.goto("/profile/")
    eva.press(eva.link("Sign-in and security"))
    eva.press(eva.link("Set up an authenticator app"))
    confirms(eva)
    expect(eva.page.get_by_role("img", name="QR code for your authenticator app")).to_be_visible()
    key = eva.page.locator("main code").inner_text().replace(" ", "")
    eva.fill("Code that the app shows", code_of(key))
    eva.press(eva.button("Turn on"))
    expect(eva.heading("Recovery codes")).to_be_visible()
    recovery_code = eva.page.locator(".codes code").first.inner_text()
    eva.press(eva.link("Done"))
    eva.sees("On", "Set up just now", "10 left")

    signs_out(eva)
    eva.sign_in("eva@acme.example", PASSWORD)
    expect(eva.heading("Second step")).to_be_visible()
    eva.fill("Code", "000000")
    eva.press(eva.button("Sign in"))
    eva.sees("Incorrect code.")
    eva.fill("Code", code_of(key))
    eva.press(eva.button("Sign in"))
    expect(eva.heading("My devices")).to_be_visible()

    signs_out(eva)
    eva.sign_in("eva@acme.example", PASSWORD)
    eva.fill("Code", recovery_code)
    eva.press(eva.button("Sign in"))
    expect(eva.heading("My devices")).to_be_visible()
    eva.page.goto("/profile/security/")
    eva.sees("9 left")


def test_a_passkey_signs_in_alone_and_is_a_second_step(sit_down, live_world):
    eva = sit_down(live_world.employee)
    authenticator(eva.page)
    eva.page.goto("/profile/security/")
    eva.press(eva.link("Add a passkey"))
    confirms(eva)
    eva.fill("Name", "Eva's laptop")
    eva.press(eva.button("Add passkey"))
    expect(eva.heading("Recovery codes")).to_be_visible()
    eva.press(eva.link("Done"))
    eva.sees("Eva's laptop", "Never")

    signs_out(eva)
    eva.press(eva.button("Sign in with a passkey"))
    expect(eva.heading("My devices")).to_be_visible()

    signs_out(eva)
    eva.sign_in("eva@acme.example", PASSWORD)
    expect(eva.heading("Second step")).to_be_visible()
    eva.press(eva.button("Use a passkey"))
    expect(eva.heading("My devices")).to_be_visible()

    # It proves who one is before it is removed, too.
    eva.page.goto("/profile/security/")
    eva.press(eva.link("Remove Eva's laptop"))
    eva.press(eva.link("A passkey"))
    eva.press(eva.button("Use a passkey"))
    eva.sees("This passkey opens nothing any more.")
    eva.press(eva.button("Remove passkey"))
    eva.sees("The passkey is removed.", "Off")
    assert not Authenticator.objects.exists()


def test_a_passkey_that_was_removed_or_is_not_there_opens_nothing(sit_down, live_world):
    eva = sit_down()
    keys = authenticator(eva.page)
    eva.sign_in("eva@acme.example", PASSWORD)
    expect(eva.heading("My devices")).to_be_visible()
    eva.page.goto("/account/two-step/webauthn/add/")
    confirms(eva)
    eva.press(eva.button("Add passkey"))
    expect(eva.heading("Recovery codes")).to_be_visible()
    live_world.employee.reset_two_step(by=live_world.admin)

    eva.page.goto("/account/login/")
    eva.press(eva.button("Sign in with a passkey"))
    eva.sees("This passkey could not be used.")

    keys.send("WebAuthn.disable")
    authenticator(eva.page)
    eva.press(eva.button("Sign in with a passkey"))
    eva.sees("No passkey was used.")


def test_without_script_the_page_says_that_passkeys_need_it(sit_down, live_world):
    eva = sit_down(hands="no-script")
    eva.page.goto("/account/login/")
    eva.sees("Passkeys need JavaScript")
    expect(eva.button("Sign in with a passkey")).to_be_hidden()


@pytest.mark.parametrize("hands", Person.WAYS)
def test_an_admin_who_must_use_two_step_sign_in_is_led_to_it_and_on(hands, sit_down, live_world):
    Company.objects.filter(pk=live_world.acme.pk).update(admins_need_two_step=True)
    ada = sit_down(live_world.admin, hands)
    ada.page.goto("/hardware/")
    ada.sees("Acme asks its IT admins to use two-step sign-in.")
    ada.press(ada.link("Set up an authenticator app"))
    confirms(ada)
    key = ada.page.locator("main code").inner_text().replace(" ", "")
    ada.fill("Code that the app shows", code_of(key))
    ada.press(ada.button("Turn on"))
    ada.press(ada.link("Done"))
    ada.menu("Hardware")
    expect(ada.heading("All hardware")).to_be_visible()
