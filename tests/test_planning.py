"""Which statements PostgreSQL may plan once (accounts/planning.py)."""

import pytest
from django.db import connection, models
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts import scope
from accounts.planning import FOR_VALUES, KEPT, mode_for
from devices.models import Device, Note


def asked(address):
    return mode_for(RequestFactory().get(address))


def test_what_is_found_by_keys_or_in_the_order_of_an_index_is_planned_once(world):
    laptop, table = [world.laptop.pk], reverse("devices:hardware_table", args=["in-repair"])
    for address in (
        reverse("devices:overview", args=laptop),
        reverse("repairs:support", args=laptop),
        reverse("repairs:intake", args=laptop),
        table,
        f"{table}?sort=-holder&page=last",
    ):
        assert asked(address) == KEPT, address


def test_what_is_searched_for_or_filtered_is_planned_for_its_values(world):
    table = reverse("devices:hardware")
    for address in (
        f"{table}?payor=1",
        f"{table}?sort=name&q=",
        reverse("devices:search"),
        reverse("devices:export", args=["all"]),
        reverse("accounts:users"),
        "/nowhere/",
    ):
        assert asked(address) == FOR_VALUES, address


def test_the_company_stands_in_the_statement_and_no_other_key_does(world):
    number, other = world.acme.pk, world.laptop.pk
    for company in ({"company": world.acme}, {"company_id": number}, {"company__exact": str(number)}):
        text, parameters = Device.objects.filter(**company).query.sql_with_params()
        assert f'"company_id" = {number}' in text
        assert parameters == ()
    text, parameters = Note.objects.filter(device__company=number, device=other).query.sql_with_params()
    assert f'"company_id" = {number}' in text
    assert parameters == (other,)
    same = Note.objects.filter(company=models.F("device__company")).query.sql_with_params()
    assert same[1] == ()
    with pytest.raises(ValueError, match="expected a number"):
        Device.objects.filter(company_id="1 OR 1=1")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite plans each statement when it is asked")
def test_each_request_says_it_to_the_database(live_world, monkeypatch):
    def mode():
        with connection.cursor() as cursor:
            cursor.execute("SHOW plan_cache_mode")
            return cursor.fetchone()[0]

    admin = Client()
    admin.force_login(live_world.admin)
    monkeypatch.setattr("devices.views.hardware.render", lambda *args, **kwargs: HttpResponse(mode()))
    assert admin.get(reverse("devices:hardware")).text == KEPT
    assert admin.get(reverse("devices:hardware"), {"q": "pro"}).text == FOR_VALUES
    with scope.company_scope(live_world.acme.pk):
        assert mode() == FOR_VALUES
