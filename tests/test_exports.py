"""Taking out: tables, repairs and event logs as CSV and as workbooks, in the browser and by `manage.py export`."""

import csv
import fcntl
import io
import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts import clock
from accounts.erasing import erase
from accounts.models import AuditLine
from devices.exports import csv_file, workbook
from devices.exports import sheet as sheets
from devices.exports.sheet import Sheet
from repairs.models import MDMRelease, Repair
from tests.factories import DeviceFactory, UserFactory
from tests.visitor import Visitor

EXPORT_ALL = reverse("devices:export", args=["all"])


@pytest.fixture
def ada(world):
    return Visitor(world.admin)


def lines_of(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def as_csv(visitor, address, **asked):
    return lines_of(visitor.client.get(address, asked).getvalue())


def as_workbook(visitor, address, **asked):
    response = visitor.client.get(address, {**asked, "format": "xlsx"})
    assert response["Content-Disposition"].endswith('.xlsx"')
    return load_workbook(io.BytesIO(response.getvalue()))


def rows_of(page):
    return [[cell.value for cell in row] for row in page.iter_rows()]


def by_heading(lines):
    """Each row as a dictionary."""
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def told(company):
    return [line.sentence for line in AuditLine.objects.filter(company=company).order_by("sequence").with_names()]


# Workbooks


def written(rows, headings=("A", "B", "C", "D", "E", "F")):
    pieces = list(workbook.workbook(Sheet("x", "A: [title]/\\?*", headings, [rows[:2], [], rows[2:]])))
    return load_workbook(io.BytesIO(b"".join(pieces)))


def test_a_workbook_holds_texts_as_texts_and_days_as_days():
    moment = datetime(2026, 3, 1, 11, 30, 12, tzinfo=UTC)
    page = written(
        [
            ["00123", "1020000000000000", "=1+1", date(2026, 1, 31), moment, Decimal("1234.50")],
            ['<b> & "c"\'', " a\nb ", "a\x0bb_x0041_\r", None, "", 7],
            ["x" + "🙂" * 20_000, "\ud800", "+46", date(1899, 1, 1), None, Decimal("0.00")],
        ]
    ).active
    first, second, third = rows_of(page)[1:]
    assert first[:4] == ["00123", "1020000000000000", "=1+1", datetime(2026, 1, 31)]
    assert first[4] == timezone.make_naive(moment).replace(second=0)
    assert first[5] == 1234.5
    assert [cell.data_type for cell in page[2]] == ["s", "s", "s", "d", "d", "n"]
    forms = ["@", "@", "@", r"yyyy\-mm\-dd", r"yyyy\-mm\-dd\ hh:mm", "#,##0.00"]
    assert [cell.number_format for cell in page[2]] == forms
    assert second == ['<b> & "c"\'', " a\nb ", "a_x000B_b_x005F_x0041__x000D_", None, None, 7]
    # Half an emoji is none.
    assert third[0].endswith("🙂…")
    assert workbook.LONGEST_TEXT - len(third[0].encode("utf-16-le")) / 2 == 1
    assert third[1:] == ["_xD800_", "+46", "1899-01-01", None, 0]
    assert page.freeze_panes == "A2"
    assert page["A1"].font.b
    assert [page.column_dimensions[letter].width for letter in "ADEF"] == [12, 12, 27, 11]


def test_more_rows_than_a_sheet_takes_go_on_in_another(monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    book = written([[number] * 6 for number in range(5)])
    assert book.sheetnames == ["A   title     ", "A   title      2", "A   title      3"]
    assert [[row[0] for row in rows_of(page)] for page in book] == [["A", 0, 1], ["A", 2, 3], ["A", 4]]
    assert [len(rows_of(page)) for page in written([])] == [1]


def test_a_workbook_is_sent_while_its_rows_are_read():
    read = []

    def chunks():
        for number in range(100):
            read.append(number)
            yield [[f"{number} {row * 7919 % 10007}" for row in range(500)]]

    assert len(next(workbook.workbook(Sheet("x", "X", [str(number) for number in range(500)], chunks())))) >= 2**16
    assert len(read) < 100


# Tables


def test_a_workbook_says_what_the_csv_says(ada, world):
    DeviceFactory.create_batch(3, company=world.acme, by=world.admin, holder=world.colleague, status="in_repair")
    address = reverse("devices:export", args=["in-repair"])
    lines, page = as_csv(ada, address, sort="-serial"), as_workbook(ada, address, sort="-serial").active
    assert page.title == "In repair"
    found = rows_of(page)
    assert [[cell or "" for place, cell in enumerate(row) if place != 6] for row in found] == [
        [cell for place, cell in enumerate(line) if place != 6] for line in lines
    ]
    assert [f"{row[6]:%Y-%m-%d %H:%M}" for row in found[1:]] == [line[6] for line in lines[1:]]
    assert lines[1][8] == "Still in MDM"


def test_a_search_is_exported_in_the_order_of_the_page(ada, world):
    for name in ("A mac", "Mac 2"):
        DeviceFactory(company=world.acme, by=world.admin, name=name)
    ada.open(reverse("devices:hardware"), q="mac")
    shown = [row[0] for row in ada.rows]
    assert shown[-1] == "A mac"
    assert [line[0] for line in as_csv(ada, EXPORT_ALL, q="mac")[1:]] == shown


def test_every_row_is_there_once_however_many_are_read_at_once(ada, world, monkeypatch):
    DeviceFactory.create_batch(5, company=world.acme, by=world.admin)
    expected = as_csv(ada, EXPORT_ALL, sort="holder")
    monkeypatch.setattr(sheets, "ROWS_AT_ONCE", 2)
    assert as_csv(ada, EXPORT_ALL, sort="holder") == expected
    assert len(expected) == 11


def test_the_menu_offers_what_is_exported_with_the_filters_of_the_page(ada, world):
    page = ada.open(reverse("devices:hardware"), q="thinkpad", sort="-name").tree
    links = {"".join(link.itertext()): link.get("href") for link in page.findall(".//details//a")}
    for words, rows in {"Excel, all columns": 2, "CSV, all columns": 2, "CSV, the columns shown": 2}.items():
        response = ada.client.get(links[words])
        content = response.getvalue()
        found = rows_of(load_workbook(io.BytesIO(content)).active) if "Excel" in words else lines_of(content)
        assert (len(found), found[1][0]) == (rows, "ThinkPad X1"), words
    assert told(world.acme)[-1] == "Ada Holm exported from the table All hardware what matches q=thinkpad."


# All columns


def test_all_columns_are_brought_back_unchanged(ada, world, tmp_path, capsys):
    """What was taken out is what an import would make of it, whatever holds the device and whatever is its status."""
    DeviceFactory(company=world.acme, by=world.admin, holder=world.colleague, status="needs_repair", name="=1+1")
    DeviceFactory(company=world.acme, by=world.admin, holder=world.colleague, status="in_repair", serial_number="00-12")
    tagged = DeviceFactory(company=world.acme, by=world.admin, serial_number="", asset_tag="A 7", category="Drone")
    tagged.edit(
        by=world.admin,
        purchase_date=date(2026, 1, 31),
        purchase_cost=Decimal("1234.00"),
        warranty_end=date(2029, 1, 31),
        renewal_date=date(2030, 1, 31),
        supplier="-Store; =Sons",
        order_number="PO-1",
    )
    world.spare.add_note("One.", by=world.admin).add_note("Two.", by=world.admin)
    numberless = DeviceFactory(company=world.acme, by=world.admin, serial_number="", name="Mouse")
    content = ada.client.get(EXPORT_ALL, {"all": "1"}).getvalue()
    row = next(row for row in by_heading(lines_of(content)) if row["Name"] == "ThinkPad X1")
    assert (row["All notes"], row["Status"], row["Velory ID"]) == ("One.\n\nTwo.", "Active", str(world.spare.uuid))
    file = tmp_path / "all.csv"
    file.write_bytes(content)
    call_command("import_devices", str(file), company="acme", by=world.admin.email, dry_run=True)
    said = capsys.readouterr().out
    assert "0 created, 0 changed, 9 unchanged, 0 refused" in said, said

    # What has neither number is known by its Velory ID, and may be given one; twice in a list, it is refused.
    def brought(*rows):
        with file.open("w", newline="") as text:
            csv.DictWriter(text, lines_of(content)[0], restval="").writeheader()
            csv.DictWriter(text, lines_of(content)[0], restval="").writerows(rows)
        call_command("import_devices", str(file), company="acme", by=world.admin.email, skip_bad=True)
        return capsys.readouterr().out

    mouse = {"Velory ID": str(numberless.uuid)}
    foreign = {"Name": "Not ours", "Velory ID": str(world.globex_laptop.uuid)}
    tag = {"Asset tag": "A 7", "Model": "M7"}
    said = brought({**mouse, "Model": "M1"}, {**mouse, "Serial number": "S-1"}, foreign, tag)
    assert "0 created, 1 changed, 0 unchanged, 3 refused" in said, said
    assert "0 created, 1 changed" in brought({**mouse, "Serial number": "S-1"})
    numberless = world.acme.devices.get(pk=numberless.pk)
    assert (numberless.name, numberless.serial_number) == ("Mouse", "S-1")


# Repairs


@pytest.fixture
def repaired(world):
    """A laptop that went all the way, and came to be replaced."""
    device = world.laptop.move("report", by=world.employee, problem="screen", description="=Flickers")
    device = device.move("take_in", by=world.admin)
    MDMRelease.objects.update(state="released", closed_at=clock.now(), closed_by=world.second_admin)
    device.move("recycle", by=world.second_admin, outcome="replaced", replacement=world.spare)
    return Repair.objects.get()


def test_all_columns_of_repairs_tell_everything(ada, world, repaired):
    address = reverse("repairs:export")
    (told_of,) = by_heading(as_csv(ada, address, all="1"))
    moment = timezone.localtime(repaired.closed_at).strftime("%Y-%m-%d %H:%M")
    expected = {
        "Repair": str(repaired.pk),
        "Device": "MacBook Pro 14",
        "Serial number": "C02-XK1 AAA",
        "Reported": moment,
        "Reported by": "Eva Lind",
        "Problem": "Screen",
        "Description": "'=Flickers",
        "Holder": "Eva Lind",
        "Payor": "Employee",
        "Taken in": moment,
        "Taken in by": "Ada Holm",
        "MDM": "Released from MDM",
        "MDM release asked of": "Ada Holm",
        "MDM release closed by": "Bodil Ek",
        "Closed": moment,
        "Closed by": "Bodil Ek",
        "Outcome": "Replaced",
        "Replacement": "ThinkPad X1",
        "Replacement serial number": "PF-SPARE-1",
        "Replacement Velory ID": str(world.spare.uuid),
        "May order a new one": "",
        "Reference": "",
        "Cost": "",
        "Brought by the list": "",
    }
    assert {heading: told_of[heading] for heading in expected} == expected
    assert as_csv(ada, address)[1][4] == "Screen: =Flickers"
    page = as_workbook(ada, address, outcome="replaced", all="1").active
    assert by_heading(rows_of(page))[0]["Closed"] == timezone.make_naive(repaired.closed_at).replace(
        second=0, microsecond=0
    )


# Event logs


def test_event_logs_are_those_of_a_range_of_days(ada, world):
    address = reverse("devices:events")
    today, long_ago = timezone.localdate(), timezone.localdate() - timedelta(days=30)
    world.spare.add_note("One.", by=world.admin)
    lines = as_csv(ada, address, format="csv")
    assert lines[-1][2:8] == ["ThinkPad X1", "PF-SPARE-1", "", "Ada Holm", "Ada Holm added a note.", "2"]
    assert lines[-1][8] == world.spare.events.last().digest or len(lines[-1][8]) == 64
    assert as_csv(ada, address, format="csv", since=today) == [lines[0], lines[-1]]
    assert as_csv(ada, address, format="csv", until=long_ago) == lines[:-1]
    assert as_csv(ada, address, format="csv", since=today + timedelta(days=1)) == lines[:1]
    assert told(world.acme)[-1].startswith("Ada Holm exported from the table Event logs what matches since=")
    assert as_csv(ada, address, format="csv", since="0001-01-01", until="9999-12-31") == lines
    assert as_csv(ada, address, format="csv", until="0001-01-01") == lines[:1]
    assert as_csv(ada, address, format="csv", since="9999-12-31") == lines[:1]
    assert "Latitude 7440" not in str(lines)
    assert "This is before the first day." in ada.open(address, format="xlsx", since=today, until=long_ago).words
    page = as_workbook(ada, ada.open(reverse("devices:hardware")).follow("Event logs of all devices").address)
    assert len(rows_of(page.active)) == len(lines)


def test_who_was_erased_stays_so_in_event_logs(ada, world):
    gone = UserFactory(company=world.acme, full_name="Gone Person")
    device = DeviceFactory(company=world.acme, by=world.admin, holder=gone).unassign(by=world.admin)
    gone.deactivate(by=world.admin)
    erase(gone, by=world.admin)
    lines = as_csv(ada, reverse("devices:events"), format="csv")
    assert "Gone Person" not in str(lines)
    assert [line[6] for line in lines if line[9] == str(device.uuid)][-1] == "Ada Holm unassigned device from (erased)."


# At the console


@pytest.fixture
def export(tmp_path):
    """Runs the command; returns the file."""

    def run(what, name="file.csv", company="acme", **options):
        call_command("export", company, what, output=str(tmp_path / name), **options)
        return (tmp_path / name).read_bytes()

    return run


def test_the_command_writes_what_the_page_gives(ada, world, repaired, export, tmp_path):
    asked = {"category": "Phone", "sort": "-name"}
    of_the_address = "category=Phone&sort=-name&filters=1&page=last&space_typed="
    assert lines_of(export("devices", filter=of_the_address)) == as_csv(ada, EXPORT_ALL, **asked)
    assert lines_of(export("devices", columns="all", table="archived")) == as_csv(
        ada, reverse("devices:export", args=["archived"]), all="1"
    )
    assert lines_of(export("repairs", filter="outcome=replaced")) == as_csv(ada, reverse("repairs:export"))
    assert len(rows_of(load_workbook(io.BytesIO(export("events", "events.xlsx"))).active)) > 5
    assert len(lines_of(export("events", since=timezone.localdate() + timedelta(days=1)))) == 1
    assert lines_of(export("devices", company="initech"))[1][0] == "EliteBook 840"
    assert oct((tmp_path / "file.csv").stat().st_mode)[-3:] == "600"
    by_console = [line for line in told(world.acme) if line.startswith("Velory’s console")]
    assert by_console[:2] == [
        "Velory’s console exported from the table All hardware what matches category=Phone.",
        "Velory’s console exported the table Archived.",
    ]


def test_the_command_prints_where_no_file_is_named(world, capfdbinary):
    call_command("export", "acme", "devices")
    assert len(lines_of(capfdbinary.readouterr().out)) == 6


@pytest.mark.parametrize(
    ("what", "options", "reason"),
    [
        ("devices", {"company": "nobody"}, "There is no company nobody."),
        ("devices", {"filter": "colour=red"}, "There is no filter colour. There are: q, category, "),
        ("devices", {"filter": "status=nonsense"}, "status: Select a valid choice."),
        ("devices", {"since": date(2026, 1, 1)}, "--since is for events only."),
        ("events", {"filter": "status=active"}, "--filter is for devices and repairs only."),
        ("events", {"columns": "all"}, "--columns is for devices and repairs only."),
        ("devices", {"name": "missing/file.csv"}, "cannot be written: No such file or directory"),
    ],
)
def test_the_command_says_what_is_wrong_and_leaves_the_file(world, export, tmp_path, what, options, reason):
    (tmp_path / "file.csv").write_text("of yesterday")
    with pytest.raises(CommandError, match=reason.replace("(", r"\(")):
        export(what, **options)
    assert (tmp_path / "file.csv").read_text() == "of yesterday"


def test_what_a_killed_export_left_goes_with_the_next_one(world, export, tmp_path):
    (tmp_path / ".file.csv.of-somebody-else").write_text("stays")
    left, fresh, at_work = (tmp_path / f".file.csv.{name}.velory-part" for name in ("left", "fresh", "at_work"))
    for path in (left, fresh, at_work):
        path.write_text("half")
    for path in (left, at_work):
        os.utime(path, (1, 1))
    with at_work.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        export("devices")
    assert {path.name for path in tmp_path.iterdir()} == {
        "file.csv",
        ".file.csv.of-somebody-else",
        fresh.name,
        at_work.name,
    }


def test_a_file_that_breaks_off_is_never_there(world, export, tmp_path, monkeypatch):
    (tmp_path / "file.csv").write_text("of yesterday")

    def broken(value):
        raise ZeroDivisionError

    monkeypatch.setattr(csv_file, "guarded", broken)
    with pytest.raises(ZeroDivisionError):
        export("devices")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["of yesterday"]
    assert not any("exported" in line for line in told(world.acme))


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one level")
def test_which_rows_an_export_has_is_decided_at_one_moment(monkeypatch):
    """Those with a holder are found by one statement, those without by the next: who changes hands in between would
    stand there twice, or nowhere."""
    levels = []

    def keys_in_order(rows, order):
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_isolation")
            levels.append(cursor.fetchone()[0])
        return []

    monkeypatch.setattr(sheets, "keys_in_order", keys_in_order)
    assert list(sheets.in_chunks(1, [], None, None)) == []
    assert levels == ["repeatable read"]
