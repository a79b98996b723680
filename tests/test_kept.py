"""Whoever typed something while their session ended finds it in the form again, and nobody else does."""

from datetime import timedelta
from random import Random

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from time_machine import travel

from accounts import clock
from devices.models import Device
from repairs.models import Repair
from tests.two_step import code_of, give_app
from tests.visitor import Visitor
from tests.world import PASSWORD

WORDS = "The screen flickers since Monday.\nIt began after the update – åäö 🙂"


@pytest.fixture
def eva(world):
    return Visitor(world.employee)


@pytest.fixture
def ada(world):
    return Visitor(world.admin)


def ends(visitor):
    """The session, while a page is open."""
    visitor.client.get(reverse("devices:mine"))
    Session.objects.all().delete()
    return visitor


def signs_in(visitor, person):
    return visitor.press("Sign in", login=person.email, password=PASSWORD)


def ask(visitor, device):
    """Ask for a repair just after the session has ended."""
    page = ends(visitor.open(device.support_url))
    return page.press("Save", needs_repair=True, problem="screen", description=WORDS)


def kept_in(visitor):
    cookie = visitor.client.cookies.get(settings.KEPT_COOKIE_NAME)
    return cookie.value if cookie else ""


def test_a_request_is_in_its_form_again_and_saved_by_pressing_save(eva, world):
    ask(eva, world.laptop)
    assert "what you typed is in the form again" in eva.words
    signs_in(eva, world.employee)
    assert eva.address == world.laptop.support_url
    assert "this is not saved yet" in eva.words
    assert not Repair.objects.exists()
    assert (eva.field("description"), eva.field("problem"), eva.field("needs_repair")) == (WORDS, "Screen", True)
    eva.press("Save")
    assert Repair.objects.get().description == WORDS
    assert kept_in(eva) == ""
    assert "not saved yet" not in eva.open(world.laptop.support_url).words


def test_the_database_holds_nothing_of_it_and_the_browser_nothing_that_can_be_read(eva, world):
    ask(eva, world.laptop)
    assert not any(WORDS[:12] in str(session.get_decoded()) for session in Session.objects.all())
    assert kept_in(eva)
    assert "flickers" not in kept_in(eva)
    cookie = eva.client.cookies[settings.KEPT_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 30 * 60)


def test_it_comes_through_a_wrong_password_and_the_second_step(eva, world):
    give_app(world.employee)
    ask(eva, world.laptop)
    eva.press("Sign in", login=world.employee.email, password="wrong")
    signs_in(eva, world.employee)
    eva.press("Sign in", code=code_of())
    assert eva.address == world.laptop.support_url
    assert eva.field("description") == WORDS


def test_nobody_else_gets_it_and_their_first_act_drops_it(ada, world):
    ask(ada, world.laptop)
    signs_in(ada, world.second_admin)
    assert ada.address == world.laptop.support_url
    assert ada.field("description") == ""
    assert "not saved yet" not in ada.words
    ada.open(world.shelf).press("Save", description="Behind the door")
    assert kept_in(ada) == ""


def test_it_fills_its_own_form_alone(eva, world):
    ask(eva, world.laptop)
    signs_in(eva, world.employee)
    assert eva.open(world.phone.support_url).field("description") == ""
    assert eva.open(world.laptop.support_url).field("description") == WORDS


def test_after_half_an_hour_it_is_gone(eva, world):
    ask(eva, world.laptop)
    with travel(timezone.now() + timedelta(minutes=31)):
        signs_in(eva, world.employee)
        assert eva.field("description") == ""


def test_what_another_site_sends_is_not_kept(eva, world):
    ends(eva.open(world.laptop.support_url))
    sent = {"needs_repair": "on", "description": WORDS}
    assert eva.client.post(world.laptop.support_url, sent).status_code == 403
    assert kept_in(eva) == ""


@pytest.mark.parametrize("cookie", ["nonsense", "gAAAAABm" + "A" * 90, ""])
def test_a_made_up_cookie_fills_nothing(eva, world, cookie):
    eva.client.cookies[settings.KEPT_COOKIE_NAME] = cookie
    assert eva.open(world.laptop.support_url).field("description") == ""


def test_who_has_signed_out_leaves_nothing_behind(eva, world):
    page = eva.open(world.laptop.support_url)
    page.client.post(reverse("account_logout"), {"csrfmiddlewaretoken": page.field("csrfmiddlewaretoken")})
    page.press("Save", needs_repair=True, description=WORDS)
    assert kept_in(eva) == ""


def test_what_is_too_long_for_a_cookie_is_shown_to_be_copied(ada, world):
    random = Random(1)
    long = "".join(chr(random.randrange(0x4E00, 0x9FFF)) for _letter in range(5000))
    page = ends(ada.open(world.laptop))
    page.press("Add note", text=long)
    assert page.status == 403
    assert long in page.words
    assert kept_in(ada) == ""
    signs_in(page.follow("Sign in"), world.admin)
    assert page.address == world.laptop.get_absolute_url()


def test_where_the_form_is_gone_the_words_are_shown(eva, world):
    world.laptop.move("report", by=world.employee)
    page = ends(eva.open(world.laptop.support_url))
    Device.objects.get(pk=world.laptop.pk).move("take_in", by=world.admin)
    page.press("Save", description="It flickers.")
    signs_in(page, world.employee)
    assert "It flickers." in page.words


FORMS = {
    "a note": (lambda w: w.laptop.get_absolute_url(), "Add note", {"text": WORDS}),
    "a device": (lambda w: reverse("devices:register"), "Register device", {"name": "Typed"}),
    "an edit": (lambda w: reverse("devices:edit", args=[w.laptop.pk]), "Save", {"name": "Typed"}),
    "a late entry": (lambda w: reverse("devices:late_entry", args=[w.laptop.pk]), "Add late entry", {"text": WORDS}),
    "a correction": (lambda w: reverse("devices:correct", args=[w.laptop.pk, 1]), "Add correction", {"text": WORDS}),
    "a space": (lambda w: w.shelf.get_absolute_url(), "Save", {"description": "Typed"}),
    "a new space": (lambda w: reverse("accounts:space_new"), "Add space", {"name": "Typed"}),
    "a payor": (lambda w: w.cost_centre.get_absolute_url(), "Save", {"name": "Typed"}),
    "a new payor": (lambda w: reverse("accounts:payor_new"), "Add cost centre", {"name": "Typed"}),
    "a person": (lambda w: w.employee.get_absolute_url(), "Save", {"full_name": "Typed"}),
    "a new person": (lambda w: reverse("accounts:user_new"), "Add user", {"full_name": "Typed"}),
    "settings": (lambda w: reverse("accounts:settings"), "Save", {"repair_instructions": WORDS}),
}


@pytest.mark.parametrize("what", FORMS)
def test_each_form_in_which_people_write_comes_back_and_stores_nothing_by_itself(ada, world, what):
    address, button, typed = FORMS[what]
    ends(ada.open(address(world))).press(button, **typed)
    before = snapshot(world)
    signs_in(ada, world.admin)
    assert ada.status == 200
    assert "not saved yet" in ada.words
    assert {name: ada.field(name) for name in typed} == typed
    assert snapshot(world) == before


def snapshot(world):
    tables = ("devices_device", "devices_note", "devices_event", "accounts_space", "accounts_payor", "accounts_company")
    with connection.cursor() as cursor:
        found = []
        for table in tables:
            cursor.execute(f"SELECT * FROM {table} ORDER BY id")
            found.append(cursor.fetchall())
    return found, sorted(world.acme.users.values_list("full_name", "email"))


def test_what_somebody_else_changed_meanwhile_stays(ada, world):
    """The form comes back with what its page had shown, so that only what this person changed is saved."""
    page = ends(ada.open(world.shelf))
    page.press("Save", description="Typed")
    type(world.shelf).objects.filter(pk=world.shelf.pk).update(name="Top shelf")
    signs_in(page, world.admin).press("Save")
    shelf = world.again().shelf
    assert (shelf.name, shelf.description) == ("Top shelf", "Typed")


def test_the_secret_of_single_sign_on_is_never_kept(ada, world):
    page = ends(ada.open(reverse("accounts:sso")))
    page.press("Save", client_secret="a secret of the provider")
    assert kept_in(page) == ""


def test_it_is_kept_when_the_session_was_left_alone(eva, world):
    page = eva.open(world.laptop.support_url)
    with clock.at(timezone.now() + timedelta(hours=13)):
        page.press("Save", needs_repair=True, description=WORDS)
        signs_in(page, world.employee)
        assert page.field("description") == WORDS
