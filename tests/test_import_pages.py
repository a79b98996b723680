"""Bringing a register through the pages: upload, columns, rehearsal, import, undo, each as an IT admin does it."""

import contextlib
import csv
import io
import re
import threading
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Q
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import clock, jobs, uploads
from accounts.importing import report
from accounts.models import AuditLine, Job, Space, Upload, UploadPart, User
from accounts.models.job import LEASE, MOST_ATTEMPTS
from accounts.scope import company_scope
from devices import statistics
from devices.chain import first_fault
from devices.importing import bringing as bringing_lists
from devices.importing import of_devices, storing, tidying, work
from devices.models import Assignment, Device, Event, Import, Imported, Note, bringing
from devices.models.letting_go import let_go
from devices.stays import stays_of
from tests.conftest import role
from tests.factories import DeviceFactory, PayorFactory
from tests.importer import a_list, imported
from tests.visitor import Visitor

FILES = Path(__file__).parent / "files"
LIST = (
    "Name,Serial,Holder email,Space,Payor,Purchase cost\n"
    "New laptop,S-1,nora@acme.example,,Company,100.00\n"
    "New screen,S-2,,Attic,,\n"
    "MacBook of Eva,C02-XK1 AAA,carl@acme.example,,,\n"
    "Unheld,S-3,,,,\n"
)


class Importer:
    """An IT admin at the pages, and the worker behind them."""

    def __init__(self, person):
        self.client = Client()
        self.client.force_login(person)
        self.company = person.company
        self.response = None

    def upload(self, content, name="list.csv"):
        """Returns the import, None where it was refused."""
        content = content if isinstance(content, bytes) else content.encode()
        self.post("imports", {"file": SimpleUploadedFile(name, content)})
        return self.batch if self.response.status_code == 302 else None

    def post(self, name, fields=None, follow_to=None):
        args = [] if name in ("imports",) else [self.batch.pk]
        self.response = self.client.post(reverse(f"devices:{name}", args=args), fields or {})
        return self.response

    def get(self, name="import", **headers):
        self.response = self.client.get(reverse(f"devices:{name}", args=[self.batch.pk]), headers=headers)
        return self.response

    @property
    def batch(self):
        return Import.objects.filter(company=self.company).order_by("-pk").first()

    def work(self):
        with role("velory_app"):
            while jobs.work():
                pass
        return self.batch

    def rehearsed(self, content, **decisions):
        """Up to the rehearsal, the columns as they are guessed."""
        batch = self.upload(content)
        if batch.stage == "columns":
            self.choose()
        self.work()
        if decisions:
            self.post("import_rehearse", decisions)
            self.work()
        return self.batch

    def choose(self, **columns):
        fields = {f"column_{place}": field for place, field in enumerate(self.batch.fields)} | columns
        return self.post("import_columns", fields)

    def brought(self, content, rows="all"):
        self.rehearsed(content)
        self.post("import_start", {"rows": rows})
        return self.work()

    @property
    def words(self):
        return self.response.content.decode()

    def numbers(self, kind="devices"):
        return {name: count for name, count in self.batch.findings["counts"][kind].items() if count}


@pytest.fixture
def ada(world):
    return Importer(world.admin)


def everything():
    models = (Device, User, Space, Assignment, Note, Event)
    return {model: list(model.objects.order_by("pk").values_list()) for model in models}


def log(device):
    return [str(event.sentence) for event in device.events.order_by("sequence").with_names()]


# What is uploaded


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04\x14\x00\x06\x00" + b"\x00" * 50, "workbook"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image"),
        (b"Serial\n", "no rows below them"),
        ((",".join(f"c{n}" for n in range(10_000)) + "\n1\n").encode(), "10000 columns"),
        (b"Serial,Name\n1," + b"x" * 5_000_000 + b"\n", "four million"),
        (b'Serial,Name\n1,x\n2,"y\n', "never closed"),
        (b"First Name,Last Name,Email,Username,Activated,Start Date\nEva,Lind,eva@acme.example,eva,true,\n", "people"),
    ],
)
def test_what_is_no_list_is_answered_clearly_and_stored_nowhere(ada, content, reason):
    assert ada.upload(content) is None
    assert ada.response.status_code == 200
    assert reason in ada.words
    assert not Import.objects.exists()
    assert not Upload.objects.exists()


def test_what_is_too_large_is_refused_in_words(ada, settings):
    settings.UPLOAD_LIMIT = 1000
    assert ada.upload("Serial,Name\n" + "1,x\n" * 1000) is None
    assert "The file is larger than" in ada.words
    assert not Upload.objects.exists()
    assert ada.upload("Serial,Name\n1,x\n")


def test_what_is_too_large_takes_no_memory_though_it_be_one_line(ada, settings):
    settings.UPLOAD_LIMIT = 1000
    size = 4 * 2**20
    payload = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("list.csv", b"x" * size)})
    ada.upload(b"x" * 2000)  # what the first of these requests loads stays
    tracemalloc.start()
    try:
        ada.client.generic("POST", reverse("devices:imports"), payload, MULTIPART_CONTENT)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The test client itself keeps one copy of what it sends.
    assert peak < 2 * size


def test_the_limit_holds_for_all_files_of_a_request_together(ada, settings):
    settings.UPLOAD_LIMIT = 1000
    half = "Serial,Name\n" + "1,x\n" * 150
    files = {name: SimpleUploadedFile(name, half.encode()) for name in ("other", "file")}
    assert ada.post("imports", files).status_code == 200
    assert "The file is larger than" in ada.words


def test_no_transaction_waits_for_what_comes_slowly(ada):
    depths = []

    class Slow(io.BytesIO):
        def read(self, *args):
            depths.append(len(connection.savepoint_ids))
            return super().read(*args)

    body = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("list.csv", LIST.encode())})
    before = len(connection.savepoint_ids)
    ada.client.generic("POST", reverse("devices:imports"), body, MULTIPART_CONTENT, **{"wsgi.input": Slow(body)})
    assert ada.batch is not None
    assert set(depths) == {before}


def test_a_list_of_one_column_is_devices_by_their_serial_number(ada, world):
    assert ada.brought("Serial\nS-1\nS-2\n").stage == "stored"
    assert world.acme.devices.get(serial_number="S-1").name == "S-1"


def test_swedish_headers_are_known(ada):
    batch = ada.upload("Benämning;Serienr;Märke;Garantins slutdatum;E-post;Rum\nDator;S-1;Åkes;;;\n".encode("cp1252"))
    assert batch.fields == ["name", "serial_number", "manufacturer", "warranty_end", "email", ""]
    assert batch.findings["samples"][2] == ["Åkes"]


def test_the_list_is_stored_in_parts_and_read_as_it_was(ada, world):
    from accounts import uploads

    content = ("Serial,Name\n" + "".join(f"S{n},Å {n} {'x' * 200}\n" for n in range(6000))).encode()
    batch = ada.upload(content)
    assert UploadPart.objects.filter(upload=batch.upload).count() == -(-len(content) // uploads.PART) > 2
    with uploads.opened(batch.upload) as file:
        assert file.read() == content
        file.seek(uploads.PART - 3)
        assert file.read(9) == content[uploads.PART - 3 : uploads.PART + 6]


# Columns

HEADERS = {
    "Snipe-IT, import template": (FILES / "snipe-it-template.csv").read_bytes(),
    "Snipe-IT, list export": (FILES / "snipe-it-list-export.csv").read_bytes(),
    "Velory": (FILES / "velory-devices.csv").read_bytes(),
    "Snipe-IT, custom report": (
        b"Company,Asset Name,Asset Tag,Manufacturer,Model,Model No.,Category,Serial,Purchase Date,Purchase Cost,"
        b"Order Number,Supplier,Location,Address,Address,City,State,Country,Zip,Checked Out,Username,Employee No.,"
        b"Status,Warranty,Warranty Expires,Notes,Notes\n"
        b"Acme,,T-9,Contoso,Slab,SL-1,Laptop,S-1,2024-01-31,100.00,,,HQ,a,b,c,d,e,f,Eva Lind,eva,,Deployed,,,,\n"
    ),
    "Microsoft Intune (Azure AD)": (
        b"Device ID,Device name,Azure AD Device ID,OS version,Serial number,Manufacturer,Model,IMEI,Category,"
        b"Primary user UPN,Primary user email address,Primary user display name,Compliance\n"
        b"1,EVA-PC,x,11,S-1,Contoso,Slab,,Laptop,eva@acme.example,eva@acme.example,Eva Lind,Yes\n"
    ),
    "Microsoft Intune (Entra)": (
        b"Device ID,Device name,Microsoft Entra Device ID,OS version,Serial number,Manufacturer,Model,IMEI,Category,"
        b"Primary user UPN,Primary user email address,Primary user display name,Compliance\n"
        b"1,EVA-PC,x,11,S-1,Contoso,Slab,,Laptop,eva@acme.example,eva@acme.example,Eva Lind,Yes\n"
    ),
    "Jamf, MUT computers": (
        b"Computer Serial,Display Name,Asset Tag,Username,Real Name,Email Address,PO Number,Vendor,Purchase Price,"
        b"PO Date,Warranty Expires\n"
        b"S-1,EVA-MAC,T-9,eva,Eva Lind,eva@acme.example,PO1,Shop,100.00,2024-01-31,2027-01-31\n"
    ),
    "Jamf, MUT mobile devices": (
        b"Mobile Device Serial,Display Name,Enforce Name,Asset Tag,Username,Real Name,Email Address,PO Number,"
        b"Airplay Password (tvOS Only)\nS-1,EVA-PHONE,,T-9,eva,Eva Lind,eva@acme.example,PO1,secret\n"
    ),
    "Jamf, search of computers": (
        b"Computer Name,Jamf Pro Computer ID,Asset Tag,Serial Number,Model,Username,Full Name,Email Address\n"
        b"EVA-MAC,7,T-9,S-1,Slab,eva,Eva Lind,eva@acme.example\n"
    ),
    "GLPI": (
        b"Name;Status;Manufacturers;Serial number;Types;Model;Locations;Last update\r\n"
        b"EVA-PC;In use;Contoso;S-1;Laptop;Slab;Attic;2024-01-31 10:00\r\n"
    ),
}


@pytest.mark.parametrize("shape", HEADERS)
def test_a_list_that_is_known_by_its_headers_is_rehearsed_at_once(ada, shape):
    batch = ada.upload(HEADERS[shape])
    assert (batch.findings["shape"], batch.stage) == (shape, "rehearsing")
    assert "serial_number" in batch.fields or "asset_tag" in batch.fields
    ada.work()
    ada.get()
    assert f"Recognised: {shape}" in ada.words
    if batch.findings["samples"] and "template" not in shape:
        assert ada.numbers().get("created", 0) > 0, ada.batch.findings


def test_any_other_list_is_mapped_by_hand_and_the_choice_is_remembered(ada, world):
    content = "Kod;Vad;Vem\nS-1;Skärm;eva@acme.example\nS-2;Låda;\n"
    batch = ada.upload(content.encode("utf-16"))
    assert (batch.stage, batch.fields) == ("columns", ["", "", ""])
    ada.get("import_columns")
    assert "S-1 · S-2" in ada.words
    assert "Read as UTF-16, divided by semicolon." in ada.words

    ada.choose(column_1="name")
    assert "Choose the column of the serial number" in ada.words
    ada.choose(column_0="serial_number", column_1="name", column_2="name")
    assert ada.words.count("Another column is chosen as Name, too: keep one.") == 4  # on top and at each of the two
    assert ada.choose(column_0="serial_number", column_1="name", column_2="email").status_code == 302
    ada.work()
    assert ada.numbers() == {"created": 2}

    assert Importer(world.second_admin).upload("KOD,vad,Vem\nS-9,x,\n").fields == ["serial_number", "name", "email"]
    assert Importer(world.globex_admin).upload("Kod,Vad,Vem\nS-9,x,\n").fields == ["", "", ""]


def test_what_nobody_has_looked_at_is_not_remembered(ada):
    content = "Serial,Kod\nS-1,x\n"
    assert ada.upload(content).stage == "columns"
    assert ada.upload(content).stage == "columns"


def test_as_many_columns_as_are_read_can_be_chosen(ada):
    from accounts.spreadsheets import MOST_COLUMNS

    headers = ",".join(f"Kod {n}" for n in range(MOST_COLUMNS))
    ada.upload(f"{headers}\nS-1{',' * (MOST_COLUMNS - 1)}\n")
    ada.choose(column_0="serial_number", emptied=["manufacturer"])
    assert ada.response.status_code == 302


def test_an_empty_cell_keeps_what_is_there_unless_its_column_says_otherwise(ada, world):
    content = "Serial,Manufacturer,Purchase cost\nC02-XK1 AAA,,\n"
    ada.rehearsed(content)
    assert ada.numbers() == {"unchanged": 1}
    ada.post("import_columns", {"column_0": "serial_number", "column_1": "manufacturer", "emptied": ["manufacturer"]})
    ada.work()
    assert ada.numbers() == {"changed": 1}
    assert ada.batch.findings["changes"] == [["2", "MacBook Pro 14", "manufacturer", "Apple", ""]]
    ada.post("import_start", {"rows": "all"})
    ada.work()
    assert world.again().laptop.manufacturer == ""


# The rehearsal


def test_a_rehearsal_says_what_would_happen_and_stores_none_of_it(ada, world):
    before = everything()
    ada.rehearsed(LIST)
    assert everything() == before
    assert ada.numbers() == {"created": 3, "changed": 1}
    assert ada.numbers("people") == {"created": 1, "unchanged": 1}
    assert ada.numbers("spaces") == {"created": 1}
    ada.get()
    assert "Import 4 devices" in ada.words
    assert [row[2:] for row in ada.batch.findings["changes"]] == [
        ["name", "MacBook Pro 14", "MacBook of Eva"],
        ["holder", "Eva Lind", "Carl Berg"],
        ["payor", "Employee", "Company"],
    ]


def test_a_device_that_only_gets_notes_is_among_the_changes(ada):
    ada.rehearsed(f"Serial,Note,Model notes\nC02-XK1 AAA,{'x' * 100},Second\nS-1,Of a new one,\n")
    assert ada.numbers() == {"changed": 1, "created": 1}
    assert ada.batch.findings["changes"] == [
        ["2", "MacBook Pro 14", "note", "", f"{'x' * 59}…"],
        ["2", "MacBook Pro 14", "note", "", "Second"],
    ]


def test_changes_that_are_too_many_to_be_shown_are_counted(ada, monkeypatch):
    monkeypatch.setattr(report, "LONGEST_LIST", 1)
    ada.rehearsed(LIST)
    assert '<p class="muted">and 2 more</p>' in ada.get().content.decode()
    ada.post("import_start", {"rows": "all"})
    ada.work()
    assert '<p class="muted">and 2 more</p>' in ada.get().content.decode()
    with clock.at(timezone.now() + timedelta(days=8)):
        jobs.tidy()
    assert "2 more" not in ada.get().content.decode()


@pytest.mark.parametrize(
    ("last", "proposed"),
    [("1/31/2026", "us"), ("31.1.2026 10:00", "day-first"), ("7/1/2026", None), ("31/31/2026", None)],
)
def test_the_order_is_proposed_that_a_date_gives_away_and_that_date_is_among_the_examples(ada, last, proposed):
    days = [f"{day}/1/2026" for day in range(1, 7)]
    rows = [f"S-{line},{day}" for line, day in enumerate([*days, last, "13/31/2026"])]
    ada.rehearsed("\n".join(["Serial,Purchase date", *rows]))
    ada.get()
    fifth = last if proposed else days[4]
    assert f"In the list: {' · '.join([*days[:4], fifth])}</" in ada.words
    checked = [order for order in ("us", "day-first") if re.search(f'value="{order}"[^>]* checked', ada.words)]
    assert checked == ([proposed] if proposed else [])
    assert ada.batch.dates == ""  # nobody has said so yet
    ada.post("import_rehearse", {"dates": "us"})
    ada.work()
    ada.get()
    assert re.search('value="us"[^>]* checked', ada.words)


def test_dates_are_read_after_one_choice_beside_examples(ada, world):
    tag = "&lt;img src=x onerror=alert(1)&gt;"  # which is a tag as soon as the cell is plain text
    content = f"Serial,Purchase date,Category\nS-1,1/2/2026,Unknown\nS-2,13/1/2026 {tag},\nS-3,2026/01/31,\nS-4,soon,\n"
    ada.rehearsed(content)
    ada.get()
    assert f"In the list: 1/2/2026 · 13/1/2026 {tag}</" in ada.words
    assert ada.numbers() == {"created": 1, "refused": 3}
    assert "is no date" not in ada.words  # of each row
    ada.post("import_rehearse", {"dates": "us"})
    ada.work()
    assert ada.numbers() == {"created": 2, "refused": 2}
    assert ada.get().content.decode().count("is no date") == 2
    ada.post("import_rehearse", {"dates": "day-first"})
    ada.work()
    assert ada.numbers() == {"created": 3, "refused": 1}
    ada.post("import_start", {"rows": "good"})
    ada.work()
    first = world.acme.devices.get(serial_number="S-1")
    assert (str(first.purchase_date), first.category) == ("2026-02-01", "Other")


def test_numbers_that_have_lost_their_zeros_are_flagged(ada):
    rows = "".join(f"{n:010}\n" for n in range(1, 31)).replace("0000000007\n", "7000000\n")
    ada.rehearsed("Serial\n" + rows.replace("7000000\n", "70000000\n"))
    assert any("Has a spreadsheet taken zeros away?" in notice for notice in ada.batch.findings["notices"])


def test_refused_rows_are_downloaded_mended_and_uploaded_alone(ada, world):
    ada.rehearsed("Serial,Purchase cost,Name\nS-1,10.00,Good\nS-2,1.02E+15,=Bad\nS-3,1\nS-1,,Twin\n")
    ada.get()
    assert "Line 5 means the same device." in ada.words
    assert "Import 4" not in ada.words
    refused = b"".join(ada.get("import_refused").streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(refused)))
    assert rows[0] == ["Serial", "Purchase cost", "Name", "Why it was refused"]
    assert [row[0] for row in rows[1:]] == ["S-1", "S-2", "S-3", "S-1"]
    assert rows[2][2] == "'=Bad"  # runs nowhere
    assert "shortened this number" in rows[2][3]

    rows[2][1] = "2.50"
    mended = io.StringIO()
    csv.writer(mended).writerows([rows[0], rows[2]])
    batch = ada.upload(mended.getvalue())
    assert batch.fields == ["serial_number", "purchase_cost", "name", ""]  # as last time
    ada.work()
    assert ada.numbers() == {"created": 1}

    ada.upload(mended.getvalue().replace("2.50", "free"))
    ada.work()
    again = b"".join(ada.get("import_refused").streaming_content).decode("utf-8-sig")
    [header, row] = csv.reader(io.StringIO(again))
    assert (header, row[:3]) == (rows[0], ["S-2", "free", "'=Bad"])
    assert row[3:] == ["Line 2, Purchase cost: “free” is no amount."]


def test_columns_stay_what_they_were_wherever_that_of_the_reasons_was_moved(ada):
    ada.rehearsed("Why it was refused,Serial,Name\n,S-1,x\n")
    assert ada.batch.fields == ["", "serial_number", "name"]
    assert ada.upload("Serial,Name\nS-1,x\n").fields == ["serial_number", "name"]
    ada.work()
    assert ada.upload("Serial,Name,Why it was refused\nS-1,x,\n").fields == ["serial_number", "name", ""]
    ada.work()
    assert ada.upload("Serial,Name\nS-1,x\n").fields == ["serial_number", "name"]
    assert ada.upload("Why it was refused,Serial,Name\n,S-1,x\n").fields == ["", "serial_number", "name"]


def test_what_a_report_quotes_of_a_cell_is_short(ada):
    long = "x" * 30_000
    ada.rehearsed(f"Serial,Checked out to,Payor,Status\nS-1,{long},,\nS-2,,{long},\nS-3,,,{long}\n")
    assert ada.numbers() == {"refused": 2, "left out": 1}
    findings = ada.batch.findings
    assert all(len(str(findings[name])) < 1000 for name in ("refused", "notices")), findings


def test_what_is_left_of_a_warranty_that_ends_after_all_calendars(ada, world):
    world.laptop.edit(by=world.admin, purchase_date="9999-12-31")
    ada.rehearsed("Serial,Warranty months,Supplier\nC02-XK1 AAA,1,Shop\nS-1,1,\n")
    assert ada.numbers() == {"changed": 1, "created": 1}
    reasons = [reason for _line, _column, reason in ada.batch.findings["left_alone"]["first"]]
    assert [reason.rpartition(", ")[2] for reason in reasons] == ["which is too far away.", "which is not known."]


def test_a_list_divided_by_semicolons_comes_back_as_one(ada):
    ada.rehearsed("Serial;Purchase cost\nS-1;free\n")
    refused = b"".join(ada.get("import_refused").streaming_content).decode("utf-8-sig")
    assert refused.splitlines()[0] == "Serial;Purchase cost;Why it was refused"


def test_what_was_decided_beside_the_import_is_not_passed_over(ada, world):
    ada.rehearsed("Serial,Status,Purchase date\nS-1,At the dealer,1/2/2026\n")
    ada.get()
    assert "Decide first how the list writes dates" in ada.words
    assert ada.post("import_start", {"status_0": "in_repair", "rows": "all"}).status_code == 200
    assert "This field is required." in ada.words
    assert "Status “At the dealer”" in ada.words
    decided = {"status_0": "in_repair", "dates": "us", "rows": "all"}
    assert ada.post("import_start", decided).status_code == 302
    assert ada.work().stage == "rehearsed"
    assert not world.acme.devices.filter(serial_number="S-1").exists()
    ada.post("import_start", decided)
    assert ada.work().stage == "stored"
    assert world.acme.devices.get(serial_number="S-1").status == "in_repair"


# The import


def test_an_import_stores_what_was_rehearsed_and_writes_to_nobody(ada, world, mailoutbox):
    assert ada.brought(LIST).stage == "stored"
    new = world.acme.devices.get(serial_number="S-1")
    assert (new.holder.email, new.payor, str(new.purchase_cost)) == (
        "nora@acme.example",
        world.company_payor,
        "100.00",
    )
    assert log(new) == [
        "Ada Holm registered device.",
        "Ada Holm assigned device to nora@acme.example.",
        "Ada Holm changed payor from none to Company.",
    ]
    assert world.acme.devices.get(serial_number="S-2").holder.name == "Attic"
    assert world.again().laptop.holder == world.colleague
    assert mailoutbox == []
    line = AuditLine.objects.filter(company=world.acme).order_by("-sequence").with_names()[0]
    assert line.sentence == "Ada Holm imported devices: 3 created, 1 changed, 0 refused."
    ada.client.get(reverse("devices:imports"))
    assert ada.brought(LIST.replace("S-3", "S-4")).findings["counts"]["devices"] == {"created": 1, "unchanged": 3}


def test_what_registers_many_writes_the_rows_that_registering_one_writes(ada, world):
    ada.brought("Serial,Name,Email,Payor\nS-1,One,eva@acme.example,Employee\n")
    many = world.acme.devices.with_people().get(serial_number="S-1")
    one = Device.objects.register(
        world.acme,
        by=world.admin,
        holder=world.employee,
        payor=world.employee_payor,
        name="One",
        category="Other",
        serial_number="S-2",
    )
    once = {"id", "uuid", "serial_number", "serial_key", "log_digest", "search_text"}
    once |= {"status_since", "registered_at"}
    fields = [field.attname for field in Device._meta.concrete_fields if field.attname not in once]
    assert {name: getattr(many, name) for name in fields} == {name: getattr(one, name) for name in fields}
    assert many.search_text.replace("s-1", "s-2").replace("s1", "s2") == one.search_text
    assert log(many) == log(one)
    assert many.assignments.get().user == one.assignments.get().user


def test_what_changes_many_writes_what_changing_each_writes(ada, world, monkeypatch):
    ada.brought("Serial,Name\n" + "".join(f"S-{n},Old\n" for n in range(1, 31)))
    # Each row twice: changed with the others, and by itself.
    rows = ",Attic,Cost centre 1,,,A note\n", ",,,New name,T%d,\n", ",,,,T%d,\n", ",Attic,Cost centre 1,New name,,\n"
    PayorFactory(company=world.acme, name="Cost centre 1")
    headers = "Serial,Space,Payor,Name,Asset tag,Note\n"
    ada.rehearsed(headers + "".join(f"S-{n}{row}".replace("%d", str(n)) for n, row in enumerate(rows, start=1)))
    ada.post("import_start", {"rows": "all"})
    assert ada.work().stage == "stored"
    monkeypatch.setattr(storing, "_all_or_none", lambda *args: False)
    ada.rehearsed(headers + "".join(f"S-{n}{row}".replace("%d", str(n)) for n, row in enumerate(rows, start=11)))
    ada.post("import_start", {"rows": "all"})
    assert ada.work().stage == "stored"
    assert ada.numbers() == {"changed": 4}

    def seen(number):
        device = world.acme.devices.get(serial_number=f"S-{number}")
        assert first_fault(device) is None
        columns = {field.attname: getattr(device, field.attname) for field in Device._meta.concrete_fields}
        columns["search_text"] = re.sub(r"\d+", "", columns["search_text"])
        own = {"id", "uuid", "serial_number", "serial_key", "asset_tag", "asset_tag_key", "log_digest"}
        own |= {"status_since", "registered_at"}
        lines = [re.sub(r"asset tag .*", "asset tag", line) for line in log(device)]
        stays = list(device.assignments.values("user", "space", "ended_at"))
        return {name: columns[name] for name in columns if name not in own}, lines, stays, device.notes.count()

    for n in range(1, 5):
        assert seen(n) == seen(n + 10)
        assert len(log(world.acme.devices.get(serial_number=f"S-{n}"))) > 1


def test_what_is_changed_costs_no_statements_of_its_own(ada, world):
    ada.brought("Serial,Name\n" + "".join(f"S-{n},Old\n" for n in range(40)))
    counts = []
    for many in (2, 40):
        ada.rehearsed("Serial,Name\n" + "".join(f"S-{n},New {many}\n" for n in range(many)))
        ada.post("import_start", {"rows": "all"})
        with CaptureQueriesContext(connection) as queries:
            assert ada.work().stage == "stored"
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_bad_rows_keep_everything_out_unless_somebody_leaves_them_out(ada, world):
    content = "Serial,Purchase cost\nS-1,10.00\nS-2,free\n"
    ada.rehearsed(content)
    assert ada.post("import_start", {"rows": "all"}).status_code == 409
    assert not ada.batch.is_working
    ada.post("import_start", {"rows": "good"})
    assert ada.work().stage == "stored"
    assert list(world.acme.devices.filter(serial_number__startswith="S-").values_list("serial_number", flat=True)) == [
        "S-1"
    ]
    assert reverse("devices:import_refused", args=[ada.batch.pk]) in ada.get().content.decode()


def test_a_number_that_is_too_long_as_it_is_compared_is_refused_alone(ada):
    ada.brought(f"Serial\nS-1\n{'ﷺ' * 90}\n", rows="good")  # NFKC spells each of them out in eighteen
    assert ada.numbers() == {"created": 1, "refused": 1}
    assert "This is too long." in ada.get().content.decode()


def test_an_import_whose_worker_is_killed_goes_on_behind_its_last_step(ada, world, monkeypatch):
    monkeypatch.setattr("devices.importing.bringing.BATCH", 3)
    monkeypatch.setattr(work, "BATCH", 3)
    people = [*(f"p{n}@acme.example" for n in range(3)), world.employee.email]
    ada.rehearsed("Serial,Email\n" + "".join(f"S-{n},{people[n % 4]}\n" for n in range(10)))
    rehearsed = ada.numbers("people")
    ada.post("import_start", {"rows": "all"})

    class Killed(BaseException):
        pass

    steps = []

    def dies(entries, by, batch, store=of_devices.store):
        store(entries, by=by, batch=batch)
        steps.append(len(entries))
        if len(steps) == 3:
            raise Killed

    monkeypatch.setattr(of_devices, "store", dies)
    with pytest.raises(Killed):
        ada.work()
    batch = ada.batch
    assert (batch.stage, batch.rows_done, batch.is_working) == ("storing", 6, True)
    with clock.at(timezone.now() + LEASE + timedelta(seconds=1)):
        assert ada.work().stage == "stored"
    assert ada.numbers() == {"created": 10}
    assert ada.numbers("people") == rehearsed == {"created": 3, "unchanged": 1}
    assert world.acme.devices.filter(serial_number__startswith="S-").count() == 10
    assert batch.things.filter(is_new=True, device__isnull=False).count() == 10


def test_no_step_changes_more_devices_than_others_can_wait_for(ada, world, monkeypatch):
    monkeypatch.setattr("devices.importing.bringing.CHANGES", 2)
    content = "Serial,Name,Email\n" + "".join(f"S-{n},Screen,\n" for n in range(7))
    ada.brought(content)
    people = "".join(f"S-{n},New,new{n}@acme.example\n" for n in (7, 8, 9))
    ada.rehearsed(content.replace("Screen", "Display") + people)
    steps, undone = [], []

    def store(entries, by, batch, store=of_devices.store):
        steps.append(len(entries))
        store(entries, by=by, batch=batch)

    def take_back(things, by, take_back=of_devices.take_back):
        undone.append(len(things))
        take_back(things, by=by)

    monkeypatch.setattr(of_devices, "store", store)
    monkeypatch.setattr(of_devices, "take_back", take_back)
    ada.post("import_start", {"rows": "all"})
    assert ada.work().rows_done == 10
    assert steps == [2, 2, 2, 4]
    assert ada.numbers() == {"created": 3, "changed": 7}
    assert world.acme.devices.filter(name="Display").count() == 7
    ada.post("import_undo")
    assert ada.work().stage == "undone"
    assert undone == [5, 2, 2, 1, 2, 1]  # people last, as they are looked for in every table
    assert world.acme.devices.filter(name="Screen").count() == 7


def test_what_is_refused_only_when_stored_takes_everything_back(ada, world, monkeypatch):
    monkeypatch.setattr("devices.importing.bringing.BATCH", 2)
    before_people = User.objects.count()
    ada.rehearsed("Serial,Email\nS-1,new@acme.example\nS-2,\nS-3,\nC02-XK1 AAA,carl@acme.example\n")
    world.colleague.is_active = False
    world.colleague.save()
    ada.post("import_start", {"rows": "all"})
    batch = ada.work()
    assert batch.stage == "columns"
    assert "the register has changed since the rehearsal" in batch.problem
    # The worker may be killed when it has taken all back, and another one says what became of it.
    Job.objects.filter(pk=batch.job_id).update(state="waiting", problem="")
    assert "the register has changed since the rehearsal" in ada.work().problem
    assert not world.acme.devices.filter(serial_number__startswith="S-").exists()
    assert User.objects.count() == before_people
    ada.get()
    assert "Carl Berg is deactivated" in ada.words
    # What was rehearsed is no longer true: nothing can be imported before it is rehearsed again.
    assert "What happened" not in ada.words
    assert ada.post("import_start", {"rows": "good"}).status_code == 409
    assert "Rehearse again" in ada.words
    for name, fields in (("import_rehearse", {}), ("import_start", {"rows": "good"})):
        ada.batch.change(
            findings=ada.batch.findings | {"stayed": {"first": ["What could not be taken back then"], "more": 0}}
        )
        ada.post(name, fields)
        ada.work()
        assert ada.numbers() == {"created": 3, "refused": 1}
        assert "stayed" not in ada.batch.findings


def test_a_rehearsal_that_goes_on_can_be_given_up(ada, monkeypatch):
    content = "Serial number,Holder email,Warranty ends\n" + "".join(f"S-{n},,\n" for n in range(9))
    monkeypatch.setattr("devices.importing.bringing.BATCH", 3)
    ada.upload(content)
    batches = work.Bringing.batches

    def given_up_between_two(*args):
        for place, batch in enumerate(batches(*args)):
            if place == 1:
                assert "Give this import up" in ada.get().content.decode()
                assert ada.post("import_give_up").status_code == 302
            yield batch

    monkeypatch.setattr(work.Bringing, "batches", given_up_between_two)
    ada.work()
    assert (ada.batch.stage, ada.batch.is_working, ada.batch.problem) == ("given_up", False, "")
    assert Job.objects.get().state == "failed"


@pytest.mark.parametrize("rows", ["all", "good"])
def test_an_import_that_goes_on_can_be_stopped(ada, world, monkeypatch, rows):
    """As a whole or not at all: nothing stays. Good rows: what is stored stays, and it can be gone on with."""
    monkeypatch.setattr("devices.importing.bringing.BATCH", 3)
    bad = "Bad,S-9,,,,free\n" if rows == "good" else ""
    before = everything()
    ada.rehearsed("Name,Serial,Holder email,Space,Payor,Purchase cost\n" + bad + LIST.partition("\n")[2])
    ada.post("import_start", {"rows": rows})
    batches = work.Bringing.batches

    def stopped_between_two(*args, **where):
        for place, batch in enumerate(batches(*args, **where)):
            if place == 1:
                assert "If you stop it" in ada.get().content.decode()
                assert ada.post("import_stop").status_code == 302
            yield batch

    monkeypatch.setattr(work.Bringing, "batches", stopped_between_two)
    ada.work()
    monkeypatch.setattr(work.Bringing, "batches", batches)
    line = AuditLine.objects.filter(company=world.acme).order_by("-sequence").with_names()[0]
    assert ada.post("import_stop").status_code == 409
    if rows == "all":
        assert line.sentence == "Ada Holm stopped an import of devices. What it had stored is taken back."
        assert (ada.batch.stage, ada.batch.problem) == (
            "columns",
            "It was stopped. Nothing was imported. Rehearse it again, or give it up.",
        )
        after = everything()
        assert all(after[model] == before[model] for model in (User, Space, Note))
        assert len(after[Device]) == len(before[Device])
        assert world.again().laptop.holder == world.employee
        assert "Rehearse again" in ada.get().content.decode()
        return
    assert line.sentence == (
        "Ada Holm stopped an import of devices. What it had stored stays: 2 created, 0 changed, 1 refused."
    )
    assert (ada.batch.stage, ada.batch.rows_done) == ("stopped", 3)
    words = ada.get().content.decode()
    assert "It was stopped after 3 of 5 rows." in words
    assert "Undo this import" in words
    assert reverse("devices:import_refused", args=[ada.batch.pk]) in words
    # Whoever goes on with it does the rest.
    User.objects.filter(pk=world.admin.pk).update(role="employee")
    other = Importer(world.second_admin)
    other.post("import_start")
    assert ada.work().stage == "stored"
    assert ada.numbers() == {"created": 3, "changed": 1, "refused": 1}
    assert ada.batch.who == world.second_admin
    name = world.second_admin.full_name
    assert log(world.acme.devices.get(serial_number="S-3")) == [f"{name} registered device."]
    line = AuditLine.objects.filter(company=world.acme).order_by("-sequence").with_names()[0]
    assert line.sentence.startswith(f"{name} imported devices: 3 created")
    other.post("import_undo")
    assert ada.work().stage == "undone"


def test_the_page_shows_how_far_it_is_and_can_be_left(ada):
    ada.rehearsed(LIST)
    ada.post("import_start", {"rows": "all"})
    Job.objects.filter(kind="devices_import").update(progress=2, total=4)
    assert "2 of 4 rows" in ada.get().content.decode()
    assert "<html" not in ada.get(**{"HX-Request": "true"}).content.decode()
    ada.work()
    assert ada.get(**{"HX-Request": "true"})["HX-Refresh"] == "true"


def test_for_a_long_list_others_do_not_wait(ada, monkeypatch):
    ada.brought(LIST)
    assert not Job.objects.filter(is_long=True).exists()
    monkeypatch.setattr(bringing, "LONG_IN_ROWS", 3)
    ada.post("import_undo")
    monkeypatch.setattr(bringing, "LONG_IN_BYTES", len(LIST) - 1)
    ada.work()
    ada.upload(LIST)
    assert list(Job.objects.filter(is_long=True).values_list("kind", flat=True)) == ["devices_undo", "devices_rehearse"]


def test_a_second_click_starts_nothing_a_second_time(ada):
    ada.rehearsed(LIST)
    assert ada.post("import_start", {"rows": "all"}).status_code == 302
    for name in ("import_start", "import_rehearse", "import_columns", "import_give_up", "import_undo"):
        assert ada.post(name, {"rows": "all"}).status_code == 409, name
    assert Job.objects.filter(kind="devices_import").count() == 1


def test_devices_are_looked_up_by_the_index_over_numbers_that_are_not_blank(ada):
    """Which PostgreSQL takes for a long list of them only where the query says so."""
    with CaptureQueriesContext(connection) as asked:
        ada.brought("Serial,Asset tag\nS-1,T-1\nS-2,T-2\n")
    for key in ("serial_key", "asset_tag_key"):
        lookups = [query["sql"] for query in asked if f'"{key}" IN (' in query["sql"]]
        assert len(lookups) >= 3  # rehearsed, planned, registered
        assert all(re.search(rf'NOT \("devices_device"."{key}" = (\'\'|%s)', sql) for sql in lookups), lookups


# Statuses

WITH_STATUS = (
    "Serial,Status,Email,Status since\n"
    "S-1,Out for Repair,eva@acme.example,2026-01-31\n"
    "S-2,Broken,eva@acme.example,\n"
    "S-3,Ready to Deploy,,\n"
    "C02-XK1 AAA,Out for Repair,,\n"
)


def test_a_device_may_come_in_a_status_with_its_repair_and_its_line(ada, world):
    ada.rehearsed(WITH_STATUS)
    ada.get()
    assert "Status “Out for Repair”, 2 ×" in ada.words
    assert ada.batch.statuses == {"Out for Repair": "in_repair", "Broken": "needs_repair", "Ready to Deploy": ""}
    assert "MacBook Pro 14 is Active in Velory and stays so." in ada.words
    ada.post("import_start", {"rows": "all"})
    assert ada.work().stage == "stored"

    away = world.acme.devices.get(serial_number="S-1")
    repair = away.repairs.get()
    assert (away.status, away.holder, away.reported_by, away.payor) == ("in_repair", None, None, world.company_payor)
    assert (away.last_holder, repair.holder, away.last_payor) == (world.employee, world.employee, repair.payor)
    assert away not in Device.objects.concerning(world.admin)
    assert away in Device.objects.concerning(world.employee)
    assert (repair.reporter, repair.taken_in_by, str(repair.opened_at.date())) == (
        world.admin,
        world.admin,
        "2026-01-31",
    )
    assert log(away) == [
        "Ada Holm registered device, in repair.",
        "Ada Holm unassigned device from Eva Lind.",
        "Ada Holm was asked to release device from MDM.",
    ]
    broken = world.acme.devices.get(serial_number="S-2")
    assert (broken.status, broken.holder, broken.repairs.get().holder) == (
        "needs_repair",
        world.employee,
        world.employee,
    )
    assert log(broken)[0] == "Ada Holm registered device, in need of repair."
    assert world.acme.devices.get(serial_number="S-3").status == "active"
    assert world.again().laptop.status == "active"
    back = away.move("finish", by=world.admin)
    assert [(stay.status, stay.since) for stay in stays_of(back)] == [
        ("in_repair", repair.opened_at),
        ("active", back.status_since),
    ]
    assert first_fault(back) is None


def test_a_repair_of_which_the_list_says_no_date_is_shown_without_one(ada, world):
    ada.brought("Serial,Status,Email,Status since\nS-1,Out for Repair,,2026-01-31\nS-2,Out for Repair,,\n")
    today = f"{timezone.localtime():%-d %b %Y}"
    dated, undated = (world.acme.devices.get(serial_number=number) for number in ("S-1", "S-2"))
    page = Visitor(world.admin).open(dated.support_url).words
    assert "31 Jan 2026" in page
    assert "Date not known" not in page
    page = Visitor(world.admin).open(undated.support_url).words
    assert "Ada Holm, by an import that says no date" in page
    assert page.count("Date not known") == 2  # reported, and with IT
    assert "Taken in" not in page
    assert "took it in" not in page
    rows = {row[0]: row for row in Visitor(world.admin).open(reverse("repairs:list")).rows}
    assert [rows[dated.name][place] for place in (2, 5)] == ["31 Jan 2026", "31 Jan 2026"]
    assert [rows[undated.name][place] for place in (2, 5)] == ["–", "–"]
    sheet = b"".join(ada.client.get(reverse("repairs:export")).streaming_content).decode("utf-8-sig")
    lines = {line["Device"]: line for line in csv.DictReader(io.StringIO(sheet))}
    assert (lines[dated.name]["Reported"][:10], lines[undated.name]["Reported"]) == ("2026-01-31", "")
    undated.move("finish", by=world.admin)
    earlier = Visitor(world.admin).open(undated.support_url).words
    assert "– Repaired" in earlier
    assert f"{today} Repaired" not in earlier


def test_the_table_of_statuses_is_what_somebody_says(ada, world):
    ada.rehearsed(WITH_STATUS, status_0="active", status_1="in_repair", status_2="active")
    ada.post("import_start", {"rows": "all"})
    ada.work()
    statuses = dict(world.acme.devices.filter(serial_number__startswith="S-").values_list("serial_number", "status"))
    assert statuses == {"S-1": "active", "S-2": "in_repair", "S-3": "active"}


@pytest.mark.parametrize("company", ["acme", "initech"])
def test_rows_whose_status_says_so_are_left_out_whatever_else_stands_in_them(world, company):
    admin = Importer(getattr(world, "admin" if company == "acme" else f"{company}_admin"))
    content = "Serial,Status,Purchase cost\nS-1,Archived,free\nS-2,In use,\nC02-XK1 AAA,Archived,9.00\n"
    admin.rehearsed(content)
    assert admin.numbers() == {"created": 1, "left out": 2}
    assert "Rows that are not imported, by Status: Archived 2." in admin.get().content.decode()
    admin.post("import_start", {"rows": "all"})
    assert admin.work().stage == "stored"
    assert not admin.company.devices.filter(serial_number="S-1").exists()
    admin.rehearsed(content, status_0="active", status_1="active")
    assert admin.numbers()["refused"] == 1


def test_categories_that_the_company_does_not_have_yet_are_told(ada, world):
    world.tablet.edit(category="Drawing board", by=world.admin)
    rows = "N-1,Dock\nN-2,Docking  Station\nN-3,Dock\nN-4,laptop\nN-5,Drawing board\nN-6,\nN-7,Beamer\n"
    ada.upload("Serial,Kind\n" + rows)
    ada.choose(column_0="serial_number", column_1="category")
    ada.work()
    assert "New categories, by Kind: Dock 2, Docking Station 1, Beamer 1." in ada.get().content.decode()
    ada.rehearsed("Serial,Category,Status\nN-1,Archived thing,Archived\nN-2,Phone,In use\n")
    assert "New categories" not in ada.get().content.decode()


def test_devices_that_the_list_does_not_name_are_told_and_called_by_what_it_has(ada, world):
    new = "N-1,,ThinkPad,\nN-2,Mine,ThinkPad,\nN-3,,,\nN-4,,,free\n"
    ada.rehearsed(f"Serial,Name,Model,Purchase cost\n{new}C02-XK1 AAA,,,1.00\n")
    words = "2 new devices have no name in the list. They are called by their models, else by their numbers."
    assert words in ada.get().content.decode()
    ada.post("import_start", {"rows": "good"})
    ada.work()
    assert words in ada.get().content.decode()
    new = world.acme.devices.filter(serial_number__startswith="N-").values_list("serial_number", "name")
    assert dict(new) == {"N-1": "ThinkPad", "N-2": "Mine", "N-3": "N-3"}


def test_a_row_that_is_left_out_is_no_row_s_twin(ada):
    """A register often has the archived one beside the one that was entered anew."""
    content = "Serial,Asset tag,Status\nS-1,T-1,Archived\nS-1,T-1,In use\nS-2,,In use\nS-2,,In use\n"
    ada.rehearsed(content)
    assert ada.numbers() == {"created": 1, "left out": 1, "refused": 2}
    ada.rehearsed(content, status_0="active", status_1="active")
    assert ada.numbers() == {"refused": 4}
    # What this list brings for the first time is proposed beside what was decided for the last one.
    ada.rehearsed(content.replace("Archived", "Sold"))
    assert ada.numbers() == {"created": 1, "left out": 1, "refused": 2}
    assert ada.batch.statuses == {"Archived": "", "Sold": "left_out", "In use": ""}


def test_a_status_that_nobody_knows_is_not_taken_for_a_working_one(ada, world):
    content = "Serial,Status\nS-1,Weird\nS-2,ACTIVE\nS-3,active\n"
    ada.rehearsed(content)
    assert ada.numbers() == {"created": 2, "left out": 1}
    words = ada.get().content.decode()
    assert "Status “ACTIVE”, 2 ×" in words  # one text, however it is written
    assert "Status “active”" not in words
    ada.rehearsed(content.replace("Weird", "weird"), status_0="left_out", status_1="active")
    ada.rehearsed(content)
    assert ada.numbers() == {"created": 1, "left out": 2}
    many = "Serial,Status\n" + "".join(f"S-{n},Text {n}\n" for n in range(51))
    ada.rehearsed(many)
    assert ada.numbers() == {"left out": 50, "refused": 1}


def test_what_was_decided_of_a_text_is_kept_while_other_lists_lack_it(ada):
    january, february = "Serial,Status\nS-1,Broken\nS-2,Weird\n", "Serial,Status\nS-2,Weird\n"
    ada.rehearsed(january, status_0="active", status_1="left_out")
    ada.rehearsed(february, status_0="needs_repair")
    ada.rehearsed(january)
    assert ada.batch.statuses == {"Broken": "", "Weird": "needs_repair"}


def test_repairs_that_an_import_opened_go_with_it(ada, world):
    ada.brought(WITH_STATUS)
    ada.post("import_undo")
    assert ada.work().stage == "undone"
    assert not world.acme.repairs.exists()


def test_where_the_repair_flow_is_off_nothing_comes_in_a_status_of_it(world):
    """Nor as if it worked."""
    ivar = Importer(world.initech_admin)
    content = "Serial,Status\nS-1,Out for Repair\nS-2,Deployed\n"
    ivar.rehearsed(content)
    assert ivar.numbers() == {"created": 1, "left out": 1}
    # It may have been decided as long as it was on.
    ivar.batch.change(statuses={"Out for Repair": "in_repair", "Deployed": ""})
    ivar.rehearsed(content)
    assert ivar.numbers() == {"created": 1, "left out": 1}
    ivar.post("import_start", {"rows": "all"})
    assert ivar.work().stage == "stored"
    assert list(
        world.initech.devices.filter(serial_number__startswith="S-").values_list("serial_number", "status")
    ) == [("S-2", "active")]


# Undoing


def test_undoing_leaves_the_register_as_it_was_and_the_audit_log_keeps_the_fact(ada, world):
    before = everything()
    ada.brought(LIST)
    assert "deleted, with its whole log" in ada.get("import_undo").content.decode()
    ada.post("import_undo")
    batch = ada.work()
    assert (batch.stage, batch.problem) == ("undone", "")
    after = everything()
    for model in (User, Space, Note):
        assert after[model] == before[model]
    assert len(after[Device]) == len(before[Device])
    laptop = world.again().laptop
    assert (laptop.name, laptop.holder, laptop.payor) == ("MacBook Pro 14", world.employee, world.employee_payor)
    assert log(laptop)[-1] == "Ada Holm changed payor from Company to Employee."
    line = AuditLine.objects.filter(company=world.acme).order_by("-sequence").with_names()[0]
    assert line.sentence == "Ada Holm undid an import of devices: 3 created, 1 changed, 0 refused."
    assert not Imported.objects.exists()
    assert ada.brought(LIST).findings["counts"]["devices"] == {"created": 3, "changed": 1}


def test_what_somebody_edits_just_before_it_is_stored_is_as_they_left_it_when_it_is_undone(ada, world, monkeypatch):
    locked_in_order = storing.locked_in_order

    def edited_first(company_id, keys):
        world.acme.devices.get(pk=world.laptop.pk).edit(by=world.second_admin, name="Eva’s laptop")
        return locked_in_order(company_id, keys)

    monkeypatch.setattr(storing, "locked_in_order", edited_first)
    ada.brought(LIST)
    assert world.again().laptop.name == "MacBook of Eva"
    ada.post("import_undo")
    assert ada.work().stage == "undone"
    assert world.again().laptop.name == "Eva’s laptop"


def test_a_page_of_an_earlier_rehearsal_starts_and_decides_nothing(ada, world):
    ada.rehearsed("Serial,Name,Status\nS-1,Screen,Broken\n")
    seen = re.search(r'name="rehearsal" value="(\d+)"', ada.get().content.decode())[1]
    other = Importer(world.second_admin)
    other.choose(column_1="model")
    other.work()
    assert ada.post("import_start", {"rows": "all", "rehearsal": seen}).status_code == 409
    assert ada.post("import_rehearse", {"rehearsal": seen}).status_code == 409
    assert (ada.batch.stage, ada.batch.is_working) == ("rehearsed", False)
    seen = re.search(r'name="rehearsal" value="(\d+)"', ada.get().content.decode())[1]
    assert ada.post("import_rehearse", {"rehearsal": seen}).status_code in (200, 302)


def test_rights_that_are_lost_in_the_middle_end_the_import_there(ada, world, monkeypatch):
    monkeypatch.setattr("devices.importing.bringing.BATCH", 2)
    ada.rehearsed("Serial,Name\n" + "".join(f"S-{n},Screen\n" for n in range(6)))
    ada.post("import_start", {"rows": "all"})

    def store(entries, by, batch, store=of_devices.store):
        store(entries, by=by, batch=batch)
        User.objects.filter(pk=world.admin.pk).update(role="employee")

    monkeypatch.setattr(of_devices, "store", store)
    batch = ada.work()
    assert "no IT admin any more" in batch.problem
    assert world.acme.devices.filter(serial_number__startswith="S-").count() == 2
    Importer(world.second_admin).post("import_undo")
    assert ada.work().stage == "undone"
    assert not world.acme.devices.filter(serial_number__startswith="S-").exists()


def test_an_undo_that_is_gone_on_with_counts_on(ada, world, monkeypatch):
    monkeypatch.setattr("devices.importing.bringing.CHANGES", 1)
    monkeypatch.setattr(work, "BATCH", 1)
    ada.brought("Serial,Name\n" + "".join(f"S-{n},Screen\n" for n in range(4)))
    ada.post("import_undo")
    take_back, far = of_devices.take_back, []

    def broken_off(things, by):
        far.append(Job.objects.get(pk=ada.batch.job_id).progress)
        if len(far) == 3:
            raise KeyboardInterrupt
        return take_back(things, by=by)

    monkeypatch.setattr(of_devices, "take_back", broken_off)
    with pytest.raises(KeyboardInterrupt):
        ada.work()
    with clock.at(timezone.now() + LEASE + timedelta(seconds=1)):
        assert ada.work().stage == "undone"
    assert far == sorted(far)
    job = ada.batch.job
    assert (job.progress, job.total) == (4, 4)


def test_refused_rows_can_be_downloaded_after_an_import_that_stored_nothing(ada, world, monkeypatch):
    ada.rehearsed("Serial,Name,Purchase cost\nS-1,Screen,free\nS-2,Screen,\n")
    ada.post("import_start", {"rows": "good"})

    def given_up(*args, **where):
        raise jobs.GivenUp("Something happened.")

    monkeypatch.setattr(work.Bringing, "batches", given_up)
    assert ada.work().stage == "rehearsed"
    assert "S-1" in b"".join(ada.get("import_refused").streaming_content).decode()


def test_a_list_that_goes_while_it_is_read_is_no_shorter_list(ada, world):
    ada.upload("Serial,Name\n" + "".join(f"S-{n},{'x' * 200}\n" for n in range(6000)))
    batch = ada.batch
    with uploads.opened(batch.upload) as file:
        assert file.read(10) == b"Serial,Nam"
        Upload.objects.filter(pk=batch.upload_id).delete()
        with company_scope(world.acme.pk), pytest.raises(uploads.Gone):
            file.read()


def test_a_list_that_a_worker_has_begun_with_is_not_forgotten(ada, world):
    ada.rehearsed(LIST)
    ada.post("import_start", {"rows": "all"})
    tidying.forget(Q(company=world.acme))
    assert ada.work().stage == "stored"
    tidying.forget(Q(company=world.acme))
    assert ada.batch.upload is None
    ada.batch.change(findings=ada.batch.findings | {"stayed": {"first": ["Laptop of Eva"], "more": 0}})
    tidying.forget(Q(company=world.acme))
    assert "Eva" not in str(ada.batch.findings)


def test_who_is_deactivated_keeps_the_payor_of_what_they_have(ada, world):
    world.employee.is_active = False
    world.employee.save()
    batch = ada.brought("Serial,Payor\nC02-XK1 AAA,Company\nS-1,\n")
    assert batch.stage == "stored"
    assert "Eva Lind is deactivated in Velory." in str(batch.findings["left_alone"])
    assert world.again().laptop.payor == world.employee_payor


def test_what_something_has_happened_to_since_cannot_be_undone(ada, world, monkeypatch):
    ada.brought(LIST)
    for number in ("S-1", "S-2", "S-3"):
        world.acme.devices.get(serial_number=number).add_note("Looked at it.", by=world.admin)
    assert "more</li>" not in ada.get("import_undo").content.decode()
    monkeypatch.setattr(of_devices, "NAMED", 1)
    words = ada.get("import_undo").content.decode()
    assert "Something has happened to New laptop since." in words
    assert "<li>and 2 more</li>" in words
    assert ada.post("import_undo").status_code == 409
    assert ada.batch.stage == "stored"


def test_whoever_is_no_admin_any_more_undoes_nothing(ada, world):
    ada.brought(LIST)
    ada.post("import_undo")
    User.objects.filter(pk=world.admin.pk).update(role="employee")
    reason = "Whoever asked for this is no IT admin any more, so nothing more was done."
    assert (ada.work().stage, ada.batch.problem) == ("stored", reason)  # which names nobody, as they may be erased
    # Nor goes a worker on with it who was killed in the middle.
    Job.objects.filter(pk=ada.batch.job_id).update(state="waiting", progress=1, problem="")
    ada.batch.change(stage="undoing")
    assert (ada.work().stage, ada.batch.problem) == ("undoing", reason)
    assert world.acme.devices.filter(serial_number__startswith="S-").count() == 3
    Importer(world.second_admin).post("import_undo")
    assert ada.work().stage == "undone"


def test_what_cannot_be_as_it_was_is_said_when_it_is_undone(ada, world):
    ada.brought(LIST)
    world.employee.is_active = False
    world.employee.save()
    ada.post("import_undo")
    assert ada.work().stage == "undone"
    laptop = world.again().laptop
    assert (laptop.name, laptop.holder) == ("MacBook Pro 14", world.colleague)
    assert "Not taken back" in ada.get().content.decode()
    assert ada.batch.findings["stayed"] == {"first": ["MacBook Pro 14"], "more": 0}


@pytest.mark.parametrize("stage", ["storing", "undoing"])
def test_what_was_broken_off_in_the_middle_can_be_undone_but_for_what_has_changed_since(ada, world, stage):
    ada.brought(LIST)
    ada.batch.change(stage=stage, finished_at=None)
    Job.objects.update(state="failed", problem="It was interrupted.")
    world.acme.devices.get(serial_number="S-1").add_note("It is needed.", by=world.admin)
    assert "A part of it is in the register." in ada.get().content.decode()
    assert "stays as it is, and is named here" in ada.get("import_undo").content.decode()
    assert ada.post("import_undo").status_code == 302
    assert ada.work().stage == "undone"
    assert ada.batch.findings["stayed"] == {"first": ["New laptop"], "more": 0}
    assert list(world.acme.devices.filter(serial_number__startswith="S-").values_list("name")) == [("New laptop",)]


def test_what_is_not_taken_back_and_too_much_to_be_named_is_counted(ada, world, monkeypatch):
    monkeypatch.setattr(of_devices, "LONGEST_LIST", 1)
    monkeypatch.setattr(work, "BATCH", 1)
    ada.brought(LIST)
    ada.batch.change(stage="storing", finished_at=None)
    Job.objects.update(state="failed", problem="It was interrupted.")
    for number in ("S-1", "S-2", "S-3"):
        world.acme.devices.get(serial_number=number).add_note("It is needed.", by=world.admin)
    ada.post("import_undo")
    ada.work()
    assert ada.batch.findings["stayed"]["more"] == 2
    assert '<p class="muted">and 2 more</p>' in ada.get().content.decode()


def test_what_was_given_up_before_anything_was_stored_can_be_tried_again(ada, world):
    ada.rehearsed(LIST)
    ada.post("import_start", {"rows": "all"})
    Job.objects.filter(kind="devices_import").update(attempts_in_vain=MOST_ATTEMPTS)
    assert ada.work().stage == "rehearsed"
    ada.get()
    assert "It was interrupted 5 times" in ada.words
    assert "A part of it is in the register." not in ada.words
    ada.post("import_start", {"rows": "all"})
    assert ada.work().stage == "stored"
    assert ada.numbers() == {"created": 3, "changed": 1}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one lock for all")
def test_two_imports_of_one_company_do_not_wait_for_each_other_for_ever(live_world, monkeypatch):
    world, meet = live_world, threading.Barrier(2)
    there = [DeviceFactory(by=world.admin, holder=world.employee, serial_number=f"DL-{n}") for n in (1, 2)]
    two = world.colleague.email
    batches = [
        imported(world.admin, "rehearsed", a_list(f"Serial,Email\nNEW-{n},{first}\nDL-{n},{second}\n".encode()))
        for n, first, second in ((1, two, world.admin.email), (2, world.admin.email, two))
    ]

    with transaction.atomic():
        for batch in batches:
            work.begin(batch, "devices_import", "storing", by=world.admin)

    def when_both_have_locked_somebody(*args, change=storing._change_all):
        with contextlib.suppress(threading.BrokenBarrierError):
            meet.wait(1)
        return change(*args)

    monkeypatch.setattr(storing, "_change_all", when_both_have_locked_somebody)
    monkeypatch.setattr(jobs, "_alone", set())  # as one of them were at the console

    def carry_out(batch):
        try:
            jobs.carry_out(jobs.claim(world.acme.pk, batch.job_id))
        finally:
            connection.close()

    threads = [threading.Thread(target=carry_out, args=[batch]) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(Job.objects.filter(kind="devices_import").values_list("state", "attempts")) == {("done", 1)}
    assert {device.holder.email for device in world.acme.devices.filter(pk__in=[one.pk for one in there])} == {
        two,
        world.admin.email,
    }


def test_somebody_who_is_needed_by_now_stays_when_it_is_undone(ada, world):
    ada.brought(LIST)
    nora = User.objects.get(email="nora@acme.example")
    world.spare.assign(nora, world.company_payor, by=world.admin)
    ada.post("import_undo")
    ada.work()
    assert User.objects.filter(pk=nora.pk).exists()
    assert not world.acme.devices.filter(serial_number="S-1").exists()


def test_no_device_goes_but_what_an_import_made_that_is_being_undone(ada, world):
    ada.brought(LIST)
    made = world.acme.devices.get(serial_number="S-1")
    batch = ada.batch

    def try_to(device):
        refused = pytest.raises((IntegrityError, DatabaseError))
        with refused, transaction.atomic(), company_scope(world.acme.pk), role("velory_app"):
            let_go(world.acme.pk, [device.pk])

    try_to(made)  # not being undone
    batch.change(stage="undoing")
    # Registered by hand: a mark of an import does not help.
    Imported.objects.create(
        company=world.acme, batch=batch, device=world.spare, is_new=True, log_sequence=world.spare.log_sequence
    )
    try_to(world.spare)
    made.add_note("It is needed.", by=world.admin)
    try_to(made)
    batch.change(stage="stored")
    assert Event.objects.filter(device__in=[made, world.spare]).count() >= 4


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps no statistics by itself")
def test_a_database_looks_at_its_devices_where_it_knows_nothing_of_them_and_as_more_come(ada, world, monkeypatch):
    looks = []

    def note(execute, sql, params, many, context):
        if "velory_look_at_devices" in sql:
            looks.extend(params)
        return execute(sql, params, many, context)

    ada.brought(LIST)
    with connection.cursor() as cursor:
        # It has looked now, or, as another test has stored devices for good, before.
        cursor.execute(
            "SELECT reltuples > 0 OR coalesce(last_analyze, last_autoanalyze) IS NOT NULL "
            "FROM pg_class JOIN pg_stat_user_tables ON relid = pg_class.oid WHERE pg_class.relname = %s",
            [Device._meta.db_table],
        )
        assert cursor.fetchone() == (True,)
    monkeypatch.setattr(bringing_lists, "BATCH", 5)
    monkeypatch.setattr(statistics, "FIRST_LOOK", 5)
    with connection.execute_wrapper(note):
        ada.brought("Serial\n" + "".join(f"L-{n}\n" for n in range(50)))
    assert [number for number, anew in enumerate(looks, start=1) if anew] == [1, 4]  # at 5, and at 20 of 50


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles")
def test_the_application_itself_may_delete_no_line_of_a_log(ada, world):
    ada.brought(LIST)
    ada.batch.change(stage="undoing")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), role("velory_app"):
        Event.objects.filter(company=world.acme)._raw_delete(using="default")


# Tidying


def test_lists_go_some_days_after_and_the_entry_stays(ada, world):
    ada.brought(LIST)
    assert Upload.objects.exists()
    with clock.at(timezone.now() + timedelta(days=8)):
        jobs.tidy()
    assert not UploadPart.objects.exists()
    ada.get()
    assert ada.response.status_code == 200
    assert "New laptop" not in ada.words
    assert ada.numbers() == {"created": 3, "changed": 1}


def test_what_nobody_goes_on_with_is_given_up(ada):
    ada.upload("Kod\nS-1\n")
    with clock.at(timezone.now() + timedelta(days=31)):
        jobs.tidy()
    assert ada.batch.stage == "given_up"


def test_a_list_that_cannot_be_read_to_its_end_has_failed_and_is_rehearsing_no_longer(ada):
    good = "".join(f"N{number},x\n" for number in range(20_000))
    ada.rehearsed(f'Serial,Name,{"y" * 300}\n{good}N-,"{"z" * 140_000}')
    assert "more than 131,072 characters" in ada.get().text
    for page in (ada.get(), ada.client.get(reverse("devices:imports"))):
        assert "Failed" in page.text
        assert "Rehearsing" not in page.text


def test_what_an_earlier_version_has_kept_of_an_import_can_be_read(ada):
    batch = ada.rehearsed(LIST)
    del batch.findings["more_changes"]
    batch.save(update_fields=["findings"])
    assert "What would happen" in ada.get().text


def test_what_is_told_of_columns_that_are_not_used_is_short(ada):
    ada.rehearsed(f"Serial,{'y' * 300},{'y' * 300}\nN1,a,b\n")
    short = "y" * 59 + "…"
    assert ada.batch.findings["unused_columns"] == [short, f"{short} (again, column 3)"]


def test_what_failed_in_the_middle_loses_its_list_and_can_still_be_undone(ada, world):
    ada.brought(LIST)
    ada.batch.change(stage="storing", finished_at=None)
    ada.rehearsed("Serial\n" + "".join(f"S-{n}\n" for n in range(300)) + '"cut off\n')
    assert (ada.batch.stage, "never closed" in ada.batch.problem) == ("rehearsing", True)
    with clock.at(timezone.now() + timedelta(days=31)):
        jobs.tidy()
    assert not UploadPart.objects.exists()
    failed, stored = Import.objects.order_by("-pk")
    assert (failed.stage, stored.stage) == ("given_up", "storing")
    assert stored.can_be_undone


def test_erasing_somebody_takes_the_lists_along_that_may_name_them(ada, world):
    ada.rehearsed(LIST)
    from accounts.erasing import erase

    world.tablet.unassign(by=world.admin)
    world.colleague.deactivate(by=world.admin)
    erase(world.again().colleague, by=world.admin)
    assert not UploadPart.objects.exists()
    assert "carl" not in str(ada.batch.findings).lower()


# Other companies


def test_nobody_sees_the_import_of_another_company(ada, world):
    batch = ada.rehearsed(LIST)
    gina = Importer(world.globex_admin)
    for name in ("import", "import_columns", "import_refused", "import_undo"):
        assert gina.client.get(reverse(f"devices:{name}", args=[batch.pk])).status_code == 404, name
    for name in ("import_columns", "import_rehearse", "import_start", "import_undo", "import_give_up"):
        assert gina.client.post(reverse(f"devices:{name}", args=[batch.pk])).status_code == 404, name
    assert "list.csv" not in gina.client.get(reverse("devices:imports")).content.decode()
