"""Row level security on PostgreSQL: what the application's role sees without any filter of ours."""

import pytest
from django.apps import apps
from django.core import checks
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts import policies, scope, walls
from accounts.models import Company, Domain, SingleSignOn, Space, User
from devices.models import Device
from devices.models.device import DeviceQuerySet
from repairs.models.repair import RepairQuerySet
from tests.conftest import role

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has neither roles nor policies")

TENANT_MODELS = [
    model for label in ("accounts", "devices", "repairs") for model in apps.get_app_config(label).get_models()
]


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def eventful(world):
    """Rows of every kind, of two companies."""
    for device, employee, admin in (
        (world.laptop, world.employee, world.admin),
        (world.globex_laptop, world.globex_employee, world.globex_admin),
    ):
        device.move("report", by=employee).move("take_in", by=admin)
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
        reverse("devices:export", args=["all"]),
        reverse("repairs:list"),
        reverse("repairs:export"),
    ):
        words = gina.get(address).getvalue().decode()
        assert "Latitude 7440" in words or "MacBook" in address, address
        for hidden in ("MacBook Pro 14", "Eva Lind", "iPhone 15"):
            assert hidden not in words, (address, hidden)


def test_a_post_without_its_filter_changes_nothing_of_another_company(eventful, no_filters):
    gina = signed_in(eventful.globex_admin)
    before = Device.objects.get(pk=eventful.laptop.pk)
    sent = {"seen": before.revision, "outcome": "recycled"}
    assert gina.post(reverse("repairs:remove", args=[before.pk]), sent).status_code == 404
    assert Device.objects.get(pk=before.pk).status == before.status


# The policies themselves


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model.__name__)
def test_where_no_company_is_named_there_are_no_rows(eventful, model):
    with transaction.atomic(), role("velory_app"):
        scope.recognise(None)
        assert model._default_manager.count() == 0


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model.__name__)
def test_a_company_s_scope_shows_its_own_rows_and_no_others(eventful, model):
    owner = "pk" if model is Company else "company_id"
    expected = model._default_manager.filter(**{owner: eventful.globex.pk}).count()
    with scope.company_scope(eventful.globex.pk), role("velory_app"):
        assert set(model._default_manager.values_list(owner, flat=True)) <= {eventful.globex.pk}
        assert model._default_manager.count() == expected


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
        for model in TENANT_MODELS:
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
        for model in TENANT_MODELS:
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


# What keeps Velory from starting


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits for the commit stands in the way of ALTER TABLE
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("ALTER TABLE devices_device NO FORCE ROW LEVEL SECURITY", "devices_device has no forced row level security"),
        ("ALTER TABLE accounts_user DISABLE ROW LEVEL SECURITY", "accounts_user has no forced row level security"),
        ("DROP POLICY company ON repairs_repair", "repairs_repair lacks the policy company"),
        (
            "CREATE POLICY all_of_them ON devices_device USING (true)",
            "devices_device has a policy too many, all_of_them",
        ),
        ("CREATE TABLE left_over (id int, company_id bigint)", "left_over has no forced row level security"),
    ],
)
def test_a_wall_that_is_down_is_found_and_migrate_puts_it_up(world, statement, complaint):
    assert walls.missing(connection) == []
    run(statement)
    assert complaint in walls.missing(connection)
    assert any(
        complaint in error.msg for error in checks.run_checks(databases=["default"], tags=[checks.Tags.database])
    )
    if "left_over" not in statement:
        walls.put_up(connection)
        assert walls.missing(connection) == []


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        (None, None),
        ("GRANT velory_support TO velory_app", "velory_app is a member of velory_support"),
        ("ALTER TABLE devices_note OWNER TO velory_app", "velory_app owns tables"),
    ],
)
def test_a_role_that_could_get_past_the_walls_is_found(world, statement, complaint):
    if statement:
        if "OWNER" in statement:
            run("GRANT CREATE ON SCHEMA public TO velory_app")
        run(statement)
    with role("velory_app"):
        found = policies.powers(connection)
    assert (complaint in " ".join(found)) if complaint else found == []


def test_support_s_role_is_none_to_serve_people_with(world):
    with role("velory_support"):
        assert "velory_support is support's role, which sees every company" in policies.powers(connection)
