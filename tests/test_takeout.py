"""A company's way out: everything that it has in one archive, and nothing of it left where it is erased."""

import csv
import hashlib
import io
import json
import secrets
import tracemalloc
from datetime import datetime
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from accounts.models import Company, Space, User
from accounts.models.audit import record
from accounts.tenants import hanging_models, tenant_models
from devices.models import Device, Event
from devices.takeout import LEFT_OUT, SECRET, take_out, taken_out
from tests.factories import UserFactory
from tests.test_routes import secrets_of
from tests.two_step import give_app, sign_in
from tests.visitor import Visitor


def unpack(data):
    """{name: text} of an archive."""
    with ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def json_rows(files, label):
    return [json.loads(line) for line in files[f"{label}.jsonl"].splitlines()]


def csv_rows(files, label):
    return list(csv.DictReader(io.StringIO(files[f"{label}.csv"].removeprefix("\ufeff"), newline="")))


@pytest.fixture
def files(world):
    laptop = world.laptop.move("report", by=world.employee).move("take_in", by=world.admin)
    laptop.assign(world.colleague, world.company_payor, by=world.admin)
    return unpack(b"".join(take_out(world.acme)))


# Taking everything out


def test_every_model_of_a_company_goes_along_or_has_a_reason_to_stay():
    assert set(LEFT_OUT) <= {model._meta.label_lower for model in tenant_models()}
    assert all(LEFT_OUT.values())
    for model in apps.get_models():
        belongs = any(field.name in ("company", "company_id") for field in model._meta.concrete_fields)
        if belongs or model is Company:
            assert model in taken_out() or model._meta.label_lower in LEFT_OUT, model


def test_what_names_no_company_but_hangs_on_a_person_is_known():
    """They stay out of the archive: how one signs in, and what support staff did. A new one: does it belong there?"""
    assert {model._meta.label_lower for model in hanging_models()} == {
        "account.emailaddress",
        "account.emailconfirmation",
        "admin.logentry",
        "mfa.authenticator",
        "usersessions.usersession",
    }


def test_every_row_is_in_it_with_every_column(world, files):
    for model in taken_out():
        rows = model._base_manager.filter(**{"pk" if model is Company else "company": world.acme.pk})
        columns = [field.attname for field in model._meta.concrete_fields if not SECRET.search(field.name)]
        taken = json_rows(files, model._meta.label_lower)
        assert [row[model._meta.pk.attname] for row in taken] == list(rows.order_by("pk").values_list("pk", flat=True))
        assert all(list(row) == columns for row in taken)
        assert len(csv_rows(files, model._meta.label_lower)) == len(taken)


def test_the_chain_of_each_log_can_be_computed_from_it(world, files):
    uuids = {row["id"]: row["uuid"].replace("-", "") for row in json_rows(files, "devices.device")}
    events = json_rows(files, "devices.event")
    assert len(events) == Event.objects.filter(company=world.acme).count() > 10
    for row in events:
        moments = {name: datetime.fromisoformat(row[name]) for name in ("occurred_at", "recorded_at")}
        event = Event(**{**row, **moments})
        assert event.compute_digest(uuids[row["device_id"]]) == row["digest"]


def test_people_read_names_and_sentences(world, files):
    [laptop] = [row for row in csv_rows(files, "devices.device") if row["name"] == "MacBook Pro 14"]
    assert (laptop["holder_user"], laptop["payor"], laptop["status"]) == ("Carl Berg", "Company", "Active")
    sentences = {row["sentence"] for row in csv_rows(files, "devices.event")}
    assert "Ada Holm assigned repaired device to Carl Berg." in sentences


def test_people_read_sentences_of_the_audit_log_too(world):
    record(world.acme.pk, "sign_in_done", by=world.employee)
    with override("sv"):
        files = unpack(b"".join(take_out(world.acme)))
    assert csv_rows(files, "accounts.auditline")[-1]["sentence"] == "Eva Lind signed in."


def test_the_manifest_counts_the_rows_and_seals_each_file(world, files):
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["company"] == "acme"
    assert set(manifest["files"]) == set(files)
    for name, facts in manifest["files"].items():
        assert hashlib.sha256(files[name].encode()).hexdigest() == facts["sha256"]
    assert manifest["files"]["devices.device.csv"]["rows"] == Device.objects.filter(company=world.acme).count()
    assert manifest["files"]["devices.device.jsonl"]["rows"] == Device.objects.filter(company=world.acme).count()


def test_it_holds_no_password_and_nothing_of_another_company(world, files):
    text = "".join(files.values())
    for word in [*secrets_of(world.globex), *secrets_of(world.initech), world.admin.password, "md5$"]:
        assert word not in text


def test_nothing_in_it_runs_in_a_spreadsheet(world):
    User.objects.filter(pk=world.employee.pk).update(full_name="=1+1")
    files = unpack(b"".join(take_out(world.acme)))
    assert "'=1+1" in {row["full_name"] for row in csv_rows(files, "accounts.user")}
    assert "=1+1" in {row["full_name"] for row in json_rows(files, "accounts.user")}


def test_an_admin_downloads_it_in_settings_and_not_again_at_once(world):
    visitor = Visitor(world.admin).open(reverse("accounts:settings")).follow("Take everything out")
    form = {"csrfmiddlewaretoken": visitor.field("csrfmiddlewaretoken")}
    response = visitor.client.post(visitor.address, form)
    assert response["Content-Disposition"].startswith('attachment; filename="velory-acme-')
    assert "devices.device.csv" in unpack(response.getvalue())
    visitor.press("Download the archive")
    assert visitor.status == 429
    assert "wait two minutes" in visitor.messages[0]


def test_the_command_writes_a_file_that_only_its_owner_reads(world, tmp_path, capsys):
    call_command("export_company", "--company", "acme", "--to", str(tmp_path))
    [file] = tmp_path.iterdir()
    assert file.name in capsys.readouterr().out
    assert file.stat().st_mode & 0o077 == 0
    assert "devices.device.csv" in unpack(file.read_bytes())
    with pytest.raises(CommandError, match="cannot be written: File exists"):
        call_command("export_company", "--company", "acme", "--to", str(file))
    with pytest.raises(CommandError, match="no company nobody"):
        call_command("export_company", "--company", "nobody", "--to", str(tmp_path))


def test_its_memory_does_not_grow_with_the_company(world):
    def peak():
        tracemalloc.start()
        for _piece in take_out(world.acme):
            pass
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    def grow(number):
        Space.objects.bulk_create(
            Space(company=world.acme, name=f"Shelf {n} {secrets.token_hex(20)}") for n in range(number)
        )
        return peak()

    peak()
    some = grow(1_000)
    assert grow(3_000) < some * 1.2


# Erasing it


def traces(words):
    """Where in the whole database one of the words stands."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                found += [(table, word) for word in words if any(word in str(value) for value in row)]
    for session in Session.objects.all():
        opened = str(session.get_decoded())
        found += [(Session._meta.db_table, word) for word in words if word in opened]
    return found


def everything_of(company):
    return {
        model: list(model._base_manager.filter(**{"pk" if model is Company else "company": company.pk}).values())
        for model in tenant_models()
    }


@pytest.fixture
def lived_in(live_world):
    """Acme with an open session, a remark of support staff about it, and what allauth keeps of an address."""
    world = live_world
    laptop = world.laptop.move("report", by=world.employee).move("take_in", by=world.admin)
    laptop.move("finish", by=world.admin)
    for person in (world.admin, world.globex_admin, world.support):
        Client().force_login(person)
    give_app(world.employee)
    sign_in(Client(), world.employee)  # and never gave the second step
    for thing in (world.acme, world.employee, world.laptop, world.globex_employee):
        LogEntry.objects.create(
            user=world.support,
            content_type=ContentType.objects.get_for_model(thing),
            object_id=str(thing.pk),
            object_repr=str(thing),
            action_flag=CHANGE,
        )
    for person in (world.employee, world.globex_employee):
        person.emailaddress_set.create(email=person.email, verified=True).emailconfirmation_set.create(
            key=f"key-{person.pk}"
        )
    return world


def test_a_company_is_erased_to_the_last_row(lived_in, capsys, caplog):
    world = lived_in
    words = {*secrets_of(world.acme), "acme", f"key-{world.employee.pk}"}
    others = {company: everything_of(company) for company in (world.globex, world.initech)}
    assert {table for table, _word in traces(words)} >= {
        "accounts_user",
        "devices_nameplate",
        "django_admin_log",
        "account_emailaddress",
        "account_emailconfirmation",
        "django_session",
    }
    call_command("erase_company", "--company", "acme", "--yes-erase", "acme")
    assert traces(words) == []
    assert {company: everything_of(company) for company in others} == others
    assert {session.get_decoded()["_auth_user_id"] for session in Session.objects.all()} == {
        str(world.globex_admin.pk),
        str(world.support.pk),
    }
    assert list(LogEntry.objects.values_list("object_repr", flat=True)) == [world.globex_employee.full_name]
    [line] = [record for record in caplog.records if record.name.endswith("erase_company")]
    assert line.getMessage() == "The company acme was erased at the console."
    assert line.facts["company"] == world.acme.pk
    said = capsys.readouterr().out
    assert "accounts_user: 4 rows" in said
    assert "django_session: 2 rows" in said
    call_command("check_register")


@pytest.mark.parametrize("typed", ["globex", "", "ACME"])
def test_it_asks_and_takes_nothing_else_for_a_yes(typed, live_world, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: typed)
    with pytest.raises(CommandError, match="not its short name"):
        call_command("erase_company", "--company", "acme")
    with pytest.raises(CommandError, match="not its short name"):
        call_command("erase_company", "--company", "acme", "--yes-erase", "globex")
    assert Company.objects.filter(slug="acme").exists()


def test_where_nobody_can_be_asked_nothing_is_erased(live_world):
    with pytest.raises(CommandError, match="--yes-erase acme"):
        call_command("erase_company", "--company", "acme")
    with pytest.raises(CommandError, match="no company nobody"):
        call_command("erase_company", "--company", "nobody", "--yes-erase", "nobody")
    assert Company.objects.filter(slug="acme").exists()


def test_a_company_is_erased_whole_or_not_at_all(live_world, monkeypatch):
    """Something that refers to it was left out."""
    before = everything_of(live_world.acme)
    monkeypatch.setattr(
        "accounts.company_erasing.tenant_models", lambda: [m for m in tenant_models() if m is not Device]
    )
    with pytest.raises(CommandError, match="Nothing was erased"):
        call_command("erase_company", "--company", "acme", "--yes-erase", "acme")
    assert everything_of(live_world.acme) == before


def test_nobody_is_missed_in_a_company_of_many(live_world):
    UserFactory.create_batch(300, company=live_world.acme)
    call_command("erase_company", "--company", "acme", "--yes-erase", "acme", verbosity=0)
    assert not User.objects.filter(email__contains="@acme").exists()
