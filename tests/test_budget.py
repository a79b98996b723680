"""What a page may cost: at most twelve queries, no more for fifty rows than for one, and none that writes."""

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company
from devices.models import Device
from repairs.acts import lend
from tests.factories import DeviceFactory, PayorFactory, SpaceFactory, UserFactory
from tests.scene import Scene
from tests.test_routes import ROWS

BUDGET = 12
PEOPLE = ("admin", "employee")
OURS = ("accounts:", "devices:", "repairs:")


def pages(person):
    """The rows of the table of routes that this person may open."""
    return [row for row in ROWS if row.method == "GET" and row.answers[person] == "200" and row.name.startswith(OURS)]


def fill(world, number):
    """So many rows of everything that a page may list, for the admin and for the employee."""
    acme, admin, eva = world.acme, world.admin, world.employee
    for status in ("active", "needs_repair", "in_repair", "recycled"):
        DeviceFactory.create_batch(number, company=acme, by=admin, holder=eva, status=status)
    DeviceFactory.create_batch(number, company=acme, by=admin)
    UserFactory.create_batch(number, company=acme)
    for space in SpaceFactory.create_batch(number, company=acme):
        DeviceFactory(company=acme, by=admin, holder=space)
    PayorFactory.create_batch(number, company=acme)
    laptop = world.laptop
    for _time in range(number):
        laptop = laptop.move("report", by=eva).move("revert", by=admin).add_note("Looked at it.", by=admin)
        laptop = laptop.assign(world.colleague, world.company_payor, by=admin)
        laptop = laptop.assign(eva, world.employee_payor, by=admin)
    broken = laptop.move("report", by=eva).move("take_in", by=admin)
    for device in acme.devices.unassigned()[:number]:
        lend(device, broken.repairs.get(closed_at=None), world.company_payor, by=admin)
    broken.assign(eva, world.employee_payor, by=admin)


def costs(world, number):
    """What each page costs the admin and the employee, where there are so many rows."""
    with transaction.atomic():
        Company.objects.filter(pk=world.acme.pk).update(colleagues_visible=True)
        fill(world.again(), number)
        found = {f"{person}: {row}": cost(row, world, person) for person in PEOPLE for row in pages(person)}
        transaction.set_rollback(True)
    return found


def cost(row, world, person):
    client = Client()
    with transaction.atomic():
        scene = Scene(world.again())
        scene.set(row.about)
        client.force_login(getattr(world, person))
        address = scene.address(row.name, row.about)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address)
            response.getvalue()  # an export is written as it is read
        transaction.set_rollback(True)
    assert response.status_code == 200
    # A request's transaction is a savepoint here, within the test's own.
    statements = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    if response.headers.get("Content-Disposition"):  # a download has its line in the audit log, whatever it costs
        statements = [sql for sql in statements if "accounts_audit" not in sql]
        # Each piece of it is a transaction of its own in earnest; here, within the test's, more has to be set.
        statements = [sql for sql in statements if "app.company_id" not in sql]
    assert [sql for sql in statements if sql.startswith(("INSERT", "UPDATE", "DELETE"))] == [], f"{row} writes"
    return len(statements)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the same pages ask one question more on PostgreSQL")
def test_every_page_asks_few_questions_and_no_more_for_many_rows_than_for_one(world):
    one, many = costs(world, 1), costs(world, 51)
    assert {page: number for page, number in one.items() if number > BUDGET} == {}
    assert {page: (one[page], number) for page, number in many.items() if number > one[page]} == {}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite, which is near, is asked more often")
@pytest.mark.parametrize("htmx", [{}, {"HX-Request": "true"}], ids=["page", "part"])
def test_what_is_mistyped_costs_little_more(world, htmx):
    """Everything is looked for twice then, and once for what was meant."""
    DeviceFactory.create_batch(7, company=world.acme, by=world.admin, name="Logi", holder=world.shelf)
    world.tablet.move("report", by=world.admin)
    client = Client()
    client.force_login(world.admin)
    client.get(reverse("devices:hardware"))  # what a process keeps for some minutes (devices/paces.py)
    for name, typed in (
        ("devices:search", "stock loig s"),
        ("devices:search", "c02-xk1 aba"),
        ("devices:hardware", "stock loig s"),
        ("devices:hardware", "c02-xk1 aba"),
        ("repairs:list", "galxy"),
        ("accounts:users", "carl breg"),
        ("accounts:spaces", "stokc"),
        ("accounts:payors", "centre 4771"),
    ):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(reverse(name), {"q": typed}, headers=htmx)
        assert "Nothing is called" in response.text, (name, typed)
        asked = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
        assert len(asked) <= 10, (name, typed, asked)


def test_a_move_asks_few_questions(world):
    """Twenty at most, with what a request asks before its view."""
    client, asked = Client(), {}
    client.force_login(world.admin)
    for name, fields in (("support", {"needs_repair": "on"}), ("intake", {}), ("finish", {})):
        address = reverse(f"repairs:{name}", args=[world.laptop.pk])
        seen = Device.objects.get(pk=world.laptop.pk).revision
        with CaptureQueriesContext(connection) as queries:
            assert client.post(address, {"seen": seen, **fields}).status_code == 302
        asked[name] = len([query for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))])
    assert {name: number for name, number in asked.items() if number > 20} == {}
