"""The company's audit log: who signed in and what was changed, in a chain, for its admins."""

from datetime import timedelta
from io import StringIO
from threading import Thread

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from accounts import clock
from accounts.admin import CompanyAdmin
from accounts.chain import AuditWalk
from accounts.erasing import erase
from accounts.forms import PayorForm, SettingsForm, SpaceForm, UserForm
from accounts.models import AuditChain, AuditLine, AuditPlate, SingleSignOn, User
from accounts.models.audit import record
from accounts.sso.forms import told_of
from accounts.tokens import link_keys, link_path
from accounts.wording import FIELDS, GROUPS, SENTENCES
from devices.views import proving
from tests.test_register import LONG_AGO, change, walls_down
from tests.visitor import Visitor
from tests.world import PASSWORD


def told(company, language="en"):
    """The company's audit log, oldest first."""
    with override(language):
        return [line.sentence for line in company.audit_lines.order_by("sequence").with_names()]


def desk(person):
    """Somebody at work, whose sign-in is no matter of the test: their visitor, and how the log grows from here."""
    visitor = Visitor(person)
    before = len(told(person.company))
    return visitor, lambda: told(person.company)[before:]


def sign_in(email, password):
    return Visitor().open(reverse("account_login")).press("Sign in", login=email, password=password)


# Signing in


def test_signing_in_and_out_and_failing_to(world):
    visitor = sign_in(world.employee.email, PASSWORD)
    visitor.open(reverse("account_logout")).press("Sign out")
    sign_in(world.employee.email.upper(), "a guess")
    assert told(world.acme) == [
        "Eva Lind signed in.",
        "Eva Lind signed out.",
        "Somebody tried to sign in as Eva Lind and did not know the password.",
    ]
    assert told(world.globex) == []


def test_whoever_tries_passwords_all_day_fills_no_log(world):
    """A line stays for good, and anybody can fail to sign in."""
    failure = "Somebody tried to sign in as {} and did not know the password.".format
    with time_machine.travel(clock.now(), tick=False) as now:
        for minutes in (0, 4, 55):
            now.shift(timedelta(minutes=minutes))
            sign_in(world.employee.email, "a guess")
            sign_in(world.colleague.email, "a guess")
        assert told(world.acme) == [failure("Eva Lind"), failure("Carl Berg")]
        now.shift(timedelta(minutes=2))
        sign_in(world.employee.email, "a guess")
        assert told(world.acme)[2:] == [failure("Eva Lind")]


def test_what_is_nobody_s_stands_in_no_company_s_log(world):
    sign_in("nobody@acme.example", "a guess")
    sign_in(world.support.email, "a guess")
    sign_in(world.support.email, PASSWORD)
    assert not AuditLine.objects.exists()


def test_passwords_and_links(world):
    visitor, news = desk(world.employee)
    new = "another password of mine"
    visitor.open(reverse("account_change_password"))
    visitor.press("Change password", oldpassword=PASSWORD, password1=new, password2=new)
    assert news() == ["Eva Lind changed their password."]
    Visitor(world.admin).open(world.colleague).press("New link")
    assert news()[-1] == "Ada Holm made a link by which Carl Berg chooses a password."
    path = link_path(world.colleague, link_keys.new(world.colleague))
    Visitor().open(path).press("Save and sign in", new_password1=new, new_password2=new)
    assert news()[-2:] == ["Carl Berg chose a password by a link that they were given.", "Carl Berg signed in."]


# What admins change


def test_people_are_added_changed_deactivated_and_let_in_again(world):
    visitor, news = desk(world.admin)
    visitor.open(reverse("accounts:user_new"))
    visitor.press("Add user", full_name="Nils Ny", email="nils@acme.example", role="IT admin")
    nils = User.objects.get(email="nils@acme.example")
    visitor.open(nils).press("Save", full_name="Nils Nyman", role="Employee")
    visitor.open(reverse("accounts:user_remove", args=[world.colleague.pk])).press("Deactivate", unassign=True)
    visitor.open(world.colleague).press("Reactivate")
    visitor.open(reverse("accounts:user_remove", args=[nils.pk])).press("Delete")
    assert news() == [
        "Ada Holm added Nils Ny (IT admin).",
        "Ada Holm made a link by which Nils Ny chooses a password.",
        "Ada Holm changed full name of Nils Nyman from Nils Ny to Nils Nyman.",
        "Ada Holm changed role of Nils Nyman from IT admin to Employee.",
        "Ada Holm deactivated Carl Berg.",
        "Ada Holm reactivated Carl Berg.",
        "Ada Holm deactivated Nils Nyman.",
        "Ada Holm deleted Nils Nyman, who had never joined.",
    ]


@pytest.mark.parametrize(
    ("noun", "name", "button"), [("space", "room", "Add space"), ("payor", "cost_centre", "Add cost centre")]
)
def test_spaces_and_payors(world, noun, name, button):
    visitor, news = desk(world.admin)
    subject = getattr(world, name)
    if name == "cost_centre":
        world.tablet.unassign(by=world.admin)
    visitor.open(reverse(f"accounts:{noun}_new")).press(button, name="New")
    before = str(subject)
    visitor.open(subject).press("Save", name="Other")
    subject.refresh_from_db()
    subject.closed_at = LONG_AGO
    subject.save()
    visitor.open(subject).press("Reopen")
    assert news() == [
        f"Ada Holm added the {noun} New.",
        f"Ada Holm changed name of the {noun} Other from {before} to Other.",
        f"Ada Holm reopened the {noun} Other.",
    ]
    subject.remove(by=world.admin)
    assert news()[-1] in (f"Ada Holm closed the {noun} Other.", f"Ada Holm deleted the {noun} Other.")


def test_settings_and_what_support_changes(world):
    visitor, news = desk(world.admin)
    visitor.open(reverse("accounts:settings"))
    visitor.press("Save", repair_payor="Cost centre 4711", repair_instructions="Room 4.", colleagues_visible=True)
    assert set(news()) == {
        "Ada Holm changed repair payor from Company to Cost centre 4711.",
        "Ada Holm changed repair instructions from none to Room 4.",
        "Ada Holm changed employees see all devices from off to on.",
    }
    support = Visitor(world.support)
    address = reverse("admin:accounts_company_change", args=[world.acme.pk])
    token = str(support.open(address).response.context["csrf_token"])
    support.client.post(address, {"plan": "trial", "csrfmiddlewaretoken": token})
    assert set(news()[-2:]) == {
        "Siri Ahl of Velory Support changed plan from Pro to Trial.",
        "Siri Ahl of Velory Support changed repair flow released from on to off.",
    }


def test_whatever_support_does_is_said_to_be_support_s(world):
    """The company does not know them by name."""
    _visitor, news = desk(world.admin)
    world.colleague.deactivate(by=world.support)
    assert news() == ["Siri Ahl of Velory Support deactivated Carl Berg."]


def test_codes_are_read_in_the_reader_s_language(world):
    record(world.acme.pk, "user_added", by=world.admin, person=world.employee, role="employee")
    for field, before, after in (
        ("language", None, "sv"),
        ("plan", "trial", "pro"),
        ("name", "on", "employee"),
    ):
        record(world.acme.pk, "setting_changed", by=world.admin, field=field, before=before, after=after)
    with override("sv"):
        words = [line.sentence for line in world.acme.audit_lines.order_by("sequence").with_names()][-4:]
    assert words[0].endswith("(Anställd).")
    assert [text.rpartition(" till ")[2] for text in words[1:]] == ["Svenska.", "Pro.", "employee."]


def test_what_changed_nothing_has_no_line(world):
    visitor, news = desk(world.admin)
    visitor.open(reverse("accounts:settings")).press("Save")
    visitor.open(world.colleague).press("Save")
    visitor.open(world.shelf).press("Save")
    world.colleague.reactivate(by=world.admin)
    world.shelf.reopen(by=world.admin)
    assert news() == []


# The page


def test_admins_read_it_the_newest_first_and_by_what_they_look_for(world):
    visitor, _news = desk(world.admin)
    Visitor(world.employee)
    visitor.open(world.shelf).press("Save", name="Top shelf")
    page = visitor.open(reverse("accounts:settings")).follow("Audit log")
    assert "Log intact, verified " in page.words
    changed, signed_in = "of the space Top shelf", "Eva Lind signed in."
    assert page.words.index(changed) < page.words.index(signed_in)
    page.press("Filter", about="Spaces")
    assert changed in page.words
    assert signed_in not in page.words
    page.press("Filter", about="Everything", person="Eva Lind")
    assert signed_in in page.words
    assert changed not in page.words
    page.press("Filter", about="Payors")
    assert "Nothing like this has happened." in page.words
    Visitor(world.globex_admin)
    theirs = Visitor(world.globex_admin).open(reverse("accounts:audit_log")).words
    assert "Gina Falk signed in." in theirs
    assert "Eva Lind" not in theirs


def test_every_field_that_somebody_can_change_has_its_name():
    """What an admin fills in, what is told of single sign-on, and what Velory Support changes."""
    fields = {name for form in (SpaceForm, PayorForm, UserForm, SettingsForm) for name in form.base_fields}
    fields |= {f"sso_{name}" for name in told_of(SingleSignOn())}
    assert fields | set(CompanyAdmin.changeable) == set(FIELDS)


def test_every_kind_of_line_belongs_to_a_group_and_has_its_words(world):
    assert {kind for kind in SENTENCES if not kind.startswith(tuple(f"{group}_" for group in GROUPS))} == set()
    for field in FIELDS:
        record(world.acme.pk, "setting_changed", by=world.admin, field=field, before=None, after="x")
    for kind in SENTENCES:
        names = {"person": world.employee, "thing": world.shelf, "before": "a", "after": "b", "role": "admin"}
        names |= {
            "table": "All hardware",
            "filter": "q=a",
            "device": "Laptop",
            "result": "1 created",
            "reason": "Ticket 1.",
            "action": "Set payor",
            "done": "1",
            "all": "2",
        }
        record(world.acme.pk, kind, by=world.admin, field="name", **names)
    for language in ("en", "sv"):
        assert all(line.endswith(".") and "%(" not in line for line in told(world.acme, language))


# The chain


TAMPERED = {
    "changed": (lambda lines: change(lines[1], occurred_at=LONG_AGO), "line 2 of the log has been changed"),
    "gone": (lambda lines: lines[1].delete(), "line 2 of the log is missing"),
    "cut off": (lambda lines: lines[2].delete(), "the log ends with line 2, its head says 3"),
    "another name": (
        lambda lines: AuditPlate.objects.filter(name="Eva Lind").update(name="Eva Lund"),
        "line 2 of the log holds a name that is not the one that was sealed",
    ),
    "no head": (lambda lines: AuditChain.objects.all().delete(), "the log ends with line 0, its head says 0"),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_whatever_is_done_to_it_shows(world, how, capsys):
    for person in (world.admin, world.employee, world.admin):
        record(world.acme.pk, "sign_in_done", by=person)
    assert AuditWalk(world.acme).first_fault() is None
    tamper, said = TAMPERED[how]
    with walls_down():
        tamper(list(world.acme.audit_lines.order_by("sequence")))
        with pytest.raises(CommandError, match="1 faults"):
            call_command("verify_events", company="acme")
        assert f"acme: audit log: {said}" in capsys.readouterr().out.splitlines()
        # The sign-in of whoever looks at the page is a line of its own.
        found = AuditWalk(world.acme).first_fault()
        assert str(found) == said


def test_a_broken_log_alarms_its_admins(world):
    visitor = Visitor(world.admin)
    with walls_down():
        change(world.acme.audit_lines.get(), kind="sign_in_ended")
        words = visitor.open(reverse("accounts:audit_log")).words
    assert "This log is not intact" in words
    assert "line 1 of the log has been changed" in words


def test_the_database_refuses_to_change_or_delete_it(world):
    record(world.acme.pk, "sign_in_done", by=world.admin)
    for act in (
        lambda: AuditLine.objects.update(kind="sign_in_ended"),
        lambda: AuditLine.objects.all().delete(),
        lambda: AuditPlate.objects.update(name="Somebody else"),
        lambda: AuditPlate.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_an_erased_person_is_named_nowhere_and_it_holds(world):
    visitor, _news = desk(world.admin)
    visitor.open(world.second_admin).press("Save", full_name="Bodil Ek-Ås", email="ek@acme.example")
    world.again().second_admin.deactivate(by=world.admin)
    erase(world.second_admin, by=world.admin)
    lines = told(world.acme)
    assert "Ada Holm changed full name of (erased) from (erased) to (erased)." in lines
    assert "Ada Holm deactivated (erased)." in lines
    assert lines[-1] == "Ada Holm erased a person."
    assert not AuditPlate.objects.filter(name__contains="Bodil").exists()
    assert not AuditPlate.objects.filter(name__contains="@acme").exists()
    assert AuditWalk(world.acme).first_fault() is None


def test_erasing_an_admin_leaves_what_they_changed_of_others(world):
    visitor = Visitor(world.second_admin)
    visitor.open(world.colleague).press("Save", role="IT admin")
    world.again().second_admin.deactivate(by=world.admin)
    erase(world.second_admin, by=world.admin)
    assert "(erased) changed role of Carl Berg from Employee to IT admin." in told(world.acme)


def test_erasing_takes_the_name_and_address_out_of_searches(world):
    bodil, ada = world.second_admin, Client()
    Visitor(world.admin).open(bodil).press("Save", full_name="Bodil Ås")
    ada.force_login(world.admin)
    for words in ("bodil EK", "Bodil Ås", bodil.email, "Carl Berg", "Room 4"):
        ada.get(reverse("devices:export", args=["all"]), {"q": words}).getvalue()
    world.again().second_admin.deactivate(by=world.admin)
    erase(world.second_admin, by=world.admin)
    searched = [line for line in told(world.acme) if "exported from the table" in line]
    words = ["(erased)", "(erased)", "(erased)", "q=Carl Berg", "q=Room 4"]
    assert searched == [f"Ada Holm exported from the table All hardware what matches {each}." for each in words]
    assert AuditWalk(world.acme).first_fault() is None


# What leaves Velory, and what comes in


def test_each_download_has_its_line(world):
    ada, news = desk(world.admin)
    export = reverse("devices:export", args=["needs-repair"])
    ada.client.get(export).getvalue()
    ada.client.get(export, {"q": "MacBook", "sort": "-name", "payor": world.company_payor.pk}).getvalue()
    ada.client.get(reverse("repairs:export")).getvalue()
    ada.client.get(reverse("devices:log_download", args=[world.laptop.pk])).getvalue()
    ada.client.get(reverse("devices:audit_download")).getvalue()
    token = ada.open(reverse("devices:takeout")).field("csrfmiddlewaretoken", button="Download the archive")
    ada.client.post(reverse("devices:takeout"), {"csrfmiddlewaretoken": token}).getvalue()
    ada.client.head(export)
    assert news() == [
        "Ada Holm exported the table Needs repair.",
        f"Ada Holm exported from the table Needs repair what matches payor={world.company_payor.pk}, q=MacBook.",
        "Ada Holm exported the table Repairs.",
        "Ada Holm downloaded the event log of MacBook Pro 14.",
        "Ada Holm downloaded the audit log.",
        "Ada Holm took everything out.",
    ]
    assert AuditWalk(world.acme).first_fault() is None


@pytest.mark.parametrize("name", ["log_download", "audit_download"])
def test_nobody_of_the_company_waits_while_a_log_is_made_into_a_file(live_world, monkeypatch, name):
    world, really = live_world, proving.log_file

    def meanwhile(log):
        thread = Thread(target=other)
        thread.start()
        thread.join(5)
        assert not thread.is_alive()
        return really(log)

    def other():
        try:
            record(world.acme.pk, "space_added", by=world.second_admin, thing=world.shelf)
        finally:
            connection.close()

    client = Client()
    client.force_login(world.admin)
    monkeypatch.setattr(proving, "log_file", meanwhile)
    client.get(reverse(f"devices:{name}", args=[world.laptop.pk] if name == "log_download" else [])).getvalue()
    assert told(world.acme)[-2] == "Bodil Ek added the space Stock shelf."
    assert "Ada Holm downloaded the " in told(world.acme)[-1]


def test_an_import_has_its_line_and_a_rehearsal_none(world, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("Email,Full Name\nnils@acme.example,Nils Ny\n")
    _ada, news = desk(world.admin)
    wanted = ["import_people", str(file), "--company=acme", f"--by={world.admin.email}"]
    call_command(*wanted, "--dry-run", stdout=StringIO())
    assert news() == []
    call_command(*wanted, stdout=StringIO())
    assert news() == ["Ada Holm imported people: 1 created, 0 changed, 0 refused."]


def test_what_is_done_at_the_console_has_its_line(world, tmp_path):
    _ada, news = desk(world.admin)
    call_command("export_company", company="acme", to=tmp_path, stdout=StringIO())
    world.second_admin.deactivate(by=world.admin)
    call_command("erase_person", world.second_admin.email, company="acme", yes=True, stdout=StringIO())
    with pytest.raises(CommandError):
        call_command("export_company", company="acme", to=tmp_path / "missing" / "file", stdout=StringIO())
    assert told(world.globex) == []
    assert [line for line in news() if "console" in line] == [
        "Velory’s console took everything out.",
        "Velory’s console erased a person.",
    ]
    assert AuditWalk(world.acme).first_fault() is None
