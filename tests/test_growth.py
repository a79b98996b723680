"""No page reads more rows or gets longer where a company has more than fills it. The budget of queries
(tests/test_budget.py) does not see one that reads all of them."""

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Space, User
from devices.models import Device
from repairs import pace
from tests.bench import filling

# More than a page lists and more than a list to choose from takes; and as many again.
MANY = 60
# What longer numbers add, and a few more rows of a page that happen to have a repair to tell of: of which, the keys of
# devices decide, and those go on from test to test.
ALIKE, HAPPEN = 1.05, 5


def pages(world, away):
    """What people open all day."""
    yield from (reverse("devices:hardware_table", args=[slug]) for slug in ("all", "needs-repair", "in-repair"))
    yield from (reverse("devices:hardware_table", args=[slug]) for slug in ("unassigned", "archived"))
    yield from (reverse(name) for name in ("repairs:list", "devices:mine", "devices:register"))
    for device in (world.spare, away):
        yield from (reverse(name, args=[device.pk]) for name in ("devices:overview", "repairs:support", "devices:log"))
    yield reverse("repairs:replace", args=[away.pk])
    yield f"{reverse('accounts:suggestions', args=['holders'])}?q=person"


def grow(company, number, holder):
    """So many people and spaces more, and so many devices in each status; what somebody holds, `holder` does."""
    people, spaces = company.users.count(), company.spaces.count()
    User.objects.bulk_create(
        User(company=company, email=f"{n}@grown.example", full_name=f"Person {n:04}")
        for n in range(people, people + number)
    )
    Space.objects.bulk_create(Space(company=company, name=f"Room {n:04}") for n in range(spaces, spaces + number))
    first = filling.add_patterns(company, 4 * number)[Device]
    grown = company.devices.filter(pk__gte=first)
    grown.update(holder_user=None, holder_space=None)
    grown.filter(status="needs_repair").update(holder_user=holder)


@pytest.fixture
def even(monkeypatch):
    """As many devices in each status, and none marked as slow, which is said of more rows as more repairs are over."""
    monkeypatch.setattr(filling, "STATUSES", dict.fromkeys(filling.STATUSES, 25))
    monkeypatch.setattr(pace, "ENOUGH", 10_000)


def costs(client, addresses):
    """By address: the rows that were read, and the bytes that were written."""
    found = {}
    for address in addresses:
        rows = 0

        def count(execute, sql, params, many, context):
            nonlocal rows
            result = execute(sql, params, many, context)
            rows += max(context["cursor"].rowcount, 0)
            return result

        with connection.execute_wrapper(count):
            response = client.get(address)
        assert response.status_code == 200, address
        found[address] = rows, len(response.content)
    return found


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite does not say how many rows were read")
def test_a_page_reads_and_writes_no_more_in_a_larger_company(world, even):
    away = world.laptop.move("report", by=world.employee).move("take_in", by=world.admin)
    addresses = list(pages(world, away))
    client = Client()
    client.force_login(world.admin)
    client.get(addresses[0])
    with transaction.atomic():
        grow(world.acme, MANY, world.colleague)
        before = costs(client, addresses)
        grow(world.acme, MANY, world.colleague)
        after = costs(client, addresses)
        transaction.set_rollback(True)  # patterns are no register that would hold
    rows = {address: (before[address][0], after[address][0]) for address in addresses}
    assert {address: one for address, one in rows.items() if one[1] > one[0] + HAPPEN} == {}
    sizes = {address: (before[address][1], after[address][1]) for address in addresses}
    assert {address: one for address, one in sizes.items() if one[1] > ALIKE * one[0]} == {}
