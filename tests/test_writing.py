"""Rows that are written by statements compiled once (accounts/writing.py): as the ORM writes them."""

from decimal import Decimal
from functools import partial

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.signals import post_save
from django.test.utils import CaptureQueriesContext

from accounts import clock, writing
from accounts.models import Space
from devices.models import Event
from repairs.models import MDMRelease, Repair
from repairs.receivers import open_repair_of


@pytest.fixture(autouse=True)
def _compiled_anew(monkeypatch):
    monkeypatch.setattr(writing, "_compiled", {})


def asked(act, *args):
    """The statements of an act."""
    with CaptureQueriesContext(connection) as statements:
        act(*args)
    return [one["sql"] for one in statements if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]


@pytest.fixture
def repair(world):
    return open_repair_of(world.laptop.move("report", by=world.employee, problem="screen"))


def stored(row):
    return type(row).objects.filter(pk=row.pk).values().get()


def test_a_new_row_is_what_the_orm_would_have_stored(world, repair):
    def new(**fields):
        return MDMRelease(
            company=world.acme, repair=repair, requested_of=world.admin, requested_at=clock.now(), **fields
        )

    for fields in ({}, {"state": "released", "closed_at": clock.now(), "closed_by": world.admin}, {}):
        ours = new(**fields)
        with transaction.atomic():
            [by_orm] = asked(
                partial(new(id=10**9, **fields).save, force_insert=True)
            )  # with a key that shows where it stands
            transaction.set_rollback(True)
        with transaction.atomic():
            [statement] = asked(writing.insert, ours)
            assert ours.pk is not None
            assert not ours._state.adding
            row = stored(ours)
            assert (row["repair_id"], row["state"], row["closed_by_id"]) == (repair.pk, ours.state, ours.closed_by_id)
            assert statement.split(" VALUES ")[0] == by_orm.split(" VALUES ")[0].replace('("id", ', "(")
            transaction.set_rollback(True)


def test_a_row_with_json_comes_back_as_it_went(world):
    event = world.laptop.events.latest("sequence")
    copy = Event(
        **{**stored(event), "id": None, "sequence": event.sequence + 1, "details": {"field": "name", "line": 3}}
    )
    with transaction.atomic():
        writing.insert(copy)
        assert stored(copy)["details"] == {"field": "name", "line": 3}
        transaction.set_rollback(True)


def test_fields_are_stored_and_no_others_whether_they_have_a_value_or_none(world, repair):
    for cost in (Decimal("12.50"), None, Decimal(7), None):
        repair.cost, repair.description = cost, f"for {cost}"
        before = stored(repair)
        ours = asked(writing.update, repair, ["description", "cost"])
        changed = {name for name, value in stored(repair).items() if value != before[name]}
        assert changed == {"cost", "description"}
        assert ours == asked(partial(repair.save, update_fields=["description", "cost"]))


def test_what_the_database_refuses_is_refused(world, repair):
    repair.outcome = "recycled"  # of one that is open
    with pytest.raises(IntegrityError), transaction.atomic():
        writing.update(repair, ["outcome"])
    with pytest.raises(IntegrityError), transaction.atomic():
        writing.insert(Repair(company=world.acme, device=world.laptop, reporter=world.admin, opened_at=clock.now()))
    assert stored(repair)["outcome"] == ""


def test_a_row_that_is_gone_is_no_success(world, repair):
    repair.pk = 10**9
    for write in (writing.update, lambda row, names: row.save(update_fields=names)):
        with pytest.raises(DatabaseError), transaction.atomic():
            write(repair, ["description"])


def test_expressions_and_models_that_somebody_listens_to_are_left_to_the_orm(world, repair):
    repair.description = F("problem")
    with pytest.raises(ValueError, match="sent along"):
        writing.update(repair, ["description"])
    with pytest.raises(ValueError, match="listens"):
        writing.update(world.shelf, ["name"])
    with pytest.raises(ValueError, match="listens"):
        writing.insert(Space(company=world.acme, name="Attic"))
    with pytest.raises(ValueError, match="a key already"):
        writing.insert(MDMRelease(pk=7, company=world.acme, repair=repair))
    with pytest.raises(ValueError, match="unsaved related object"):
        writing.insert(MDMRelease(company=world.acme, repair=Repair()))


def test_whoever_begins_to_listen_later_is_heard_of(world, repair):
    writing.update(repair, ["description"])

    def listen(**kwargs):
        pass

    post_save.connect(listen, sender=Repair)
    try:
        with pytest.raises(ValueError, match="listens"):
            writing.update(repair, ["description"])
    finally:
        post_save.disconnect(listen, sender=Repair)
