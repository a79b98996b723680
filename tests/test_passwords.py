"""What a password must be: long, and not easy to guess; anything else is welcome."""

import re

import pytest

from accounts.models import User
from accounts.tokens import link_keys, link_path
from tests.factories import UserFactory
from tests.two_step import is_signed_in, sign_in


def invite(person):
    return link_path(person, link_keys.new(person))


@pytest.fixture
def nils(world):
    return UserFactory(company=world.acme, full_name="Nils Ny", email="nils@acme.example")


@pytest.mark.parametrize(
    "password", ["x" * 128 + "9 words", "  a pass phrase with blanks  ", "lösenord på åttio språk"]
)
def test_long_passwords_and_any_letters_are_welcome(client, world, nils, password):
    page = client.get(invite(nils), follow=True)
    assert re.search("<li>[^<>]*at least 10 characters", page.text)
    assert "maxlength" not in page.text
    client.post(page.request["PATH_INFO"], {"new_password1": password, "new_password2": password})
    client.logout()
    sign_in(client, nils, password)
    assert is_signed_in(client)


@pytest.mark.parametrize("password", ["123456789", "4711471147114711", "password12", "nils@acme.example", "Nils Ny 12"])
def test_what_is_easy_to_guess_is_refused_with_the_reason(client, world, nils, password):
    page = client.get(invite(nils), follow=True)
    page = client.post(page.request["PATH_INFO"], {"new_password1": password, "new_password2": password})
    assert page.context["form"].errors
    if password.startswith(("nils", "Nils")):
        assert "The password is too much like your name or your email address." in page.text
    assert not User.objects.get(pk=nils.pk).has_joined
