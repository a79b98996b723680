"""A company's spaces, payors, people and settings, through their pages; and the ways in: links, sign-in, reset."""

import re
from datetime import timedelta
from io import StringIO
from queue import SimpleQueue

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from django.utils.http import int_to_base36

from accounts import clock
from accounts.background import soon
from accounts.models import Payor, Space, User
from accounts.tokens import link_keys, link_path
from tests.factories import DeviceFactory, PayorFactory, SpaceFactory, UserFactory
from tests.visitor import Visitor
from tests.world import PASSWORD

NEW_PASSWORD = "quite another phrase 7"


@pytest.fixture
def as_admin(world, client):
    client.force_login(world.admin)
    return client


def said(response):
    """The messages that stand on a page, and what its forms complain about."""
    return [str(message) for message in response.context["messages"]]


def errors(response):
    return response.context["form"].errors


def user_data(person=None, **changes):
    """What the form of a person sends."""
    data = {"full_name": "Nils Ny", "email": "nils@acme.example", "role": "employee", "language": ""}
    if person is not None:
        data = {name: getattr(person, name) for name in data}
    return data | changes


def choose(client, link, password=NEW_PASSWORD, again=None):
    """Follow a one-time link and send the form. Returns the last response."""
    page = client.get(link, follow=True)
    if page.status_code != 200 or "form" not in page.context:
        return page
    passwords = {"new_password1": password, "new_password2": again if again is not None else password}
    return client.post(page.request["PATH_INFO"], passwords, follow=True)


def link_of(person):
    return link_path(person, link_keys.make_token(person))


def signs_in(client, email, password=PASSWORD):
    client.logout()
    client.post(reverse("account_login"), {"login": email, "password": password})
    return "_auth_user_id" in client.session


# Spaces and payors


@pytest.mark.parametrize(("name", "model"), [("space", Space), ("payor", Payor)])
class TestSpacesAndPayors:
    def test_one_is_added_edited_deleted(self, as_admin, world, name, model):
        response = as_admin.post(reverse(f"accounts:{name}_new"), {"name": " Cellar "}, follow=True)
        assert said(response) == ["Cellar was added."]
        row = model.objects.get(company=world.acme, name="Cellar")

        as_admin.post(reverse(f"accounts:{name}_edit", args=[row.pk]), {"name": "Attic"})
        row.refresh_from_db()
        assert row.name == "Attic"

        remove = reverse(f"accounts:{name}_remove", args=[row.pk])
        assert "it will be deleted" in as_admin.get(remove).text
        assert said(as_admin.post(remove, follow=True)) == ["Attic was deleted."]
        assert not model.objects.filter(pk=row.pk).exists()

    def test_a_used_one_is_closed_and_reopened(self, as_admin, world, name, model):
        row = model.objects.create(company=world.acme, name="Cellar")
        device = DeviceFactory(
            company=world.acme,
            holder=row if name == "space" else world.employee,
            payor=row if name == "payor" else world.company_payor,
        )
        device.unassign(by=world.admin)
        remove = reverse(f"accounts:{name}_remove", args=[row.pk])
        assert "It will be closed" in as_admin.get(remove).text
        assert said(as_admin.post(remove, follow=True)) == ["Cellar was closed."]
        row.refresh_from_db()
        assert not row.is_open
        assert "Closed" in as_admin.get(reverse(f"accounts:{name}s")).text

        response = as_admin.post(reverse(f"accounts:{name}_reopen", args=[row.pk]), follow=True)
        assert said(response) == ["Cellar is open again."]
        row.refresh_from_db()
        assert row.is_open

    def test_one_in_use_stays_and_the_page_names_what_holds_it(self, as_admin, world, name, model):
        row, device = {"space": (world.shelf, world.monitor), "payor": (world.cost_centre, world.tablet)}[name]
        remove = reverse(f"accounts:{name}_remove", args=[row.pk])
        for response in (as_admin.get(remove), as_admin.post(remove)):
            assert f'<a href="{device.get_absolute_url()}">{device}</a>' in response.text
            assert f"1 device still belongs to {row}." in response.text
            assert response.text.count(str(device)) == 1
        assert response.status_code == 409
        row.refresh_from_db()
        assert row.is_open

    @pytest.mark.parametrize("given", ["", " ", "x" * 101, "a\0b"])
    def test_bad_names_are_refused_beside_the_field(self, as_admin, world, name, model, given):
        before = model.objects.count()
        response = as_admin.post(reverse(f"accounts:{name}_new"), {"name": given})
        assert response.status_code == 200
        assert list(errors(response)) == ["name"]
        assert model.objects.count() == before

    def test_a_name_is_used_once_in_a_company_whatever_its_letter_case(self, as_admin, world, name, model):
        model.objects.create(company=world.acme, name="Cellar")
        model.objects.create(company=world.globex, name="Attic")
        response = as_admin.post(reverse(f"accounts:{name}_new"), {"name": "CELLAR"})
        assert errors(response) == {"name": [f"There is a {name} with this name already."]}
        assert as_admin.post(reverse(f"accounts:{name}_new"), {"name": "Attic"}).status_code == 302

    def test_a_name_that_somebody_took_a_moment_ago(self, as_admin, world, name, model, monkeypatch):
        row = model.objects.create(company=world.acme, name="Cellar")
        model.objects.create(company=world.acme, name="Attic")
        validate = model.validate_constraints
        looks = iter([lambda *args, **kwargs: None] * 2 + [validate])  # both looks before the save see nothing
        monkeypatch.setattr(model, "validate_constraints", lambda *args, **kwargs: next(looks)(*args, **kwargs))
        response = as_admin.post(reverse(f"accounts:{name}_edit", args=[row.pk]), {"name": "Attic"})
        assert errors(response) == {"name": [f"There is a {name} with this name already."]}

    def test_editing_does_not_reopen_what_a_colleague_closes_meanwhile(self, as_admin, world, name, model, monkeypatch):
        row = model.objects.create(company=world.acme, name="Cellar")

        def close(*args, **kwargs):
            model.objects.filter(pk=row.pk).update(closed_at=clock.now())

        monkeypatch.setattr(model, "validate_constraints", close)
        as_admin.post(reverse(f"accounts:{name}_edit", args=[row.pk]), {"name": "Attic"})
        row.refresh_from_db()
        assert (row.name, row.is_open) == ("Attic", False)

    def test_another_companys_does_not_exist(self, as_admin, world, name, model):
        row = model.objects.filter(company=world.globex).first()
        for view in ("edit", "remove", "reopen"):
            response = as_admin.post(reverse(f"accounts:{name}_{view}", args=[row.pk]), {"name": "Mine"})
            assert response.status_code == 404
        assert row.name not in as_admin.get(reverse(f"accounts:{name}s")).text or name == "payor"

    def test_the_list_is_searched(self, as_admin, world, name, model):
        model.objects.create(company=world.acme, name="Cellar")
        model.objects.create(company=world.acme, name="Attic")
        page = as_admin.get(reverse(f"accounts:{name}s"), {"q": "cell\0"}, headers={"HX-Request": "true"})
        assert "Cellar" in page.text
        assert "Attic" not in page.text
        assert "<html" not in page.text
        assert as_admin.get(reverse(f"accounts:{name}s"), {"q": "x" * 5000, "page": "9" * 5000}).status_code == 200


def test_the_first_two_payors_and_the_repair_payor_stay(as_admin, world):
    for payor in (world.company_payor, world.employee_payor):
        assert as_admin.get(reverse("accounts:payor_remove", args=[payor.pk]), follow=True).redirect_chain
        response = as_admin.post(reverse("accounts:payor_remove", args=[payor.pk]))
        assert response.status_code == 409
        assert "comes with every company and stays." in response.text
        as_admin.post(payor.get_absolute_url(), {"name": "Mum"})
        assert str(payor) == str(Payor.objects.get(pk=payor.pk))
    world.acme.set_repair_payor(world.cost_centre, by=world.admin)
    assert "Choose another repair payor" in as_admin.get(world.cost_centre.get_absolute_url()).text
    response = as_admin.post(reverse("accounts:payor_remove", args=[world.cost_centre.pk]))
    assert "Choose another repair payor in Settings first." in response.text


def test_a_payor_s_archived_devices_are_not_counted(as_admin, world):
    payor = PayorFactory(company=world.acme, name="Aardvark")
    DeviceFactory(company=world.acme, holder=world.employee, payor=payor)
    world.acme.set_repair_payor(payor, by=world.admin)
    DeviceFactory(company=world.acme, status="recycled")
    rows = as_admin.get(reverse("accounts:payors")).context["page"].object_list
    assert {row.name: row.held for row in rows}["Aardvark"] == 1


def test_a_confirmation_window_is_a_fragment_for_htmx(as_admin, world):
    for url in (
        reverse("accounts:space_remove", args=[world.room.pk]),
        reverse("accounts:space_remove", args=[world.shelf.pk]),
        reverse("accounts:user_remove", args=[world.employee.pk]),
    ):
        fragment = as_admin.get(url, headers={"HX-Request": "true"}).text
        assert 'id="dialog-title"' in fragment
        assert "<html" not in fragment


@pytest.mark.parametrize(("first", "second"), [("Åre", "åre"), ("Ärla", "ÄRLA")])
def test_letter_case_makes_no_other_name_whatever_the_alphabet(world, first, second):
    ada = Visitor(world.admin).open(reverse("accounts:space_new")).press("Add space", name=first)
    ada.open(reverse("accounts:space_new")).press("Add space", name=second)
    assert ada.errors == {"name": "There is a space with this name already."}


def test_a_shelf_of_many_shows_some_and_leads_to_all(world):
    DeviceFactory.create_batch(21, company=world.acme, by=world.admin, holder=world.shelf)
    ada = Visitor(world.admin).open(world.shelf).follow("Show all 22 devices")
    assert "1–22 of 22" in ada.words


# Pages stay fast


@pytest.mark.parametrize("name", ["spaces", "payors", "users"])
def test_a_list_asks_no_more_questions_the_longer_it_is(as_admin, world, name):
    factory = {"spaces": SpaceFactory, "payors": PayorFactory, "users": UserFactory}[name]
    counts = []
    for rows in (1, 60):
        factory.create_batch(rows, company=world.acme)
        with CaptureQueriesContext(connection) as queries:
            page = as_admin.get(reverse(f"accounts:{name}"))
        assert page.status_code == 200
        counts.append(len(queries))
    assert len(page.context["page"].object_list) == 50
    # A full page looks at those that stand first alone.
    assert counts[1] <= counts[0] <= 12


def test_open_ones_stand_before_closed_ones_through_all_pages(world):
    SpaceFactory.create_batch(60, company=world.acme)
    SpaceFactory.create_batch(60, company=world.acme, closed_at=clock.now())
    visitor = Visitor(world.admin).open(reverse("accounts:spaces"))
    shown, pages = list(visitor.response.context["page"].object_list), 1
    while visitor.response.context["page"].has_next:
        visitor.follow("Next")
        shown += visitor.response.context["page"].object_list
        pages += 1
    states = [space.is_open for space in shown]
    assert (pages, len(set(shown)), states) == (3, len(states), sorted(states, reverse=True))
    assert shown == sorted(shown, key=lambda space: (not space.is_open, space.found_by))
    last = Visitor(world.admin).open(reverse("accounts:spaces")).follow("Last")
    assert last.response.context["page"].object_list == shown[-50:]


def test_every_other_page_asks_few_questions(as_admin, world):
    pages = [reverse(f"accounts:{name}") for name in ("space_new", "payor_new", "user_new", "settings", "profile")]
    pages += [row.get_absolute_url() for row in (world.shelf, world.cost_centre, world.employee)]
    pages += [
        reverse("accounts:space_remove", args=[world.room.pk]),
        reverse("accounts:payor_remove", args=[PayorFactory(company=world.acme).pk]),
        reverse("accounts:user_remove", args=[UserFactory(company=world.acme).pk]),
    ]
    for page in pages:
        with CaptureQueriesContext(connection) as queries:
            assert as_admin.get(page).status_code == 200
        assert len(queries) <= 12, page


# People


def test_a_new_person_gets_a_link_that_works_once(as_admin, world):
    response = as_admin.post(reverse("accounts:user_new"), user_data(email=" Nils@ACME.example "), follow=True)
    assert said(response) == ["Nils Ny was added and is invited."]
    nils = User.objects.get(email="nils@acme.example")
    assert (nils.company, nils.has_joined, nils.has_usable_password()) == (world.acme, False, False)
    assert mail.outbox == []

    link = response.context["link"]
    as_admin.logout()
    response = choose(as_admin, link)
    assert response.context["user"] == nils
    nils.refresh_from_db()
    assert nils.has_joined

    as_admin.logout()
    response = choose(as_admin, link, "yet another phrase 8")
    assert response.status_code == 410
    assert "This link no longer works" in response.text
    assert signs_in(as_admin, "NILS@acme.example", NEW_PASSWORD)


def test_the_key_leaves_the_address_at_once(client, world):
    person = UserFactory(company=world.acme)
    link = link_of(person)
    page = client.get(link, follow=True)
    [(address, _status)] = page.redirect_chain
    assert address == reverse("accounts:join", args=[int_to_base36(person.pk), "choose"])
    assert link not in page.text


def test_where_mail_is_set_up_the_link_is_mailed_once_the_person_is_stored(
    as_admin, settings, django_capture_on_commit_callbacks
):
    settings.MAIL_IS_SET_UP = True
    with django_capture_on_commit_callbacks(execute=True):
        response = as_admin.post(reverse("accounts:user_new"), user_data(), follow=True)
        assert mail.outbox == []
    [message] = mail.outbox
    assert message.to == ["nils@acme.example"]
    assert response.context["link"] in message.body
    assert response.context["link"].startswith("http://testserver/join/")


def test_a_mail_server_that_is_down_is_no_error_page(as_admin, settings, django_capture_on_commit_callbacks):
    settings.MAIL_IS_SET_UP = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with django_capture_on_commit_callbacks(execute=True):
        response = as_admin.post(reverse("accounts:user_new"), user_data(), follow=True)
    assert "link" in response.context


def test_the_answer_does_not_tell_whether_another_company_knows_an_address(as_admin, world):
    def answer(email, name):
        response = as_admin.post(reverse("accounts:user_new"), user_data(email=email, full_name=name), follow=True)
        person = User.objects.get(company=world.acme, email=email)
        text = re.sub(r"/join/[^\"<]*|csrf[^>]*", "", response.text)
        return text.replace(email, "").replace(name, "").replace(f"/{person.pk}/", "")

    known, unknown = world.globex_employee.email, "nobody@globex.example"
    with clock.at(clock.now()):  # the page says until when its link works
        assert answer(known, "Nils Ny") == answer(unknown, "Nora Ny")


def test_an_address_that_signs_in_elsewhere_is_told_to_its_owner_alone(client, world):
    twin = UserFactory(company=world.acme, email=world.globex_employee.email)
    response = choose(client, link_of(twin))
    assert "Somebody signs in to Velory with this address already" in response.text
    twin.refresh_from_db()
    assert not twin.has_joined
    assert signs_in(client, world.globex_employee.email)
    assert not signs_in(client, twin.email, NEW_PASSWORD)


def test_two_companies_may_invite_the_same_address_and_one_is_joined(client, world):
    at_acme = UserFactory(company=world.acme, email="temp@agency.example")
    at_globex = UserFactory(company=world.globex, email="temp@agency.example")
    assert not signs_in(client, "temp@agency.example", "")
    assert choose(client, link_of(at_globex)).context["user"] == at_globex
    assert signs_in(client, "temp@agency.example", NEW_PASSWORD)
    assert client.session["_auth_user_id"] == str(at_globex.pk)
    assert not User.objects.get(pk=at_acme.pk).has_joined


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("full_name", ""),
        ("full_name", "x" * 151),
        ("full_name", "a\0b"),
        ("email", ""),
        ("email", "nobody"),
        ("email", "x" * 300 + "@acme.example"),
        ("email", "a\0b@acme.example"),
        ("email", "EVA@acme.example"),
        ("role", "owner"),
        ("role", ""),
        ("language", "xx"),
    ],
)
def test_what_is_wrong_with_a_new_person_stands_beside_its_field(as_admin, world, field, given):
    before = User.objects.count()
    response = as_admin.post(reverse("accounts:user_new"), user_data(**{field: given}))
    assert list(errors(response)) == [field]
    assert User.objects.count() == before


def test_an_empty_form_is_answered_with_its_errors(as_admin):
    assert set(errors(as_admin.post(reverse("accounts:user_new")))) == {"full_name", "email", "role"}


def test_a_person_is_edited_and_stays_signed_in(as_admin, client, world):
    data = user_data(world.employee, full_name="Eva  Lindgren", email="Eva@Acme.example", language="sv", role="admin")
    response = as_admin.post(world.employee.get_absolute_url(), data, follow=True)
    assert said(response) == ["Eva Lindgren was saved."]
    eva = User.objects.get(pk=world.employee.pk)
    assert (eva.full_name, eva.language, eva.role, eva.has_joined) == ("Eva Lindgren", "sv", "admin", True)


def test_a_page_from_before_changes_nothing_that_somebody_else_has_changed_meanwhile(world):
    ada = Visitor(world.admin).open(world.colleague)
    carl = User.objects.get(pk=world.colleague.pk)
    carl.set_role("admin", by=world.second_admin)
    carl.change_email("carl.berg@acme.example", by=world.second_admin)
    carl.join(NEW_PASSWORD)
    ada.press("Save", full_name="Carl Bergh")
    carl = User.objects.get(pk=carl.pk)
    assert (carl.full_name, carl.role, carl.email) == ("Carl Bergh", "admin", "carl.berg@acme.example")
    assert carl.has_joined


def test_settings_from_before_change_nothing_that_somebody_else_has_changed_meanwhile(world):
    ada = Visitor(world.admin).open(reverse("accounts:settings"))
    type(world.acme).objects.update(repair_instructions="Bring it to room 3.")
    world.acme.set_repair_payor(world.cost_centre, by=world.second_admin)
    ada.press("Save", colleagues_visible=True)
    acme = world.again().acme
    assert (acme.repair_instructions, acme.repair_payor) == ("Bring it to room 3.", world.cost_centre)
    assert acme.colleagues_visible


def test_another_address_is_joined_anew(as_admin, world):
    old_link = link_of(world.employee)
    EmailAddress.objects.create(user=world.employee, email=world.employee.email, verified=True)
    response = as_admin.post(
        world.employee.get_absolute_url(), user_data(world.employee, email="eva.new@acme.example"), follow=True
    )
    assert "link" in response.context
    as_admin.logout()
    assert choose(as_admin, old_link).status_code == 410
    assert not signs_in(as_admin, "eva@acme.example")
    choose(as_admin, response.context["link"])
    assert signs_in(as_admin, "eva.new@acme.example", NEW_PASSWORD)
    assert not signs_in(as_admin, "eva@acme.example", NEW_PASSWORD)


def test_nobody_changes_the_address_that_they_sign_in_with_themselves(as_admin, world):
    as_admin.post(world.admin.get_absolute_url(), user_data(world.admin, email="else@acme.example"))
    world.admin.refresh_from_db()
    assert world.admin.email == "ada@acme.example"
    assert world.admin.has_joined


def test_nobody_takes_the_admin_s_role_from_themselves_or_locks_themselves_out(as_admin, world):
    page = as_admin.get(world.admin.get_absolute_url()).text
    assert "Another IT admin can change it for you." in page
    assert "Deactivate" not in page
    data = user_data(world.admin, role="employee", full_name="Ada Other")
    assert said(as_admin.post(world.admin.get_absolute_url(), data, follow=True)) == ["Ada Other was saved."]
    response = as_admin.post(reverse("accounts:user_remove", args=[world.admin.pk]), follow=True)
    assert said(response) == ["You can't deactivate yourself. Another IT admin can do it for you."]
    ada = User.objects.get(pk=world.admin.pk)
    assert (ada.is_admin, ada.full_name) == (True, "Ada Other")


# Deactivating


def test_who_holds_devices_is_deactivated_only_when_these_are_unassigned_on_purpose(as_admin, world):
    remove = reverse("accounts:user_remove", args=[world.employee.pk])
    page = as_admin.get(remove)
    for device in (world.laptop, world.phone):
        assert f'<a href="{device.get_absolute_url()}">{device}</a>' in page.text
    assert "Unassign these 2 devices" in page.text
    seen = page.context["form"].initial["seen"]

    response = as_admin.post(remove, {"seen": seen})
    assert response.status_code == 409
    assert "2 devices still belong to Eva Lind" in response.text
    world.again()
    assert world.employee.is_active
    assert world.laptop.holder == world.employee

    response = as_admin.post(remove, {"seen": seen, "unassign": "on"}, follow=True)
    assert said(response) == ["Eva Lind is deactivated."]
    world.again()
    assert not world.employee.is_active
    assert world.laptop.is_unassigned
    assert world.phone.is_unassigned
    assert "Ada Holm unassigned device from Eva Lind." in [event.sentence for event in world.laptop.events.with_names()]


def test_a_tick_counts_only_for_the_devices_that_the_page_showed(as_admin, world):
    remove = reverse("accounts:user_remove", args=[world.employee.pk])
    seen = as_admin.get(remove).context["form"].initial["seen"]
    world.spare.assign(world.employee, world.company_payor, by=world.second_admin)
    response = as_admin.post(remove, {"seen": seen, "unassign": "on"})
    assert response.status_code == 409
    assert "has changed since you opened the page" in response.text
    assert world.again().employee.is_active
    seen = re.search(r'name="seen" value="([^"]*)"', response.text).group(1)
    assert as_admin.post(remove, {"seen": seen, "unassign": "on"}).status_code == 302
    assert not world.again().employee.is_active


def test_a_device_that_waits_for_repair_keeps_its_holder_and_nothing_is_half_done(as_admin, world):
    world.phone.move("report", by=world.employee)
    remove = reverse("accounts:user_remove", args=[world.employee.pk])
    page = as_admin.get(remove)
    words = Visitor(world.admin).open(remove).words
    assert words == (
        "Eva Lind can't be deactivated now What waits for repair must be taken in or reverted first. "
        "iPhone 15 Active - needs repair Back"
    )
    assert 'name="unassign"' not in page.text
    response = as_admin.post(remove, {"seen": page.context["form"].initial["seen"], "unassign": "on"})
    assert response.status_code == 409
    assert "iPhone 15 is waiting for repair." in response.text
    world.again()
    assert world.employee.is_active
    assert world.laptop.holder == world.employee


def test_deactivating_ends_open_sessions_and_reactivating_lets_in_again(as_admin, world):
    carl = Client()
    carl.force_login(world.colleague)
    world.tablet.unassign(by=world.admin)
    response = as_admin.post(reverse("accounts:user_remove", args=[world.colleague.pk]), follow=True)
    assert said(response) == ["Carl Berg is deactivated."]
    assert carl.get(reverse("accounts:profile")).status_code == 302
    assert not signs_in(carl, world.colleague.email)

    response = as_admin.post(reverse("accounts:user_reactivate", args=[world.colleague.pk]), follow=True)
    assert said(response) == ["Carl Berg is active again."]
    assert signs_in(carl, world.colleague.email)


def test_somebody_who_never_joined_nor_held_anything_is_deleted(as_admin, world):
    person = UserFactory(company=world.acme)
    remove = reverse("accounts:user_remove", args=[person.pk])
    assert "the entry will be deleted" in as_admin.get(remove).text
    as_admin.post(remove)
    assert not User.objects.filter(pk=person.pk).exists()


# Links


def test_a_link_for_somebody_who_forgot_their_password_ends_their_sessions(as_admin, world):
    eva = Client()
    eva.force_login(world.employee)
    response = as_admin.post(reverse("accounts:user_link", args=[world.employee.pk]), follow=True)
    joined_at = world.employee.joined_at
    assert choose(Client(), response.context["link"]).context["user"] == world.employee
    assert eva.get(reverse("accounts:profile")).status_code == 302
    assert signs_in(eva, world.employee.email, NEW_PASSWORD)
    assert not signs_in(eva, world.employee.email)
    assert User.objects.get(pk=world.employee.pk).joined_at == joined_at


def test_a_link_is_shown_only_to_the_admin_who_made_it_and_while_it_works(as_admin, world):
    shown = reverse("accounts:user_link", args=[world.employee.pk])
    assert as_admin.get(shown).status_code == 302
    link = as_admin.post(shown, follow=True).context["link"]
    assert as_admin.get(shown).context["link"] == link
    assert as_admin.get(reverse("accounts:user_link", args=[world.colleague.pk])).status_code == 302
    world.employee.set_password("x")
    world.employee.save()
    assert as_admin.get(shown).status_code == 302


def test_a_link_is_too_old_after_three_days(client, world):
    person = UserFactory(company=world.acme)
    link = link_of(person)
    with clock.at(clock.now() + timedelta(days=3, minutes=1)):
        assert choose(client, link).status_code == 410
    with clock.at(clock.now() + timedelta(days=2, hours=23)):
        assert choose(client, link).status_code == 200


@pytest.mark.parametrize("key", ["choose", "x", "c5rg3z-0123456789abcdef", "-" * 50])
def test_a_made_up_link_opens_nothing(client, world, key):
    for uidb36 in (int_to_base36(world.employee.pk), "zzzzzzzzzzzz", "0"):
        assert client.get(reverse("accounts:join", args=[uidb36, key])).status_code == 410


def test_somebody_deactivated_gets_no_link_and_uses_none(as_admin, world, client):
    person = UserFactory(company=world.acme)
    link = link_of(person)
    User.objects.filter(pk=person.pk).update(is_active=False)
    response = as_admin.post(reverse("accounts:user_link", args=[person.pk]), follow=True)
    assert said(response) == [f"{person} is deactivated. Reactivate first."]
    assert choose(client, link).status_code == 410


@pytest.mark.parametrize(
    ("password", "again", "field"),
    [
        ("", "", "new_password1"),
        ("password", "password", "new_password1"),
        ("nils@acme.example", "nils@acme.example", "new_password1"),
        (NEW_PASSWORD, "different", "new_password2"),
        ("a\0b and some more", "a\0b and some more", "new_password1"),
    ],
)
def test_a_bad_password_is_refused_and_the_link_still_works(client, world, password, again, field):
    person = UserFactory(company=world.acme, email="nils@acme.example")
    link = link_of(person)
    assert field in errors(choose(client, link, password, again))
    assert choose(client, link).context["user"] == person


def test_whoever_opens_somebody_elses_link_is_told_who_is_meant(as_admin, world):
    person = UserFactory(company=world.acme)
    link = link_of(person)
    page = as_admin.get(link, follow=True)
    assert "You are signed in as Ada Holm." in page.text
    assert as_admin.get(reverse("accounts:users")).status_code == 200
    assert choose(as_admin, link).context["user"] == person


def test_a_joining_link_is_no_reset_link(client, world):
    person = UserFactory(company=world.acme)
    uid, key = int_to_base36(person.pk), link_keys.make_token(person)
    page = client.get(reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": key}), follow=True)
    assert "This link no longer works" in page.text
    assert not default_token_generator.check_token(person, key)


# Signing in, and a forgotten password


def test_the_sign_in_page_has_two_fields_and_no_others(client, db):
    form = client.get(reverse("account_login")).context["form"]
    assert [str(field.label) for field in form] == ["Email", "Password"]
    assert [field.field.widget.attrs["autocomplete"] for field in form] == ["username", "current-password"]


def test_the_letter_case_of_an_address_does_not_matter(client, world):
    assert signs_in(client, " EVA@Acme.Example ")
    assert not signs_in(client, "eva@acme.example", PASSWORD.upper())


def test_an_earlier_address_opens_nothing(client, world):
    EmailAddress.objects.create(user=world.employee, email="old@acme.example", verified=True, primary=True)
    assert not signs_in(client, "old@acme.example")
    client.post(reverse("account_reset_password"), {"email": "old@acme.example"})
    assert mail.outbox == []


@pytest.mark.parametrize("given", [("", ""), ("x" * 5000, "x" * 5000), ("a\0b@x.example", "a\0b")])
def test_nonsense_does_not_sign_in(client, db, given):
    response = client.post(reverse("account_login"), dict(zip(("login", "password"), given, strict=True)))
    assert response.status_code == 200
    assert errors(response)


def test_a_forgotten_password_is_replaced_by_mail(client, world):
    client.post(reverse("account_reset_password"), {"email": "EVA@acme.example"})
    [message] = mail.outbox
    assert message.to == ["eva@acme.example"]
    link = re.search(r"http://testserver(\S+)", message.body).group(1)
    page = client.get(link, follow=True)
    passwords = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    client.post(page.request["PATH_INFO"], passwords)
    assert signs_in(client, "eva@acme.example", NEW_PASSWORD)
    assert not signs_in(client, "eva@acme.example")
    client.logout()
    assert "This link no longer works" in client.get(link, follow=True).text


@pytest.mark.parametrize(
    ("own", "browser", "subject"),
    [
        ("", "sv", "Välj ett nytt lösenord"),
        ("sv", "en", "Välj ett nytt lösenord"),
        ("en", "sv", "Choose a new password"),
        ("", "en", "Choose a new password"),
    ],
)
def test_the_mail_is_in_the_language_of_whoever_gets_it_or_else_of_their_browser(client, world, own, browser, subject):
    User.objects.filter(pk=world.employee.pk).update(language=own)
    address = reverse("account_reset_password")
    client.post(address, {"email": world.employee.email}, headers={"Accept-Language": browser})
    assert [message.subject for message in mail.outbox] == [subject]


def test_what_is_done_in_the_background_is_done_in_the_language_of_the_page(settings):
    settings.WORK_IN_BACKGROUND = True
    found: SimpleQueue[str | None] = SimpleQueue()
    with translation.override("sv"):
        soon(lambda: found.put(translation.get_language()))
    assert found.get(timeout=5) == "sv"


def test_the_pages_on_which_a_password_is_chosen_speak_alike(client, world):
    labels = ["New password", "New password once more"]
    person = UserFactory(company=world.acme)
    page = client.get(link_of(person), follow=True)
    assert [field.label for field in page.context["form"]] == labels
    assert "for verification" not in page.text
    client.post(reverse("account_reset_password"), {"email": world.employee.email})
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body).group(1)
    page = client.get(link, follow=True)
    assert [field.label for field in page.context["form"]] == labels
    done = client.post(page.request["PATH_INFO"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}, follow=True)
    assert done.text.count("Your password is changed") == 2  # title and heading
    client.force_login(User.objects.get(pk=world.employee.pk))
    page = client.get(reverse("account_change_password"))
    assert [field.label for field in page.context["form"]] == ["Current password", *labels]


def test_the_first_field_of_the_sign_in_page_has_the_focus(client, db):
    assert client.get(reverse("account_login")).context["form"]["login"].field.widget.attrs["autofocus"]


def test_a_profile_says_who_can_change_it(client, world):
    Visitor(world.admin).open(reverse("accounts:profile")).follow("under Users")
    words = Visitor(world.admin).open(reverse("accounts:profile")).words
    assert "You change your name under Users; your address and role, another IT admin." in words
    assert "Your IT admin can change them." in Visitor(world.employee).open(reverse("accounts:profile")).words


def test_only_who_has_joined_is_mailed_and_the_page_does_not_tell(client, world):
    UserFactory(company=world.acme, email="nils@acme.example")
    UserFactory(company=world.acme, email=world.globex_employee.email)
    User.objects.filter(pk=world.colleague.pk).update(is_active=False)
    answers = {
        client.post(reverse("account_reset_password"), {"email": email}, follow=True).text
        for email in ("nils@acme.example", "nobody@acme.example", world.colleague.email, world.globex_employee.email)
    }
    assert len(answers) == 1
    assert [message.to for message in mail.outbox] == [[world.globex_employee.email]]


# Settings and profile


def test_a_company_decides_who_pays_what_it_says_and_who_sees_what(as_admin, world):
    page = as_admin.get(reverse("accounts:settings"))
    assert "Pro" in page.text
    choices = [str(payor) for payor in page.context["form"].fields["repair_payor"].queryset]
    assert choices == ["Company", "Cost centre 4711"]
    data = {
        "repair_payor": world.cost_centre.pk,
        "repair_instructions": "Bring it to Ada.\r\n<b>Room 3</b>",
        "colleagues_visible": "on",
    }
    response = as_admin.post(reverse("accounts:settings"), data, follow=True)
    assert said(response) == ["The settings were saved."]
    acme = world.again().acme
    assert (acme.repair_payor, acme.colleagues_visible) == (world.cost_centre, True)
    assert acme.repair_instructions == "Bring it to Ada.\r\n<b>Room 3</b>"


def test_the_repair_payor_is_an_open_one_of_the_company_and_never_the_employee(as_admin, world):
    closed = PayorFactory(company=world.acme, closed_at=clock.now())
    for payor in (world.employee_payor, world.globex_payor, closed):
        response = as_admin.post(reverse("accounts:settings"), {"repair_payor": payor.pk})
        assert list(errors(response)) == ["repair_payor"]
    for given in ("", "x", "9" * 30, "\0"):
        assert list(errors(as_admin.post(reverse("accounts:settings"), {"repair_payor": given}))) == ["repair_payor"]
    assert world.again().acme.repair_payor == world.company_payor


@pytest.mark.parametrize("given", ["x" * 5001, "a\0b"])
def test_bad_instructions_are_refused(as_admin, world, given):
    data = {"repair_payor": world.company_payor.pk, "repair_instructions": given}
    assert list(errors(as_admin.post(reverse("accounts:settings"), data))) == ["repair_instructions"]


def test_where_the_repair_flow_is_off_the_settings_say_whom_to_ask(client, world, settings):
    client.force_login(world.initech_admin)
    page = client.get(reverse("accounts:settings")).text
    assert "Not activated" in page
    assert settings.SUPPORT_CONTACT in page


def test_everybody_chooses_their_own_language(client, world):
    client.force_login(world.employee)
    client.post(reverse("accounts:profile"), {"language": "sv", "full_name": "Queen Eva", "role": "admin"})
    eva = User.objects.get(pk=world.employee.pk)
    assert (eva.language, eva.full_name, eva.role) == ("sv", "Eva Lind", "employee")
    assert list(errors(client.post(reverse("accounts:profile"), {"language": "tlh"}))) == ["language"]
    client.post(reverse("accounts:profile"), {"language": ""})
    assert User.objects.get(pk=world.employee.pk).language == ""


# Who may be here


ADMIN_PAGES = ["spaces", "space_new", "payors", "payor_new", "users", "user_new", "settings"]


def test_these_pages_are_for_admins(client, world):
    addresses = [reverse(f"accounts:{name}") for name in ADMIN_PAGES]
    for name, row in [("space", world.shelf), ("payor", world.cost_centre), ("user", world.colleague)]:
        addresses += [reverse(f"accounts:{name}_{view}", args=[row.pk]) for view in ("edit", "remove")]
    for address in addresses:
        client.logout()
        response = client.get(address)
        assert response["Location"] == f"{reverse('account_login')}?next={address}"
        client.force_login(world.employee)
        assert client.get(address).status_code == 403
        assert client.post(address, user_data()).status_code in {403, 405}
        client.force_login(world.support)
        assert client.get(address)["Location"] == reverse("admin:index")


def test_another_company_s_people_do_not_exist(as_admin, world):
    for view in ("edit", "remove", "link", "reactivate"):
        address = reverse(f"accounts:user_{view}", args=[world.globex_employee.pk])
        assert as_admin.post(address, user_data()).status_code == 404
        assert as_admin.post(address.replace(str(world.globex_employee.pk), "9" * 30)).status_code == 404
    assert world.globex_employee.full_name not in as_admin.get(reverse("accounts:users")).text


@pytest.mark.parametrize("view", ["space_reopen", "payor_reopen", "user_reactivate"])
def test_an_address_that_only_acts_leads_to_its_row_and_does_nothing(as_admin, world, view):
    """Whoever was signed out meanwhile comes back to it by a GET."""
    row = {"space_reopen": world.room, "payor_reopen": world.cost_centre, "user_reactivate": world.colleague}[view]
    changes = {"is_active": False} if view == "user_reactivate" else {"closed_at": clock.now()}
    rows = type(row).objects.filter(pk=row.pk)
    rows.update(**changes)
    response = as_admin.get(reverse(f"accounts:{view}", args=[row.pk]))
    assert (response.status_code, response["Location"]) == (302, row.get_absolute_url())
    assert rows.filter(**changes).exists()


# Support staff


def test_support_staff_are_made_by_a_command_and_choose_their_password_by_a_link(client, db):
    out = StringIO()
    call_command("create_support", "Tove@Velory.example", "Tove Ask", stdout=out)
    tove = User.objects.get(email="tove@velory.example")
    assert (tove.is_staff, tove.company, tove.has_joined) == (True, None, False)
    link = re.search(r"http://testserver:8000(/join/\S+)", out.getvalue()).group(1)
    response = choose(client, link)
    assert response.request["PATH_INFO"] == reverse("admin:index")
    assert signs_in(client, "tove@velory.example", NEW_PASSWORD)


def test_support_staff_may_be_given_a_password_at_once(db, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    answers = iter(["easy", NEW_PASSWORD, "different", NEW_PASSWORD, NEW_PASSWORD])
    monkeypatch.setattr("accounts.management.commands.create_support.getpass", lambda prompt: next(answers))
    for _refused in range(2):
        with pytest.raises(CommandError):
            call_command("create_support", "tove@velory.example", "Tove Ask")
    call_command("create_support", "tove@velory.example", "Tove Ask")
    assert User.objects.get(email="tove@velory.example").check_password(NEW_PASSWORD)
    assert "/join/" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("email", "name"),
    [("nobody", "Tove Ask"), ("tove@velory.example", " "), ("a\0@b.example", "A"), ("tove@velory.example", "")],
)
def test_support_staff_need_a_name_and_an_address(db, email, name):
    with pytest.raises(CommandError):
        call_command("create_support", email, name)
    assert not User.objects.exists()


def test_who_closes_the_terminal_instead_of_typing_a_password_adds_nobody(db, monkeypatch):
    def closed(prompt):
        raise EOFError

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("accounts.management.commands.create_support.getpass", closed)
    with pytest.raises(CommandError, match="no password was typed"):
        call_command("create_support", "tove@velory.example", "Tove Ask")
    assert not User.objects.exists()
