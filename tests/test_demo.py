"""The demo's companies: what `make demo` promises, and that they were made as real ones are."""

from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts.models import Company, User
from demo.companies import INITECH, PASSWORD, STORIES, SUPPORT
from demo.management.commands.load_demo import Command
from demo.player import play
from devices.models import Device, Event
from repairs.models import MDMRelease, Repair, ReplacementLoan
from repairs.register import contradictions


def load():
    """What `manage.py load_demo` prints. (Only the demo installs the app; its command needs no more than this.)"""
    output = StringIO()
    with override_settings(DEMO=True, PORT=8123):
        call_command(Command(), stdout=output)
    return output.getvalue()


class TestTheDemo(TestCase):
    output: str

    @classmethod
    def setUpTestData(cls):
        cls.output = load()

    def acme(self, **facts):
        return Device.objects.filter(company__slug="acme", **facts)

    def test_its_register_is_whole(self):
        for company in Company.objects.all():
            assert list(contradictions(company)) == []

    def test_three_companies_of_three_sizes(self):
        facts = Company.objects.values_list("slug", "plan", "repair_flow_released")
        assert set(facts) == {
            ("acme", "pro", True),
            ("globex", "standard", True),
            ("initech", "starter", False),
        }
        sizes = [Device.objects.filter(company__slug=story.slug).count() for story in STORIES]
        assert 55 <= sizes[0] <= 65
        assert 18 <= sizes[1] <= 22
        assert 7 <= sizes[2] <= 9

    def test_six_people_with_names_of_their_own_and_three_spaces(self):
        acme = Company.objects.get(slug="acme")
        assert acme.users.count() == 6
        assert acme.spaces.count() == 3
        assert acme.payors.filter(kind="cost_centre").exists()
        names = list(User.objects.values_list("full_name", flat=True))
        assert len(names) == len(set(names))

    def test_acme_shows_every_status_outcome_and_answer(self):
        assert set(self.acme().values_list("status", flat=True)) == set(Device.Status.values)
        repairs = Repair.objects.filter(company__slug="acme")
        assert set(repairs.values_list("outcome", flat=True)) == {"", *Repair.Outcome.values}
        assert set(repairs.values_list("backup", flat=True)) == {"", *Repair.Backup.values}
        assert len(set(repairs.open().values_list("problem", flat=True))) > 4
        releases = MDMRelease.objects.filter(company__slug="acme")
        assert set(releases.values_list("state", flat=True)) == set(MDMRelease.State.values)
        assert repairs.filter(outcome="replaced", replacement__isnull=False).exists()
        assert repairs.filter(outcome="replaced", may_order=True).exists()
        assert self.acme(returned_from_repair=True, holder_user=None, holder_space=None).exists()

    def test_the_employee_of_acme_has_a_laptop_and_a_phone_of_their_own(self):
        employee = User.objects.get(email="employee@acme.example")
        for category in ("Laptop", "Phone"):
            device = self.acme(holder_user=employee, category=category).get()
            assert (device.status, device.payor.kind) == ("active", "employee")
            assert self.acme(name__contains=device.name).count() == 1
        assert not ReplacementLoan.objects.filter(assignment__user=employee, assignment__ended_at=None).exists()

    def test_somebody_else_has_a_replacement(self):
        assert ReplacementLoan.objects.filter(company__slug="acme", assignment__ended_at=None).exists()

    def test_the_other_employees_have_a_laptop(self):
        for slug in ("globex", "initech"):
            held = Device.objects.filter(holder_user__email=f"employee@{slug}.example")
            assert held.filter(category="Laptop", status="active").exists()

    def test_no_two_devices_of_a_company_have_the_same_name(self):
        names = list(Device.objects.values_list("company_id", "name"))
        assert len(names) == len(set(names))

    def test_the_history_is_one_of_some_months_in_working_hours(self):
        now = timezone.now()
        for device in Device.objects.all():
            moments = [timezone.localtime(event.occurred_at) for event in device.events.order_by("sequence")]
            assert moments == sorted(moments)
            assert all(moment < now and moment.weekday() < 5 and 8 <= moment.hour < 18 for moment in moments)
        first = Event.objects.filter(company__slug="acme").earliest("occurred_at")
        assert now - first.occurred_at > timedelta(days=150)

    def test_everybody_it_names_can_sign_in(self):
        named = [person.email for story in STORIES for person in story.people if person.shown]
        assert len(named) == 6
        for email in [*named, SUPPORT["email"]]:
            assert email in self.output
            self.client.post("/account/login/", {"login": email, "password": PASSWORD})
            signed_in = User.objects.get(pk=self.client.session["_auth_user_id"])
            assert signed_in.email == email
            self.client.logout()
        assert "http://127.0.0.1:8123/" in self.output
        assert PASSWORD in self.output

    def test_support_belongs_to_no_company(self):
        support = User.objects.get(email=SUPPORT["email"])
        assert (support.is_staff, support.company) == (True, None)

    def test_a_second_run_keeps_the_data_and_shows_the_sign_ins(self):
        device = self.acme(status="active").first()
        device.edit(by=User.objects.get(email="admin@acme.example"), name="Renamed")
        before = Device.objects.count(), Event.objects.count()
        output = load()
        assert (Device.objects.count(), Event.objects.count()) == before
        assert self.acme(name="Renamed").exists()
        assert "employee@globex.example" in output


def test_without_the_demo_flag_it_refuses(db):
    with pytest.raises(CommandError):
        call_command(Command())
    assert not Company.objects.exists()


def test_a_run_that_breaks_off_leaves_nothing(db):
    good, bad = STORIES[0], INITECH.items[3]
    backwards = replace(bad, then=tuple(reversed(bad.then)))
    with pytest.raises(ValueError, match=bad.tag):
        play([good, replace(INITECH, items=(backwards,))], password=PASSWORD, support=SUPPORT)
    assert not Company.objects.exists()
    assert not User.objects.exists()


def test_each_run_tells_the_same_story(db):
    def told():
        with transaction.atomic():
            play([INITECH], password=PASSWORD, support=SUPPORT)
            story = list(Device.objects.values_list("name", "serial_number", "order_number", "purchase_date"))
            transaction.set_rollback(True)
        return story

    assert told() == told()
