"""Queries that are compiled once (accounts/compiled.py): they give what the queryset gives, whoever asks."""

from contextlib import suppress
from types import SimpleNamespace

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Q
from django.db.transaction import TransactionManagementError
from django.http import Http404
from django.test.utils import CaptureQueriesContext

from accounts.compiled import CompiledQuery
from accounts.models import User
from devices.access import visible_device
from devices.models import Device
from tests.factories import DeviceFactory


def of_company(company, key):
    return Device.objects.filter(company_id=company).with_people().filter(pk=key)


@pytest.fixture
def query():
    return CompiledQuery(Device, of_company)


def test_it_gives_what_the_queryset_gives_with_what_is_joined(query, world, django_assert_num_queries):
    for device in (world.laptop, world.phone, world.monitor, world.globex_laptop):
        expected = of_company(device.company_id, device.pk).get()
        with django_assert_num_queries(1):
            [found] = query(device.company_id, device.pk)
            assert (found.holder, found.payor, found.last_holder) == (
                expected.holder,
                expected.payor,
                expected.last_holder,
            )
        fields = [field.attname for field in Device._meta.concrete_fields]
        assert [getattr(found, name) for name in fields] == [getattr(expected, name) for name in fields]
        assert [type(getattr(found, name)) for name in fields] == [type(getattr(expected, name)) for name in fields]
        assert not found._state.adding


def test_no_company_gets_the_device_of_another_by_it(query, world):
    assert query(world.acme.pk, world.laptop.pk) == [world.laptop]
    assert query(world.globex.pk, world.laptop.pk) == []
    assert query(world.globex.pk, world.globex_laptop.pk) == [world.globex_laptop]
    with CaptureQueriesContext(connection) as asked:
        query(world.acme.pk, world.laptop.pk)
    assert f'"company_id" = {world.acme.pk} ' in asked[0]["sql"]  # as in whatever may be planned once


def test_it_keeps_nothing_of_an_earlier_answer(query, world):
    [before] = query(world.acme.pk, world.laptop.pk)
    world.laptop.edit(by=world.admin, name="Renamed")
    [after] = query(world.acme.pk, world.laptop.pk)
    assert (before.name, after.name) == ("MacBook Pro 14", "Renamed")


@pytest.mark.parametrize("key", [0, -1, 2**62, 2**62 + 1, 2**63 - 1, 2**63, 10**30, -(2**63) - 1, -(10**30)])
def test_a_key_of_no_row_finds_none(query, world, key):
    assert query(world.acme.pk, key) == []
    with pytest.raises(Device.DoesNotExist):
        query.get(world.acme.pk, key)


def test_several_rows_come_in_the_order_of_the_queryset(world):
    DeviceFactory.create_batch(3, company=world.acme, by=world.admin)
    query = CompiledQuery(Device, lambda company: Device.objects.filter(company_id=company).order_by("-pk"))
    assert query(world.acme.pk) == list(world.acme.devices.order_by("-pk"))


def test_a_text_is_sent_as_it_is(world):
    query = CompiledQuery(Session, lambda key: Session.objects.filter(session_key=key), text=True)
    for key in ("abc", "%s", "' OR 1=1 --", "ä"):
        Session.objects.create(session_key=key, session_data="", expire_date="2027-01-01T00:00Z")
        assert [row.session_key for row in query(key)] == [key]
    assert query("abcd") == []


def test_too_few_or_too_many_keys_are_refused(query, world):
    for keys in ((world.acme.pk,), (world.acme.pk, world.laptop.pk, 3)):
        with pytest.raises(ValueError, match="argument"):
            query(*keys)


@pytest.mark.parametrize(
    "rows",
    [
        lambda key: User.objects.filter(full_name=f"No. {key}"),
        lambda key: User.objects.filter(Q(full_name=f"No. {key}") | Q(pk=key)),
        lambda key: User.objects.filter(pk__lt=key + 1),
        lambda key: User.objects.filter(pk=key).values("full_name"),
        lambda key: User.objects.filter(pk=key).prefetch_related("company"),
        lambda key: User.objects.all(),
    ],
)
def test_a_queryset_in_which_a_key_is_more_than_a_key_is_refused(rows):
    with pytest.raises(ValueError, match=r"replaced there|something else"):
        CompiledQuery(User, rows)(1)


def test_it_locks_inside_a_transaction_only(world):
    query = CompiledQuery(User, lambda key: User.objects.select_for_update(no_key=True).filter(pk=key))
    assert query.get(world.employee.pk) == world.employee
    connection.in_atomic_block, before = False, connection.in_atomic_block
    try:
        with pytest.raises(TransactionManagementError):
            query(world.employee.pk)
    finally:
        connection.in_atomic_block = before


def test_get_is_for_one_row(world):
    query = CompiledQuery(User, lambda company: User.objects.filter(company=company))
    with pytest.raises(User.MultipleObjectsReturned):
        query.get(world.acme.pk)


def test_everybody_finds_the_devices_that_are_visible_to_them_and_no_other(world):
    world.laptop.move("report", by=world.employee).move("take_in", by=world.admin)
    for person in User.objects.exclude(company=None).select_related("company"):
        request = SimpleNamespace(user=person)
        found = set()
        for device in Device.objects.all():
            with suppress(Http404):
                found.add(visible_device(request, device.pk))
                visible_device(request, device.pk, to_show=False)
        assert found == set(Device.objects.visible_to(person)), person
