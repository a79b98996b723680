"""Nothing is half done: when the last write of an act fails, nothing at all has changed.

No view runs in a transaction of the request, so each act brings its own. One that forgets it leaves here what it wrote
before the failure.
"""

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse

from tests.two_step import give_app, sign_in
from tests.visitor import Visitor

# The device's way to where the act begins; the page; the button; what is filled in.
ACTS = {
    "report": ([], "repairs:support", "Save", {"needs_repair": True, "problem": "Screen"}),
    "back up": (["report"], "repairs:support", "I have backed it up", {}),
    "take in": (["report"], "repairs:intake", "Move to “In repair”", {}),
    "revert": (["report"], "repairs:revert", "Revert to “Not in repair”", {}),
    "release from MDM": (["report", "take_in"], "repairs:support", "Mark as released", {}),
    "finish": (["report", "take_in"], "repairs:finish", "Set to “Not in repair”", {}),
    "recycle": (["report", "take_in"], "repairs:remove", "Remove device", {}),
    "replace": (["report", "take_in"], "repairs:replace", "Register replacement", {"name": "New one"}),
    "restore": (["report", "take_in", "recycle"], "devices:restore", "Restore", {}),
    "assign back": (["report", "take_in"], "devices:overview", "Assign to Ada Holm", {}),
    "assign to a user": ([], "devices:overview", "Assign to user", {"user": "Carl Berg", "payor": "Employee"}),
    "assign to a space": (["report", "take_in"], "devices:overview", "Assign to space", {"space": "Stock shelf"}),
    "unassign": ([], "devices:unassign", "Unassign", {}),
    "edit": ([], "devices:edit", "Save", {"name": "Another", "model": "M4"}),
    "late entry": ([], "devices:late_entry", "Add late entry", {"text": "It fell.", "occurred_at": "2026-01-31T12:00"}),
    "note": ([], "devices:overview", "Add note", {"text": "Looked at it."}),
}


class Writes:
    """Counts what is written while it stands, and lets the one with this number fail. Sessions are not the act's."""

    def __init__(self, fail_at=0):
        self.number, self.fail_at = 0, fail_at

    def __call__(self, execute, sql, params, many, context):
        if sql.startswith(("INSERT", "UPDATE", "DELETE")) and Session._meta.db_table not in sql:
            self.number += 1
            if self.number == self.fail_at:
                raise OperationalError("disk full")
        return execute(sql, params, many, context)


def everything():
    """Every row of every table."""
    return {
        model._meta.db_table: list(model._base_manager.order_by("pk").values_list())
        for model in apps.get_models()
        if model is not Session
    }


def check_that_nothing_remains(person, address, button, **fields):
    """Do it once to see how much it writes, take that back, and do it with a failure at the end."""
    visitor = Visitor(person)
    visitor.client.raise_request_exception = False
    visitor.open(address)
    before, counted = everything(), Writes()
    with transaction.atomic():
        with connection.execute_wrapper(counted):
            visitor.press(button, **fields)
        assert visitor.status == 200
        assert visitor.errors == {}
        assert everything() != before
        transaction.set_rollback(True)
    visitor.open(address)
    with connection.execute_wrapper(Writes(fail_at=counted.number)):
        visitor.press(button, **fields)
    assert visitor.status == 500
    after = everything()
    assert [table for table in before if after[table] != before[table]] == []


@pytest.mark.parametrize("name", ACTS)
def test_an_act_that_fails_at_its_last_write_leaves_no_trace(world, name):
    way, view, button, fields = ACTS[name]
    laptop = world.laptop.assign(world.admin, world.employee_payor, by=world.admin)
    for verb in way:
        laptop = laptop.move(verb, by=world.admin)
    check_that_nothing_remains(world.admin, reverse(view, args=[laptop.pk]), button, **fields)


def test_changing_a_request_and_taking_it_back(world):
    world.laptop.move("report", by=world.employee)
    check_that_nothing_remains(world.employee, world.laptop.support_url, "Save", description="It flickers.")
    check_that_nothing_remains(world.employee, world.laptop.support_url, "Save", needs_repair=False)


def test_correcting_a_line(world):
    address = reverse("devices:correct", args=[world.laptop.pk, 1])
    check_that_nothing_remains(world.admin, address, "Add correction", text="It was the day before.")


def test_registering_with_a_holder(world):
    fields = {"name": "New one", "category": "Laptop", "holder": "Carl Berg", "payor": "Company"}
    check_that_nothing_remains(world.admin, reverse("devices:register"), "Register device", **fields)


def test_lending(world):
    world.laptop.move("report", by=world.employee).move("take_in", by=world.admin)
    fields = {"user": "Eva Lind", "payor": "Company", "stands_in_for": "Eva Lind – MacBook Pro 14"}
    check_that_nothing_remains(world.admin, world.spare.get_absolute_url(), "Assign to user", **fields)


def test_deactivating_somebody_with_their_devices(world):
    address = reverse("accounts:user_remove", args=[world.employee.pk])
    check_that_nothing_remains(world.admin, address, "Deactivate", unassign=True)


def test_changing_a_person_s_name_role_and_address(world):
    fields = {"full_name": "Carl Bergman", "role": "IT admin", "email": "carl@elsewhere.example"}
    check_that_nothing_remains(world.admin, reverse("accounts:user_edit", args=[world.colleague.pk]), "Save", **fields)


def test_adding_a_person(world):
    fields = {"full_name": "Nils Ny", "email": "nils@acme.example", "role": "Employee"}
    check_that_nothing_remains(world.admin, reverse("accounts:user_new"), "Add user", **fields)


def test_resetting_somebody_s_two_step_sign_in(world):
    give_app(world.colleague)
    sign_in(Client(), world.colleague)
    address = reverse("accounts:user_two_step", args=[world.colleague.pk])
    check_that_nothing_remains(world.admin, address, "Reset two-step sign-in")


def test_another_repair_payor(world):
    fields = {"repair_payor": "Cost centre 4711", "repair_instructions": "Room 4."}
    check_that_nothing_remains(world.admin, reverse("accounts:settings"), "Save", **fields)
