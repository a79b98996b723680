"""Pages by keys: every row once, in order, whatever others do meanwhile."""

from datetime import date

import pytest

from accounts.keyset import KeysetPage, Order, Total, keys_in_order
from devices.models import Device
from tests.factories import DeviceFactory

SIZE = 4
ORDERS = {
    "name": Order(("name_key", "id")),
    "name, down": Order(("name_key", "id"), is_down=True),
    "holder": Order(("holder_key", "name_key", "id"), may_be_blank=True, blank=""),
    "holder, down": Order(("holder_key", "name_key", "id"), is_down=True, may_be_blank=True, blank=""),
    "purchase date": Order(("purchase_date", "name_key", "id"), may_be_blank=True),
    "purchase date, down": Order(("purchase_date", "name_key", "id"), is_down=True, may_be_blank=True),
    "since": Order(("status_since", "id")),
}


@pytest.fixture
def rows(world):
    """A few devices that share names, days and holders, and some without."""
    for number in range(9):
        DeviceFactory(
            by=world.admin,
            company=world.acme,
            holder=(world.employee, world.colleague, None)[number % 3],
            name=f"Laptop {number // 2}",
            purchase_date=date(2026, 1, 1 + number // 3) if number % 2 else None,
        )
    return Device.objects.filter(company=world.acme)


def in_order(rows, order):
    """All of them, without pages."""
    found = rows.in_bulk()
    return [found[key] for key in keys_in_order(rows, order)]


def walk(rows, order, way="next", place=""):
    """The pages from here on, the first of them first."""
    page = KeysetPage(rows, order, SIZE, place)
    yield page
    if further := getattr(page, way):
        yield from walk(rows, order, way, further)


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_every_row_stands_on_one_page_there_and_back(rows, order):
    ordered = in_order(rows, order)
    assert sorted(row.pk for row in ordered) == sorted(rows.values_list("pk", flat=True))
    there = list(walk(rows, order))
    assert [row for page in there for row in page.object_list] == ordered
    back = list(walk(rows, order, "previous", "last"))
    assert back[0].object_list == ordered[-SIZE:]
    assert back[-1].object_list == ordered[:SIZE]
    assert {row.pk for page in back for row in page.object_list} == {row.pk for row in ordered}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_blank_ones_stand_at_the_end_both_ways(rows, order):
    values = [getattr(row, order.fields[0]) or None for row in in_order(rows, order)]
    if order.may_be_blank:
        filled = [value for value in values if value is not None]
        assert values == filled + [None] * (len(values) - len(filled))
        assert None in values
    else:
        filled = values
    assert filled == sorted(filled, reverse=order.is_down)


def test_rows_that_come_and_go_neither_repeat_nor_hide_others(rows, world):
    first = KeysetPage(rows, ORDERS["name"], SIZE, "")
    DeviceFactory(by=world.admin, company=world.acme, name="Aardvark")  # stands before
    Device.objects.filter(pk=first.object_list[-1].pk).update(name_key="zzz")  # is not where it was
    second = KeysetPage(rows, ORDERS["name"], SIZE, first.next)
    assert not {row.pk for row in first.object_list} & {row.pk for row in second.object_list}
    keys = [row.name_key for row in rows.order_by("name_key", "id") if row.name_key > "aardvark"]
    assert next(row.name_key for row in second.object_list) == keys[SIZE - 1]
    Device.objects.filter(pk=first.object_list[-1].pk).update(name_key=first.object_list[-1].name_key)


def test_a_page_whose_rows_are_gone_is_the_last_one(rows):
    *_others, before, last = walk(rows, ORDERS["name"])
    there = rows.exclude(pk__in=[row.pk for row in last.object_list])
    page = KeysetPage(there, ORDERS["name"], SIZE, before.next)
    assert page.object_list == list(there.order_by("-name_key", "-id")[:SIZE][::-1])
    assert not page.has_next


def test_rows_are_numbered_as_far_as_anybody_counted(rows):
    pages = list(walk(rows, ORDERS["name"]))
    assert [(page.start_index, page.end_index) for page in pages][:3] == [(1, 4), (5, 8), (9, 12)]
    assert KeysetPage(rows, ORDERS["name"], SIZE, pages[1].previous).start_index == 1
    assert KeysetPage(rows, ORDERS["name"], SIZE, "last").start_index is None


@pytest.mark.parametrize("place", ["7", "after-", "after-nonsense", "before-x:y", "after-eyJ4IjoxfQ:abc", "\0"])
def test_a_place_that_nobody_gave_out_is_the_first_page(rows, place):
    assert KeysetPage(rows, ORDERS["name"], SIZE, place).object_list == list(rows.order_by("name_key", "id")[:SIZE])


def test_a_place_of_another_order_is_the_first_page(rows):
    place = KeysetPage(rows, ORDERS["holder"], SIZE, "").next
    assert KeysetPage(rows, ORDERS["name"], SIZE, place).start_index == 1


def test_several_querysets_follow_one_another(rows):
    made = []

    def way(**condition):
        made.append(condition)
        return rows.filter(**condition)

    ways = [lambda: way(name_key__contains="laptop"), lambda: way(name_key__contains="phone")]
    page = KeysetPage(ways, ORDERS["name"], SIZE, "")
    assert len(made) == 1  # the second is not needed yet
    found = [row.name for each in walk(ways, ORDERS["name"]) for row in each.object_list]
    assert found[-1] == "iPhone 15"
    assert len(found) == 10
    assert page.object_list


def test_a_total_is_counted_up_to_the_most(rows):
    assert str(Total.of(rows, 100)) == "14"
    assert str(Total.of(rows, 14)) == "14"
    assert str(Total.of(rows, 10)) == "10+"
    assert str(Total(20_000, 10_000)) == "10,000+"
    assert not Total.of(rows.none(), 10)
