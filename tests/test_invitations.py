"""Invitations are seen, sent again and withdrawn; a link opens one company's door, once. And who is let go is out."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import clock
from accounts.models import User
from accounts.tokens import link_keys, link_path
from tests.factories import UserFactory
from tests.two_step import sign_in
from tests.visitor import Visitor

NEW_PASSWORD = "quite another phrase 7"
INVITATIONS = "/users/invitations/"


def invite(person):
    return link_path(person, link_keys.new(person))


def join(client, link):
    page = client.get(link, follow=True)
    if page.status_code != 200:
        return page
    return client.post(page.request["PATH_INFO"], {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})


@pytest.fixture
def nils(world):
    return UserFactory(company=world.acme, full_name="Nils Ny", email="nils@acme.example")


# Pending invitations


def test_a_new_person_stands_among_the_invitations_until_they_join(world):
    ada = Visitor(world.admin).open("/users/new/")
    ada.press("Add user", full_name="Nils Ny", email="nils@acme.example", role="Employee")
    link = ada.response.context["link"]
    ada.open("/users/").follow("Invitations")
    assert "Nils Ny nils@acme.example just now" in ada.words
    join(Client(), link)
    ada.open(INVITATIONS)
    assert "Nils Ny" not in ada.words
    assert "Everybody has joined." in ada.words


def test_whoever_has_not_joined_stands_there_also_without_a_link_and_is_invited(world, nils):
    """Somebody who came by an import, or whose invitation was withdrawn."""
    UserFactory(company=world.acme, full_name="Olle Gone", email="olle@acme.example", is_active=False)
    ada = Visitor(world.admin).open("/users/")
    assert "Nils Ny nils@acme.example Employee 0 Not joined yet" in ada.words
    ada.follow("Invitations")
    assert ada.rows == [["Nils Ny", "nils@acme.example", "Not invited", "", "Invite"]]
    ada.press("Invite")
    assert join(Client(), ada.response.context["link"]).status_code == 302


def test_an_invitation_that_is_too_old_says_so_and_is_sent_again(world, nils):
    with clock.at(clock.now() - timedelta(days=4)):
        old = invite(nils)
    assert join(Client(), old).status_code == 410
    ada = Visitor(world.admin).open(INVITATIONS)
    assert "Nils Ny nils@acme.example 4 days ago Expired" in ada.words
    ada.press("Invite again")
    new = ada.response.context["link"]
    ada.open(INVITATIONS)
    assert "Expired" not in ada.words
    assert join(Client(), new).status_code == 302


def test_sending_again_voids_the_link_that_was_sent_before(world, nils):
    first, second = invite(nils), None
    with clock.at(clock.now() + timedelta(minutes=1)):
        second = invite(nils)
        assert join(Client(), first).status_code == 410
        assert join(Client(), second).status_code == 302


def test_a_withdrawn_invitation_opens_nothing(world, nils):
    link = invite(nils)
    client = Client()
    opened = client.get(link, follow=True)
    ada = Visitor(world.admin).open(INVITATIONS).press("Withdraw")
    assert ada.messages == ["The invitation of Nils Ny is withdrawn."]
    assert "Nils Ny nils@acme.example Not invited" in ada.open(INVITATIONS).words
    assert join(Client(), link).status_code == 410
    passwords = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    assert client.post(opened.request["PATH_INFO"], passwords).status_code == 410
    assert not User.objects.get(pk=nils.pk).has_joined


def test_deactivating_somebody_withdraws_their_invitation_for_good(world, nils):
    world.spare.assign(nils, world.company_payor, by=world.admin)
    link = invite(nils)
    nils.remove(by=world.admin, unassign=True)
    User.objects.get(pk=nils.pk).reactivate(by=world.admin)
    assert join(Client(), link).status_code == 410


def test_the_page_of_a_link_says_until_when_it_works(world, nils):
    with clock.at(clock.now() - timedelta(days=1)):
        link = invite(nils)
    page = Client().get(link, follow=True)
    nils.refresh_from_db()
    until = nils.link_made_at + timedelta(days=3)
    assert f'<time datetime="{until.isoformat(timespec="seconds")}">' in page.text


def test_the_mail_of_a_link_says_until_when_it_works(client, world, nils, settings, django_capture_on_commit_callbacks):
    settings.MAIL_IS_SET_UP = True
    client.force_login(world.admin)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("accounts:user_link", args=[nils.pk]))
    assert re.search(r"It works until \d+ \w+ 20\d\d, \d\d:\d\d\.", mail.outbox[0].body)


def test_a_link_opens_the_door_of_one_company(world):
    at_acme = UserFactory(company=world.acme, email="temp@agency.example")
    at_globex = UserFactory(company=world.globex, email="temp@agency.example")
    key = link_keys.new(at_acme)
    assert Client().get(link_path(at_globex, key)).status_code == 410
    client = Client()
    join(client, link_path(at_acme, key))
    assert client.session["_auth_user_id"] == str(at_acme.pk)


def test_only_open_invitations_can_be_withdrawn(client, world, nils):
    client.force_login(world.admin)
    for person in (nils, world.employee):
        assert client.post(reverse("accounts:user_withdraw", args=[person.pk])).status_code == 404


# Out at once


@pytest.mark.parametrize("name", ["colleague", "second_admin"])
def test_who_is_deactivated_is_out_at_once_whatever_their_session_does_next(world, name):
    person = getattr(world, name)
    world.tablet.unassign(by=world.admin)
    client = Client()
    sign_in(client, person)
    assert client.get("/").status_code == 200
    User.objects.get(pk=person.pk).deactivate(by=world.admin)
    for headers in ({}, {"HX-Request": "true"}):
        assert client.get("/hardware/", headers=headers)["Location"].startswith(reverse("account_login"))
        answer = client.post(reverse("accounts:profile"), {"language": "sv"}, headers=headers)
        assert answer["Location"].startswith(reverse("account_login"))
    assert User.objects.get(pk=person.pk).language == ""


def test_support_staff_who_are_deactivated_are_out_of_the_django_admin_at_once(world):
    client = Client()
    sign_in(client, world.support)
    assert client.get("/admin/").status_code == 200
    User.objects.filter(pk=world.support.pk).update(is_active=False)
    assert client.get("/admin/").status_code == 302
    address = reverse("admin:accounts_user_changelist")
    assert client.post(address, {"action": "deactivate", "_selected_action": [world.employee.pk]}).status_code == 302
    assert User.objects.get(pk=world.employee.pk).is_active
