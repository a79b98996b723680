"""Erasing a person: nothing names them any more, what happened stays, and every log holds."""

from datetime import timedelta
from itertools import chain

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.erasing import erase
from accounts.models import User
from accounts.models.closable import Refused, StillInUse
from devices.chain import first_fault
from devices.models import Device
from repairs.register import contradictions
from tests.test_atomic import check_that_nothing_remains
from tests.two_step import give_app, sign_in
from tests.visitor import Visitor
from tests.world import PASSWORD, log_of

# Words that only Bodil wrote.
HERS = ("It hums at night.", "Bought at the corner.", "It fell in May.", "Not in May, in June.")


@pytest.fixture
def leaver(world):
    """Bodil, an IT admin, who has done a bit of everything, held a device, and left."""
    bodil, ada = world.second_admin, world.admin
    Visitor().open(reverse("account_login")).press("Sign in", login=bodil.email, password=PASSWORD)
    give_app(bodil)
    sign_in(Client(), bodil)  # and never gave the second step
    EmailAddress.objects.create(user=bodil, email=bodil.email)
    device = world.laptop.assign(bodil, world.employee_payor, by=ada)
    device = device.move("report", by=bodil, problem="sound", description=HERS[0]).move("revert", by=bodil)
    device = device.add_note(HERS[1], by=bodil)
    device = device.add_late_entry(HERS[2], timezone.now() - timedelta(days=2), by=bodil)
    device = device.correct_line(device.log_sequence, HERS[3], by=bodil)
    device.add_note("Bodil had it.", by=ada).assign(world.employee, world.employee_payor, by=ada)
    bodil.full_name = "Bodil Ek-Ås"
    bodil.save()
    world.phone.add_note("After the wedding.", by=bodil)
    world.support_log = LogEntry.objects.log_actions(world.support.pk, [bodil], 2, single_object=True)
    bodil.deactivate(by=ada)
    return world.again()


def whatever_stands():
    """Every value of every row, as text, by table; sessions as they read when they are opened."""
    for model in apps.get_models():
        for row in model._base_manager.values_list():
            yield model._meta.db_table, " ".join(map(str, row))
    for session in Session.objects.all():
        yield Session._meta.db_table, str(session.get_decoded())


@pytest.fixture
def erased_by(django_capture_on_commit_callbacks):
    def erased(world):
        with django_capture_on_commit_callbacks(execute=True):
            erase(world.second_admin, by=world.admin)
        return world.again()

    return erased


def test_nothing_names_the_person_any_more_but_what_others_wrote(leaver, erased_by):
    email = leaver.second_admin.email
    assert {table for table, text in whatever_stands() if "Bodil" in text or email in text} >= {
        "accounts_user",
        "devices_nameplate",
        "django_admin_log",
        "django_session",
    }
    Visitor(leaver.employee)
    world = erased_by(leaver)
    found = [(table, text) for table, text in whatever_stands() if "Bodil" in text or email in text]
    assert [table for table, _text in found] == ["devices_note"]
    assert "Bodil had it." in found[0][1]
    assert not [table for table, text in whatever_stands() if any(words in text for words in HERS)]
    assert not EmailAddress.objects.filter(user=world.second_admin).exists()
    sessions = [session.get_decoded()["_auth_user_id"] for session in Session.objects.all()]
    assert sessions == [str(world.employee.pk)]


def test_what_happened_stays_and_every_log_holds(leaver, erased_by):
    before = {device.pk: log_of(device) for device in Device.objects.all()}
    world = erased_by(leaver)
    lines = log_of(world.laptop)
    assert len(lines) == len(before[world.laptop.pk])
    assert "(erased) reported device in need of repair." in lines
    assert "(erased) added a late entry: “(erased)”." in lines
    assert "Ada Holm assigned device to (erased)." in lines
    assert log_of(world.phone)[-1] == "(erased) added a note."
    assert log_of(world.globex_laptop) == before[world.globex_laptop.pk]
    for device in Device.objects.all():
        assert first_fault(device) is None
    assert list(chain.from_iterable(contradictions(company) for company in world.companies)) == []
    call_command("verify_events")
    assert world.laptop.repairs.get().problem == "sound"
    words = Visitor(world.admin).open(world.laptop).words
    assert "(erased), " in words  # her note, without its words
    assert "Bodil had it." in words


def test_the_address_is_free_for_somebody_else(leaver, erased_by):
    email = leaver.second_admin.email
    world = erased_by(leaver)
    User.objects.create_user(email, PASSWORD, company=world.globex, full_name="Bodil Ny")


def test_nobody_who_is_active_or_holds_something_is_erased(world):
    with pytest.raises(Refused, match="is active"):
        erase(world.second_admin, by=world.admin)
    User.objects.filter(pk=world.employee.pk).update(is_active=False)
    with pytest.raises(StillInUse, match="still belong to Eva Lind"):
        erase(world.employee, by=world.admin)
    for person in (world.globex_admin, world.colleague, world.support):
        with pytest.raises(PermissionDenied):
            erase(world.second_admin, by=person)
    assert list(User.objects.exclude(erased_at=None)) == []


def test_an_erased_person_is_no_longer_there(leaver, erased_by):
    bodil = leaver.second_admin
    world = erased_by(leaver)
    with pytest.raises(Refused, match="erased already"):
        erase(world.second_admin, by=None)
    world.second_admin.reactivate(by=world.admin)
    world.again()
    assert not world.second_admin.is_active
    visitor = Visitor(world.admin)
    assert "erased" not in visitor.open(reverse("accounts:users")).words
    for name in ("user_edit", "user_remove", "user_erase", "user_link"):
        assert visitor.open(reverse(f"accounts:{name}", args=[bodil.pk])).status == 404


def test_an_admin_reads_what_goes_and_what_stays_before(leaver):
    visitor = Visitor(leaver.admin).open(leaver.second_admin).follow("Erase person")
    assert "Goes: the name on every line of the event logs and of the audit log." in visitor.words
    assert "Stays: their name where others wrote it" in visitor.words
    visitor.press("Erase person")
    assert visitor.messages == ["The person is erased."]
    assert leaver.again().second_admin.erased_at is not None


def test_the_page_ends_sessions_that_were_never_signed_in(live_world):
    """After its commit, when nothing names a company any more."""
    world = live_world
    give_app(world.second_admin)
    sign_in(Client(), world.second_admin)
    world.second_admin.deactivate(by=world.admin)
    ada = Visitor(world.admin)
    assert Session.objects.count() == 2
    ada.open(reverse("accounts:user_erase", args=[world.second_admin.pk])).press("Erase person")
    assert ada.messages == ["The person is erased."]
    assert [session.get_decoded()["_auth_user_id"] for session in Session.objects.all()] == [str(world.admin.pk)]


def test_the_page_says_why_not(world):
    visitor = Visitor(world.admin).open(world.colleague)
    assert "Erase person" not in visitor.buttons
    visitor.open(reverse("accounts:user_erase", args=[world.colleague.pk]))
    assert "Carl Berg is active. Deactivate the account first." in visitor.words
    assert "Erase person" not in visitor.buttons


def test_an_erasure_that_fails_at_its_last_write_leaves_no_trace(leaver):
    Session.objects.all().delete()
    address = reverse("accounts:user_erase", args=[leaver.second_admin.pk])
    check_that_nothing_remains(leaver.admin, address, "Erase person")


def test_the_command_says_what_would_go_and_does_it_on_demand(leaver, capsys):
    email = leaver.second_admin.email
    with pytest.raises(CommandError, match="Add --yes"):
        call_command("erase_person", email, company="acme")
    assert f"Bodil Ek-Ås ({email}) of Acme will be erased" in capsys.readouterr().out
    assert leaver.again().second_admin.erased_at is None
    call_command("erase_person", email.upper(), company="acme", yes=True)
    assert leaver.again().second_admin.erased_at is not None
    for company, address, said in [
        ("acme", email, "Nobody at Acme"),
        ("globex", leaver.colleague.email, "Nobody at Globex"),
        ("nowhere", email, "no company nowhere"),
        ("acme", leaver.colleague.email, "is active"),
    ]:
        with pytest.raises(CommandError, match=said):
            call_command("erase_person", address, company=company, yes=True)
