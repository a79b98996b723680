"""Velory Support in the Django admin: it sees everything, and does the little that it should."""

import re
from datetime import datetime, timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import override

from accounts import clock
from accounts.models import Company, Domain, SingleSignOn, User
from accounts.visits import SESSION_KEY
from devices.models import Device, Event
from repairs.models import MDMRelease, Repair
from tests.factories import DeviceFactory, PayorFactory, SpaceFactory, UserFactory
from tests.visitor import Visitor, on_a_visit
from tests.world import PASSWORD

READ_ONLY = [
    "accounts_space",
    "accounts_payor",
    "devices_device",
    "devices_assignment",
    "devices_event",
    "repairs_repair",
    "repairs_mdmrelease",
]
MODELS = ["accounts_company", "accounts_domain", "accounts_user", *READ_ONLY]


def model_of(name):
    return apps.get_model(*name.split("_"))


def list_of(name):
    return reverse(f"admin:{name}_changelist")


def page_of(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


@pytest.fixture
def support(client, world):
    """A browser in which support staff are signed in; every table holds something."""
    DeviceFactory(company=world.acme, by=world.admin, holder=world.employee, name="Broken laptop", status="in_repair")
    Domain.objects.create(company=world.acme, name="acme.example")
    client.force_login(world.support)
    visit(client, world.acme)
    return client


def visit(browser, company, reason="Ticket 4711"):
    return browser.post(reverse("support_visit"), {"company": company.pk, "reason": reason})


def act(browser, action, *people):
    """Tick people in the list, and let an action act on them. Returns the page that follows."""
    data = {"action": action, "_selected_action": [person.pk for person in people]}
    return browser.post(list_of("accounts_user"), data, follow=True)


# Who may enter


def test_only_support_staff_enter(client, world):
    addresses = [reverse("admin:index"), page_of(world.laptop), *map(list_of, MODELS)]
    for person in world.people.values():
        client.force_login(person)
        expected = 200 if person == world.support else 403
        for address in addresses:
            assert client.get(address, follow=True).status_code == expected


def test_whoever_is_signed_out_is_asked_to_sign_in(client, world):
    for name in MODELS:
        response = client.get(list_of(name), follow=True)
        assert response.redirect_chain[-1][0].startswith(reverse("account_login"))


# Reading


@pytest.mark.parametrize("name", MODELS)
def test_every_list_and_page_opens(support, world, name):
    assert support.get(list_of(name)).status_code == 200
    assert support.get(list_of(name), {"q": "laptop"}).status_code == 200
    row = next(
        row for row in model_of(name).objects.order_by("pk") if world.acme in (row, getattr(row, "company", None))
    )
    assert support.get(page_of(row)).status_code == 200
    assert support.get(reverse(f"admin:{name}_history", args=[row.pk])).status_code == 200


def test_nothing_else_stands_in_the_admin(support):
    assert {f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry} == set(MODELS)


def test_no_page_needs_an_inline_script_or_style(support, world):
    for address in [reverse("admin:index"), list_of("accounts_user"), page_of(world.acme)]:
        page = support.get(address).content.decode()
        assert not re.search(r"<script>|<style|\sstyle=|\son[a-z]+=", page)


@pytest.mark.parametrize("name", MODELS)
def test_a_list_asks_as_often_for_thirty_rows_as_for_one(support, world, name):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert support.get(list_of(name)).status_code == 200
        return len([query for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))])

    support.get(list_of(name))
    few = queries()
    holders = [UserFactory(company=world.acme) for _ in range(30)]
    for holder in holders:
        DeviceFactory(company=world.acme, by=world.admin, holder=holder, status="in_repair")
        SpaceFactory(company=world.acme)
        PayorFactory(company=world.acme)
    assert queries() == few <= 12


def test_search_finds_devices_people_and_companies(support, world):
    def found(name, text):
        return list(support.get(list_of(name), {"q": text}).context["cl"].result_list)

    assert found("devices_device", "c02-xk1") == found("devices_device", "C02XK1AAA") != []
    assert world.laptop in found("devices_device", "Eva Lind")
    assert found("accounts_user", "bodil@") == [world.second_admin]
    assert found("accounts_company", "initech") == [world.initech]
    assert {event.device for event in found("devices_event", "iPhone 15")} == {world.phone}


SECRETS = ("password", "sealed_secret", "code", "data", "salt")


@pytest.mark.parametrize(
    "asked", ["password__startswith", "password__gt", "authenticator__data__contains", "last_login"]
)
def test_no_list_can_be_asked_for_what_its_filters_do_not_offer(support, asked):
    """Or a password's hash could be tried letter by letter."""
    assert support.get(list_of("accounts_user"), {asked: "pbkdf2"}).status_code == 400


def test_no_list_leads_to_a_secret_over_whatever_keys(world, rf):
    request = rf.get("/")
    request.user = world.support
    allowed = []
    for page in (admin.site._registry[model_of(name)] for name in MODELS):
        # Every column of its own, of what its keys lead to, and of what leads to it; and past the company.
        ways = {f"{key.name}__": key.related_model for key in page.opts.get_fields() if key.is_relation}
        ways |= {"": page.model, "company__users__": User, "company__single_sign_on__": SingleSignOn}
        columns = {f"{way}{field.name}" for way, model in ways.items() for field in model._meta.concrete_fields}
        secret = [column for column in columns if column.rpartition("__")[2] in SECRETS]
        assert len(secret) >= 2
        allowed += [column for column in secret if page.lookup_allowed(f"{column}__startswith", "a", request)]
    assert allowed == []


def test_a_list_can_be_narrowed_to_a_status(support, world):
    cl = support.get(list_of("devices_device"), {"status__exact": "in_repair"}).context["cl"]
    assert [device.name for device in cl.result_list] == ["Broken laptop"]


# Visits


def told(company):
    with override("en"):
        return [line.sentence for line in company.audit_lines.filter(kind="support_visit").with_names()]


@pytest.mark.parametrize("name", [name for name in MODELS if name != "accounts_company"])
def test_without_a_visit_no_company_s_data_is_shown(client, world, name):
    client.force_login(world.support)
    row = model_of(name).objects.first() or world.laptop
    for address in (list_of(name), page_of(row), reverse(f"admin:{name}_history", args=[row.pk])):
        response = client.get(address)
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("support_visit"))
    act(client, "deactivate", world.employee)
    assert world.again().employee.is_active


def test_a_visit_shows_one_company_for_an_hour_and_stands_in_its_audit_log(client, world):
    client.force_login(world.support)
    asked = client.get(list_of("devices_device"), {"company__id__exact": world.globex.pk}, follow=True)
    assert asked.context["form"]["company"].value() == str(world.globex.pk)
    came = client.post(
        asked.request["PATH_INFO"] + "?" + asked.request["QUERY_STRING"],
        {"company": world.globex.pk, "reason": "Ticket 4711"},
        follow=True,
    )
    assert list(came.context["cl"].result_list) == [world.globex_laptop]
    assert told(world.globex) == ["Siri Ahl of Velory Support looked at your data: Ticket 4711"]
    assert told(world.acme) == []
    assert client.get(page_of(world.laptop), follow=True).request["PATH_INFO"] == reverse("admin:index")
    with clock.at(clock.now() + timedelta(minutes=61)):
        assert client.get(list_of("devices_device")).status_code == 302


@pytest.mark.parametrize("given", [{}, {"reason": " "}, {"company": "0", "reason": "Why"}, {"reason": "x" * 301}])
def test_a_visit_needs_a_company_and_a_reason(client, world, given):
    client.force_login(world.support)
    response = client.post(reverse("support_visit"), {"company": world.acme.pk} | given)
    assert response.status_code == 200
    assert response.context["form"].errors
    assert told(world.acme) == []


def test_a_visit_leads_on_to_pages_of_ours_only(client, world):
    client.force_login(world.support)
    for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        address = reverse("support_visit", query={"next": elsewhere})
        response = client.post(address, {"company": world.acme.pk, "reason": "Why"})
        assert response["Location"] == reverse("admin:index")


def test_every_page_says_whose_data_is_shown_and_until_when(world):
    siri = Visitor(world.support).open(reverse("admin:index"))
    assert "You see the data of" not in siri.response.text
    on_a_visit(siri.client, world.acme)
    for page in (reverse("admin:index"), list_of("devices_device"), page_of(world.laptop), reverse("support_visit")):
        assert "You see the data of Acme until" in siri.open(page).words
    assert siri.follow("Change").field("company") == "Acme"
    siri.press("End the visit")
    assert siri.address == reverse("admin:index")
    assert "The visit is over: you see no company's data." in siri.words
    assert siri.open(list_of("devices_device")).address.startswith(reverse("support_visit"))


def test_the_bar_says_when_the_visit_ends(client, world):
    client.force_login(world.support)
    came = client.post(reverse("support_visit"), {"company": world.acme.pk, "reason": "Ticket 4711"}, follow=True)
    ends = datetime.fromisoformat(client.session[SESSION_KEY]["until"])
    assert f">{date_format(localtime(ends), 'H:i')}</time>." in came.text
    assert "The visit has begun. Your reason stands in the audit log of Acme." in came.text


def test_nobody_else_reads_of_a_visit(client, world):
    on_a_visit(client, world.acme)
    assert "You see the data of" not in client.get(reverse("admin:login")).text


def test_another_company_s_rows_are_reached_by_another_visit(support, world):
    """A link to Globex's people says whose it asks for; a link to its laptop can't be told from one to nothing."""
    asked = support.get(list_of("accounts_user"), {"company__id__exact": world.globex.pk}, follow=True)
    assert asked.context["form"]["company"].value() == str(world.globex.pk)
    assert support.get(list_of("accounts_user"), {"company__id__exact": world.acme.pk}).status_code == 200
    for address in (page_of(world.globex_laptop), reverse("admin:devices_device_change", args=[10**6])):
        words = support.get(address, follow=True).text
        assert "Acme has nothing at this address. For what another company has, change the visit." in words


@pytest.mark.parametrize("name", [name for name in MODELS if name != "accounts_company"])
def test_a_list_offers_no_company_to_filter_by_as_it_shows_one(support, name):
    assert "company__id__exact" not in support.get(list_of(name)).text


def test_a_list_can_be_narrowed_to_what_is_open(support, world):
    world.laptop.unassign(by=world.admin)
    ended = support.get(list_of("devices_assignment"), {"ended_at__isempty": 0}).context["cl"]
    assert {stay.device.name for stay in ended.result_list} == {"MacBook Pro 14", "Broken laptop"}
    page = support.get(list_of("accounts_user"), {"joined_at__isempty": 1}).content.decode()
    assert "Not joined yet" in page
    assert "0 users" in page


def test_companies_are_counted(support, world):
    rows = support.get(list_of("accounts_company")).context["cl"].result_list
    counts = {row.slug: (row.people_count, row.device_count) for row in rows}
    assert counts == {"acme": (4, 6), "globex": (2, 1), "initech": (2, 1)}


def test_who_was_erased_counts_no_more(support, world):
    User.objects.filter(pk=world.colleague.pk).update(erased_at=clock.now(), is_active=False, joined_at=None)
    rows = support.get(list_of("accounts_company")).context["cl"].result_list
    assert next(row.people_count for row in rows if row.slug == "acme") == 3


def test_categories_are_read_in_the_language_of_whoever_reads_them(support, world):
    for page in (list_of("devices_device"), page_of(world.monitor)):
        assert "Bildskärm" in support.get(page, headers={"Accept-Language": "sv"}).text


def test_events_are_sentences(support, world):
    page = support.get(list_of("devices_event")).content.decode()
    assert "Ada Holm assigned device to Eva Lind." in page
    event = Event.objects.filter(device=world.laptop, kind="registered").get()
    assert "Ada Holm registered device." in support.get(page_of(event)).content.decode()


# Nothing round the state machine


@pytest.mark.parametrize("name", READ_ONLY)
def test_what_is_read_only_can_be_neither_added_nor_changed(support, name):
    row = model_of(name).objects.first()
    before = model_of(name).objects.values().get(pk=row.pk)
    assert support.get(reverse(f"admin:{name}_add")).status_code == 403
    assert support.post(reverse(f"admin:{name}_add"), {"name": "Sneaky"}).status_code == 403
    answer = support.post(page_of(row), {"status": "recycled", "state": "released", "outcome": "repaired", "name": "X"})
    assert answer.status_code == 403
    assert model_of(name).objects.values().get(pk=row.pk) == before


@pytest.mark.parametrize("name", MODELS)
def test_nothing_can_be_deleted(support, name):
    rows = model_of(name).objects
    count, row = rows.count(), rows.first()
    address = reverse(f"admin:{name}_delete", args=[row.pk])
    assert support.get(address).status_code == support.post(address, {"post": "yes"}).status_code == 403
    support.post(list_of(name), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert rows.count() == count
    assert "delete_selected" not in support.get(list_of(name)).content.decode()


def test_a_company_keeps_its_names_and_settings(support, world):
    data = {"name": "Evil", "slug": "evil", "plan": "trial", "colleagues_visible": "on", "repair_instructions": "X"}
    support.post(page_of(world.acme), data)
    acme = world.again().acme
    assert (acme.name, acme.slug, acme.colleagues_visible, acme.repair_instructions) == ("Acme", "acme", False, "")
    assert (acme.plan, acme.repair_flow_released) == ("trial", False)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("sent", [{"_selected_action": "x"}, {"_selected_action": "9" * 30}])
def test_a_tick_at_what_there_can_t_be_is_no_error(support, name, sent):
    response = support.post(list_of(name), {"action": "deactivate"} | sent, follow=True)
    assert response.status_code == 200


@pytest.mark.parametrize(
    "asked", ["status__exact=%00", f"company__id__exact={'9' * 30}", "company__id__exact=x", "q=%00"]
)
def test_an_address_that_asks_for_what_there_can_t_be_shows_the_whole_list(support, asked):
    assert support.get(f"{list_of('devices_device')}?{asked}", follow=True).status_code == 200


# Companies


def test_the_release_opens_and_shuts_the_gate(support, world):
    assert not world.initech_laptop.may("report", world.initech_employee)
    support.post(page_of(world.initech), {"plan": "starter", "repair_flow_released": "on"})
    device = world.again().initech_laptop.move("report", by=world.initech_employee)
    assert device.status == Device.Status.NEEDS_REPAIR
    support.post(page_of(world.initech), {"plan": "starter"})
    assert not world.again().initech.repair_flow_on
    assert LogEntry.objects.filter(user=world.support, object_id=world.initech.pk).count() == 2


def test_a_new_company_has_its_payors_and_asks_for_its_first_admin(support):
    data = {"name": "Umbrella", "slug": "umbrella", "plan": "trial"}
    response = support.post(reverse("admin:accounts_company_add"), data, follow=True)
    company = Company.objects.get(slug="umbrella")
    assert company.repair_payor.kind == "company"
    assert company.payors.count() == 2
    form = response.context["adminform"].form
    assert (form["company"].value(), form["role"].value()) == (str(company.pk), "admin")


@pytest.mark.parametrize(("name", "slug"), [("Åkerö & Söner AB", "akero-soner-ab"), ("株式会社", None)])
def test_a_short_name_comes_from_the_name_where_none_is_given(support, name, slug):
    response = support.post(reverse("admin:accounts_company_add"), {"name": name, "slug": "", "plan": "trial"})
    assert list(Company.objects.filter(name=name).values_list("slug", flat=True)) == ([slug] if slug else [])
    if not slug:
        assert "Type a short name" in response.content.decode()


def test_a_short_name_is_given_once(support):
    data = {"name": "Acme again", "slug": "acme", "plan": "trial"}
    response = support.post(reverse("admin:accounts_company_add"), data)
    assert response.context["errors"]
    assert not Company.objects.filter(name="Acme again").exists()


# People


def link_in(response):
    return re.findall(r"http://testserver(/join/[^\s<]+)", response.content.decode())[0]


def test_a_companys_first_admin_joins_by_the_link(support, client, world):
    data = {"company": world.initech.pk, "full_name": "Nina Ross", "email": " Nina@Initech.example", "role": "admin"}
    response = support.post(reverse("admin:accounts_user_add"), data, follow=True)
    person = User.objects.get(email="nina@initech.example")
    assert (person.company, person.role, person.is_staff, person.has_joined) == (world.initech, "admin", False, False)
    link = link_in(response)
    support.logout()
    page = client.get(link, follow=True)
    assert page.status_code == 200
    assert "Nina Ross" in page.content.decode()


def test_an_address_stands_once_in_a_company(support, world):
    data = {"company": world.acme.pk, "full_name": "Eva Again", "email": "EVA@acme.example", "role": "employee"}
    response = support.post(reverse("admin:accounts_user_add"), data)
    assert "There is somebody with this email address already." in response.content.decode()
    assert not User.objects.filter(full_name="Eva Again").exists()


def test_a_person_can_only_be_looked_at(support, world):
    assert support.post(page_of(world.employee), {"role": "admin", "full_name": "X"}).status_code == 403


def test_deactivating_is_at_once_and_can_be_taken_back(support, world, client):
    browser = type(client)()
    browser.force_login(world.employee)
    act(support, "deactivate", world.employee)
    assert not world.again().employee.is_active
    assert world.laptop.holder == world.employee
    assert browser.get(reverse("account_change_password")).status_code == 302
    act(support, "reactivate", world.employee)
    assert world.again().employee.is_active
    assert LogEntry.objects.filter(user=world.support, object_id=world.employee.pk).count() == 2


def test_the_last_admin_stays(support, world):
    visit(support, world.globex)
    response = act(support, "deactivate", world.globex_admin)
    assert world.again().globex_admin.is_active
    assert "last IT admin" in response.content.decode()


def test_resetting_a_sign_in_voids_the_password_and_gives_a_link(support, world, client):
    browser = type(client)()
    browser.force_login(world.employee)
    response = act(support, "reset_sign_in", world.employee)
    employee = world.again().employee
    assert not employee.check_password(PASSWORD)
    assert not employee.has_usable_password()
    assert browser.get(reverse("account_change_password")).status_code == 302
    assert browser.get(link_in(response), follow=True).status_code == 200


def test_who_is_deactivated_gets_no_link(support, world):
    act(support, "deactivate", world.employee)
    response = act(support, "reset_sign_in", world.employee)
    assert "/join/" not in response.content.decode()


def test_support_staff_are_left_as_they_are(support, world):
    for action in ("deactivate", "reset_sign_in"):
        act(support, action, world.support)
    assert world.again().support.is_active
    assert world.support.check_password(PASSWORD)


def test_nobody_signs_in_as_staff_by_a_form(support, world):
    data = {
        "company": world.acme.pk,
        "full_name": "Mallory",
        "email": "mallory@acme.example",
        "role": "admin",
        "is_staff": "on",
    }
    support.post(reverse("admin:accounts_user_add"), data)
    assert not User.objects.get(email="mallory@acme.example").is_staff


def test_the_lists_of_repairs_name_device_and_holder(support):
    repair, release = Repair.objects.get(), MDMRelease.objects.get()
    assert "Broken laptop" in support.get(list_of("repairs_repair")).content.decode()
    assert "Eva Lind" in support.get(page_of(repair)).content.decode()
    assert "Still in MDM" in support.get(page_of(release)).content.decode()
