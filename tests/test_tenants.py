"""Row level security on PostgreSQL: what the application's role sees without any filter of ours."""

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.db import DatabaseError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts import scope
from accounts.models import Company, Domain, Identity, Job, SingleSignOn, Space, Upload, UploadPart, User
from accounts.models.audit import record
from accounts.models.chained import Plate
from accounts.rights import rights
from accounts.tenants import hanging_models, tenant_models
from devices.models import Device, Import, Imported, SavedFilter
from devices.models.device import DeviceQuerySet
from repairs.acts import lend
from repairs.models.repair import RepairQuerySet
from tests.bulk import bulk_action
from tests.conftest import role

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has neither roles nor policies")


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def eventful(world):
    """Rows of every kind, of two companies."""
    for admin, employee, device, payor in (
        (world.admin, world.employee, world.laptop, world.company_payor),
        (world.globex_admin, world.globex_employee, world.globex_laptop, world.globex_payor),
    ):
        company = admin.company
        device = device.add_note("Scratched.", by=admin).move("report", by=employee).move("take_in", by=admin)
        lent = Device.objects.register(company, by=admin, name=f"For {company}", category="Laptop")
        lend(lent, device.repairs.get(), payor, by=admin)
        record(company.pk, "sign_in_done", by=admin)
        issuer = f"https://idp.{company.slug}.example"
        SingleSignOn.objects.create(company=company, issuer=issuer, client_id="velory", is_on=True)
        Domain.objects.create(company=company, name=f"{company.slug}.example", proved_at=company.created_at)
        Identity.objects.create(company=company, user=employee, issuer=issuer, subject="1")
        Authenticator.objects.create(user=admin, type="totp", data={})
        UserSession.objects.create(user=admin, session_key=company.slug, ip="192.0.2.1", user_agent="")
        address = EmailAddress.objects.create(user=employee, email=employee.email)
        EmailConfirmation.objects.create(email_address=address, key=company.slug)
        LogEntry.objects.create(user=admin, action_flag=1, object_repr="something")
        job = Job.objects.create(company=company, kind="import", who=admin)
        upload = Upload.objects.create(company=company, name="list.csv")
        UploadPart.objects.create(company=company, upload=upload, start=0, data=b"Name")
        brought = Import.objects.create(company=company, who=admin, job=job, upload=upload, name="list.csv")
        Imported.objects.create(company=company, batch=brought, is_new=False)
        SavedFilter.objects.create(company=company, owner=admin, table="all", name="Laptops", query="category=Laptop")
        bulk_action(admin, "chosen")
    return world.again()


# A forgotten filter


@pytest.fixture
def no_filters(monkeypatch):
    """As if every view had forgotten to ask whose rows it shows."""
    for rows in (DeviceQuerySet, RepairQuerySet):
        monkeypatch.setattr(rows, "visible_to", lambda self, *args: self.all())
    monkeypatch.setattr(DeviceQuerySet, "concerning", lambda self, user: self.all())


def test_a_view_without_its_filter_still_shows_nothing_of_another_company(eventful, no_filters):
    gina = signed_in(eventful.globex_admin)
    for name in ("devices:overview", "repairs:support", "devices:log", "devices:edit", "repairs:finish"):
        assert gina.get(reverse(name, args=[eventful.laptop.pk])).status_code == 404, name
    for address in (
        reverse("devices:mine"),
        reverse("devices:hardware"),
        reverse("devices:hardware") + "?q=MacBook",
        reverse("devices:search") + "?q=MacBook",
        reverse("devices:search") + "?q=Macbok",
        reverse("devices:search") + "?q=Hugo",
        reverse("devices:export", args=["all"]),
        reverse("repairs:list"),
        reverse("repairs:export"),
    ):
        words = gina.get(address).getvalue().decode()
        assert "Latitude 7440" in words or "Mac" in address, address
        for hidden in ("MacBook Pro 14", "Eva Lind", "iPhone 15"):
            assert hidden not in words, (address, hidden)


def test_a_post_without_its_filter_changes_nothing_of_another_company(eventful, no_filters):
    gina = signed_in(eventful.globex_admin)
    before = Device.objects.get(pk=eventful.laptop.pk)
    sent = {"seen": before.revision, "outcome": "recycled"}
    assert gina.post(reverse("repairs:remove", args=[before.pk]), sent).status_code == 404
    assert Device.objects.get(pk=before.pk).status == before.status


# The policies themselves


def company_of(model):
    """The name by which rows of the model are filtered by their company's key."""
    if model is Company:
        return "pk"
    field = hanging_models().get(model)
    return f"{field.name}__{company_of(field.related_model)}" if field else "company"


WHOSE = {model: company_of(model) for model in [*tenant_models(), *hanging_models()]}


def counted(company=None):
    """How many rows of each kind there are, or the company has."""
    return {
        model.__name__: model._base_manager.filter(**{whose: company.pk} if company else {}).count()
        for model, whose in WHOSE.items()
    }


def test_where_no_company_is_named_there_are_no_rows(eventful):
    assert [name for name, count in counted().items() if count == 0] == []
    with transaction.atomic(), role("velory_app"):
        scope.recognise(None)
        assert {name: count for name, count in counted().items() if count} == {}


def test_a_company_s_scope_shows_its_own_rows_and_no_others(eventful):
    for company in (eventful.acme, eventful.globex):
        expected = counted(company)
        assert [name for name, count in expected.items() if count == 0] == []
        assert [name for name, count in counted().items() if count == expected[name]] == []
        with scope.company_scope(company.pk), role("velory_app"):
            assert counted() == expected


def test_no_row_of_another_company_is_written_to(eventful, subtests):
    """Whatever hangs on a person included: their second factor, their sessions."""
    for model, whose in WHOSE.items():
        if "UPDATE" not in rights("app", model) or issubclass(model, Plate):
            continue  # refused whoever's it is
        theirs = model._base_manager.filter(**{whose: eventful.acme.pk}).first()
        with subtests.test(model.__name__), role("velory_app"):
            with scope.company_scope(eventful.globex.pk):
                assert touch(theirs) == 0
            with scope.company_scope(eventful.acme.pk):
                assert touch(theirs) == 1


def touch(row):
    """How many rows are written by an UPDATE of this one that changes nothing, found by its key alone."""
    table, key = row._meta.db_table, row._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {key} = {key} WHERE {key} = %s", [row.pk])
        return cursor.rowcount


def test_no_row_is_written_into_another_company(world):
    with scope.company_scope(world.globex.pk), role("velory_app"):
        assert Space.objects.filter(pk=world.shelf.pk).update(name="Mine") == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Space.objects.create(company_id=world.acme.pk, name="Mine")
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Space.objects.filter(pk=world.globex_shelf.pk).update(company_id=world.acme.pk)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE devices_event SET kind = 'removed'",
        "DELETE FROM devices_event",
        "TRUNCATE devices_event",
        "DELETE FROM devices_nameplate",
        "DELETE FROM accounts_company",
        "INSERT INTO accounts_company (name) VALUES ('Mine')",
        "ALTER TABLE devices_event DISABLE TRIGGER ALL",
        "DROP POLICY company ON devices_device",
    ],
)
def test_the_application_s_role_may_not(world, statement):
    refused = pytest.raises(DatabaseError, match=r"permission denied|must be owner")
    with scope.company_scope(world.acme.pk), role("velory_app"), refused, transaction.atomic():
        run(statement)


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_who_is_not_signed_in_is_seen_by_their_own_address_or_key_alone(world):
    with transaction.atomic(), role("velory_app"):
        scope.recognise(None)
        scope.look_for("eva@acme.example")
        assert [person.full_name for person in User.objects.all()] == ["Eva Lind"]
        assert User.objects.update(full_name="Mine") == 0
        scope.recognise(world.employee.pk)
        assert [person.full_name for person in User.objects.all()] == ["Eva Lind"]
        assert Device.objects.count() == 0


@pytest.fixture
def providers(world):
    """Two companies with single sign-on; each has proved one domain, and Acme says that it has the other one, too."""
    for company, name in ((world.acme, "acme.example"), (world.globex, "globex.example")):
        Domain.objects.create(company=company, name=name, proved_at=company.created_at)
        SingleSignOn.objects.create(company=company, issuer=f"https://{name}", client_id="velory", is_on=True)
    Domain.objects.create(company=world.acme, name="globex.example")


def test_before_anybody_is_known_a_proved_domain_and_its_provider_are_seen_and_nothing_else(world, providers):
    with transaction.atomic(), role("velory_app"):
        scope.recognise(None)
        assert (Domain.objects.count(), SingleSignOn.objects.count()) == (0, 0)
        scope.look_for_domain("globex.example")
        assert [domain.company_id for domain in Domain.objects.all()] == [world.globex.pk]
        assert [sso.issuer for sso in SingleSignOn.objects.all()] == ["https://globex.example"]
        for model in WHOSE:
            if model not in (Domain, SingleSignOn):
                assert model._default_manager.count() == 0, model
        assert Domain.objects.update(name="mine.example") == 0
        assert SingleSignOn.objects.update(issuer="https://mine.example") == 0
        scope.recognise(None)
        assert (Domain.objects.count(), SingleSignOn.objects.count()) == (0, 0)


def test_before_anybody_is_known_the_provider_that_an_answer_came_from_is_seen_and_nothing_else(world, providers):
    with transaction.atomic(), role("velory_app"):
        scope.recognise(None)
        scope.look_for_provider(world.globex.pk)
        assert [sso.issuer for sso in SingleSignOn.objects.all()] == ["https://globex.example"]
        for model in tenant_models():
            if model is not SingleSignOn:
                assert model._default_manager.count() == 0, model
        assert SingleSignOn.objects.update(issuer="https://mine.example") == 0
        scope.recognise(None)
        assert SingleSignOn.objects.count() == 0


def test_a_provider_that_is_off_or_whose_domain_is_not_proved_is_not_seen(world, providers):
    SingleSignOn.objects.filter(company=world.acme).update(is_on=False)
    Domain.objects.filter(company=world.globex).update(proved_at=None)
    with transaction.atomic(), role("velory_app"):
        for name in ("acme.example", "globex.example"):
            scope.look_for_domain(name)
            assert SingleSignOn.objects.count() == 0
        scope.look_for_provider(world.acme.pk)
        assert SingleSignOn.objects.count() == 0


def test_what_a_view_has_written_before_it_failed_is_not_kept(world, monkeypatch):
    from devices.views import describing

    def fails(*args, **kwargs):
        raise RuntimeError("on purpose")

    monkeypatch.setattr(describing.messages, "success", fails)
    client = signed_in(world.admin)
    client.raise_request_exception = False
    assert client.post(reverse("devices:register"), {"name": "Half", "category": "Laptop"}).status_code == 500
    assert not Device.objects.filter(name="Half").exists()


# How long a request may take


def test_a_request_holds_up_the_others_only_so_long(live_world, monkeypatch):
    monkeypatch.setattr("accounts.views.profile.render", lambda *args, **kwargs: HttpResponse(limits()))
    assert signed_in(live_world.admin).get(reverse("accounts:profile")).text == "30s 5min"
    with scope.company_scope(live_world.acme.pk):  # a command, or an export while it is written
        assert limits() == "0 0"


def test_support_s_pages_have_the_same_limits(live_world, monkeypatch):
    """Here both roles share a connection, so the application's own limits are left out."""
    monkeypatch.setattr(scope, "begin_request", lambda *who: scope.recognise(*who[:2]))
    monkeypatch.setattr("accounts.support.ReadOnlyAdmin.lacks_visit", lambda *args: HttpResponse(limits()))
    address = reverse("admin:accounts_space_changelist")
    assert signed_in(live_world.support).get(address).text == "30s 5min"


def test_what_takes_too_long_is_given_up_and_said(live_world, monkeypatch):
    def sleeps(*args, **kwargs):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")

    monkeypatch.setitem(scope.LIMITS, "statement_timeout", "50ms")
    monkeypatch.setattr("accounts.views.profile.render", sleeps)
    client = signed_in(live_world.admin)
    client.raise_request_exception = False
    assert client.get(reverse("accounts:profile")).status_code == 503


def limits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(name) FROM unnest(%s::text[]) AS name", [list(scope.LIMITS)])
        return " ".join(text for (text,) in cursor.fetchall())
