"""Bringing lists along: `import_people` and `import_devices`, from the file's bytes to the event log."""

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from time import process_time

import pytest
from django.core.management import CommandError, call_command

from accounts import spreadsheets
from accounts.importing import cells
from accounts.importing.cells import BadCell
from accounts.importing.columns import Columns, header_key
from accounts.importing.directory import Directory
from accounts.models import Payor, Space, User
from accounts.spreadsheets import LONGEST_CELL, NotATable, Table
from accounts.text import identifier_key, name_key
from devices.importing.values import DateOrder, months_after, read_cost, read_date, read_identifier, read_imei
from devices.models import Device, Event, Import, Note
from tests.bench.importing import COST_CENTRES, write_list
from tests.factories import PayorFactory

FILES = Path(__file__).parent / "files"
ADMIN = "ada@acme.example"


@pytest.fixture
def bring(world, tmp_path, capsys):
    """Runs an import command on a file, text or bytes. Returns what it printed, and in `.error` why it failed."""

    class Printed(str):
        error = ""

    def run(content, command="import_devices", company="acme", by=ADMIN, **options):
        path = content
        if not isinstance(content, Path):
            path = tmp_path / "list.csv"
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        try:
            call_command(command, str(path), company=company, by=by, **options)
            error = ""
        except CommandError as failed:
            error = str(failed)
        printed = Printed(capsys.readouterr().out)
        printed.error = error
        return printed

    return run


def device(world, serial_number="", **fields):
    fields |= {"serial_number": serial_number} if serial_number else {}
    return world.acme.devices.with_people().get(**fields)


def log(device):
    return [str(event.sentence) for event in Event.objects.filter(device=device).order_by("sequence").with_names()]


def test_a_hyphen_is_no_number_of_a_device(bring, world):
    world.spare.edit(by=world.admin, asset_tag="A-1")
    printed = bring("Asset tag,Serial,Name\nA-1,-,Spare\n")
    assert "is no number of one device. Leave the cell empty." in printed + printed.error
    assert device(world, asset_tag="A-1").serial_number == "PF-SPARE-1"


def test_what_a_command_brought_quotes_nobody_for_ever(bring, world):
    bring("Serial,Holder email,Payor\nC02-XK1 AAA,carl@acme.example,Company\n")
    batch = Import.objects.get(company=world.acme)
    assert batch.findings["counts"]["devices"] == {"changed": 1}
    assert "Carl" not in str(batch.findings)
    assert "Eva" not in str(batch.findings)


def rows_of(content):
    """The table's headers, cells and the lines on which its rows begin."""
    table = Table(io.BytesIO(content if isinstance(content, bytes) else content.encode()))
    rows = list(table)
    return table, [row.cells for row in rows], [row.line for row in rows]


def counts():
    models = (User, Space, Payor, Device, Note, Event)
    return [model.objects.count() for model in models]


# Reading a file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encoding_delimiter_and_line_ends_are_recognised(encoding, delimiter, end):
    lines = [
        ["Name", "Serial, all", "Note"],
        ["Åsa’s laptop", "A1", "5 €; new"],
        ["Örn", "B2", f"one{end}two"],
        ["x", "C3", ""],
    ]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(lines)
    table, rows, places = rows_of(text.getvalue().encode(encoding))
    assert table.headers == lines[0]
    assert rows == lines[1:]
    assert places == [2, 3, 5]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b" \r\n\r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b";;;\n;;;\n" * 2000, "empty"),
        (b"PK\x03\x04\x14\x00\x06\x00" + b"\x00" * 50, "workbook"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image"),
        (b"%PDF-1.7\n", "PDF"),
        (bytes(range(256)) * 20, "no text"),
        ("Name,Serial\nÅsa,1\n".encode("utf-16-le"), "no text"),
        (b"\xef\xbb\xbfName,Serial\n\xc5sa,1\n", "characters"),
        (b"Name,Serial\n\x81\x8d,1\n", "characters"),
        ("Name,Serial\nÅsa,1\nBjör".encode()[:-1] + b"\xc3", "cut off"),
        (b'Name,Serial\nx,1\ny,"2\nz,3\n', "line 3 is never closed"),
        (b'Name,Serial\n"x""y', "line 2 is never closed"),
        (b"Name,Serial\nx," + b"1" * 140_000 + b"\n", "Line 2 holds a cell"),
        (b"Name,Serial\nx," + b"1" * 5_000_000 + b"\n", "four million"),
    ],
)
def test_what_is_no_table_is_one_clear_error(content, problem):
    with pytest.raises(NotATable, match=problem):
        rows_of(content)


@pytest.mark.parametrize("row", ["x,1\n", "\n"])
def test_a_file_has_so_many_rows_and_no_more_be_they_empty(monkeypatch, row):
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 3)
    rows_of("Name,Serial\n" + 3 * row)
    with pytest.raises(NotATable, match="more than two million rows"):
        rows_of("Name,Serial\n" + 4 * row)
    with pytest.raises(NotATable, match="more than two million rows"):
        rows_of(4 * "\n" + "Name,Serial\n")


def test_a_separator_line_of_excel_names_the_delimiter():
    table, rows, places = rows_of("sep=;\r\nName;Serial\r\na,b,c;1\r\n")
    assert (table.headers, rows, places) == (["Name", "Serial"], [["a,b,c", "1"]], [3])


def test_empty_rows_and_empty_cells_at_the_end_are_left_out():
    table, rows, places = rows_of("\n,,\nName,Serial,,\n,,,\nx,1,,,,\n\n")
    assert (table.headers, rows, places) == (["Name", "Serial"], [["x", "1"]], [5])


def test_a_row_that_does_not_fit_is_a_problem_of_that_row():
    table = Table(io.BytesIO(b'Name,Serial\nx,1,2\ny\n"z" 1,2\nN\x00UL,3\n"ok",4\n'))
    rows = list(table)
    assert [(row.line, bool(row.problem)) for row in rows] == [(2, True), (3, True), (4, True), (5, True), (6, False)]
    assert "3 cells, the header has 2" in rows[0].problem
    assert rows[3].column == "Name"


def test_headers_are_matched_whatever_their_case_and_repeated_ones_are_named():
    aliases = {"serial": ["serial no"], "email": ["e mail"]}
    columns = Columns(["SERIAL No.", "City", "", "city", "City", "E-Mail", "serial_no"], aliases)
    assert columns.header("serial") == "SERIAL No."
    assert columns.header("email") == "E-Mail"
    assert columns.unused == [
        "City", "column 3, without a header", "city", "City (again, column 5)", "serial_no (again, column 7)"
    ]  # fmt: skip


def test_messages_name_a_column_without_a_header_by_its_number_and_a_long_one_in_short():
    columns = Columns(["", "x" * 100], {}, ["serial", "email"])
    assert (columns.header("serial"), columns.own_header("serial")) == ("column 1", "")
    assert (columns.header("email"), columns.own_header("email")) == (f"{'x' * 59}…", "x" * 100)
    assert columns.header("name") == columns.own_header("name") == ""


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<a href="/users/1">Eva&nbsp;Lind</a>', "Eva Lind"),
        ("<p>One</p><p>Two<br>Three</p>", "One Two Three"),
        ("<style>p {}</style>Text<script>alert(1)</script>", "Text"),
        ('13&quot; & 15"', '13" & 15"'),
        ("R&D; if a <b and c> d", "R&D; if a d"),
        ("3 < 4 > 2 <none>", "3 < 4 > 2 <none>"),
        ('="00123"', "00123"),
        ("'=SUM(A1)", "=SUM(A1)"),
        ("'tis", "'tis"),
        ("\ufeff a\u200b \t b ", "a b"),
    ],
)
def test_a_cell_is_plain_text(cell, text):
    assert cells.line(cell) == text


# Dates, costs, identifiers


@pytest.mark.parametrize(
    ("cell", "order", "expected"),
    [
        ("2024-02-29", None, date(2024, 2, 29)),
        ("2024-2-9", DateOrder.US, date(2024, 2, 9)),
        ("2024-02-29 13:00:00", None, date(2024, 2, 29)),
        ("2024-02-29T13:00:00Z", None, date(2024, 2, 29)),
        ("2024/2/9", None, date(2024, 2, 9)),
        ("2024.02.09 10:00", DateOrder.US, date(2024, 2, 9)),
        ("1/2/24", DateOrder.US, date(2024, 1, 2)),
        ("1/2/24", DateOrder.DAY_FIRST, date(2024, 2, 1)),
        ("31.12.1999", DateOrder.DAY_FIRST, date(1999, 12, 31)),
        ("1-2-68", DateOrder.DAY_FIRST, date(2068, 2, 1)),
        ("1/2/99", DateOrder.US, date(1999, 1, 2)),
    ],
)
def test_a_date_is_read_in_the_order_that_was_chosen(cell, order, expected):
    assert read_date(cell, order) == expected


@pytest.mark.parametrize(
    ("cell", "order", "reason"),
    [
        ("1/2/24", None, "the month first, or the day first"),
        ("23/1/24", DateOrder.US, "month first"),
        ("1/23/24", DateOrder.DAY_FIRST, "day first"),
        ("2023-02-29", None, "calendar"),
        ("0000-00-00", None, "calendar"),
        ("0024-01-01", None, "too far"),
        ("Jan 31, 2024", DateOrder.US, "no date"),
        ("1/2.24", DateOrder.US, "no date"),
        ("45322", DateOrder.US, "no date"),
    ],
)
def test_a_date_that_has_to_be_guessed_is_refused(cell, order, reason):
    with pytest.raises(BadCell, match=reason):
        read_date(cell, order)


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("2266.13", "2266.13"),
        ("2,266.13", "2266.13"),
        ("2266,13", "2266.13"),
        ("2.266,13", "2266.13"),
        ("1,234,567.8", "1234567.80"),
        ("1.234.567", "1234567.00"),
        ("2 266,13 kr", "2266.13"),
        ("99,50 zł", "99.50"),
        ("2\u202f266,13\xa0€", "2266.13"),
        ("2’266.13 CHF", "2266.13"),
        ("$2266", "2266.00"),
        ("US$ 12.5", "12.50"),
        ("1200:-", "1200.00"),
        (".5", "0.50"),
        ("0.5000", "0.50"),
        ("0", "0.00"),
        ("2266,", "2266.00"),
    ],
)
def test_an_amount_is_read_however_it_is_written(cell, amount):
    assert str(read_cost(cell)) == amount


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("1.02E+15", "shortened"),
        ("1,02e15", "shortened"),
        ("1,234", "1234 or 1.234"),
        ("12.500", "12500 or 12.500"),
        ("12.345,678", "more than two decimals"),
        ("0.125", "more than two decimals"),
        ("-5", "no amount"),
        ("(5.00)", "no amount"),
        ("1,23,456.00", "no amount"),
        ("1.2.3", "no amount"),
        ("free", "no amount"),
        ("€", "no amount"),
        ("99999999999", "too much"),
    ],
)
def test_an_amount_that_has_to_be_guessed_is_refused(cell, reason):
    with pytest.raises(BadCell, match=reason):
        read_cost(cell)


def test_numbers_that_a_spreadsheet_has_spoilt_are_flagged():
    assert read_identifier("12E5") == "12E5"
    assert read_imei("35 693803-564380/9") == "356938035643809"
    for spoilt in ("3,56938E+14", "3.56938E+14"):
        with pytest.raises(BadCell, match="shortened"):
            read_identifier(spoilt)
    with pytest.raises(BadCell, match="15 digits"):
        read_imei("56938035643")
    with pytest.raises(BadCell, match="no number of one device"):
        read_identifier("To be filled by O.E.M.")


def test_no_cell_takes_longer_than_its_length_explains():
    began = process_time()
    assert cells.text("<script>" * 9000) == "<script>" * 9000
    assert cells.text("a<style>b</style><SCRIPT src=x>1<2</script>c") == "ac"
    with pytest.raises(BadCell, match="no amount"):
        read_cost("1" * 40_000 + "!")
    marks = "\u0327\u0301" * 40_000
    assert {len(key(marks)) for key in (header_key, identifier_key, name_key)} == {0, 1000}
    assert process_time() - began < 1  # else it is ten, and more


def test_months_of_warranty_end_on_the_last_day_of_a_short_month():
    assert months_after(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert months_after(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert months_after(date(2023, 12, 5), 36) == date(2026, 12, 5)


# The command


def test_only_an_active_admin_of_the_company_may_import(bring, world):
    content = "Serial\nS1\n"
    assert "no company" in bring(content, company="umbrella").error
    world.second_admin.deactivate(by=world.admin)
    for outsider in (world.employee, world.globex_admin, world.second_admin, world.support):
        assert "no active IT admin" in bring(content, by=outsider.email).error
    assert "can't be read" in bring(Path("/nowhere/list.csv")).error
    assert not world.acme.devices.filter(serial_number="S1").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("Serial,Name\n", "no rows"),
        ("Just a text\nand another\n", "no column for serial numbers"),
        (",".join(f"c{n}" for n in range(10_000)) + "\n", "10000 columns"),
        (b"\x89PNG\r\n\x1a\n", "image"),
        ("", "empty"),
    ],
)
def test_a_file_that_holds_no_devices_says_so(bring, content, reason):
    assert reason in bring(content).error


def test_the_import_template_becomes_devices_people_and_spaces(bring, world):
    before = counts()
    assert "the month first, or the day first" in bring(FILES / "snipe-it-template.csv")
    assert counts() == before

    printed = bring(FILES / "snipe-it-template.csv", dates="us")
    assert printed.error == ""
    assert "3 rows read." in printed
    assert "Devices: 3 created, 0 changed, 0 unchanged, 0 refused." in printed
    assert "People: 1 created" in printed
    assert "Spaces: 2 created" in printed
    assert "Company is not used: everything belongs to Acme." in printed

    laptop = device(world, asset_tag="NB-000101")
    assert (laptop.name, laptop.category, laptop.manufacturer) == ("Field laptop", "Laptop", "Contoso")
    assert (laptop.model, laptop.model_number) == ('Travelbook 13"', "TB13-A")
    assert (laptop.supplier, laptop.order_number) == ("Bits, Bolts & Co", "PO-7001")
    assert (laptop.purchase_date, laptop.renewal_date) == (date(2024, 1, 31), date(2028, 12, 1))
    assert laptop.purchase_cost == Decimal("1249.50")
    assert {note.text for note in laptop.notes.all()} == {
        "Sticker on the lid,\nscratch below", "Charger is proprietary"
    }  # fmt: skip
    maja = laptop.holder
    assert (maja.full_name, maja.email, maja.role) == ("Maja Sand", "maja.sand@acme.example", "employee")
    assert not maja.has_joined
    assert laptop.payor == world.company_payor
    assert log(laptop) == [
        "Ada Holm registered device.",
        "Ada Holm assigned device to Maja Sand.",
        "Ada Holm changed payor from none to Company.",
        "Ada Holm added a note.",
        "Ada Holm added a note.",
    ]
    assert device(world, asset_tag="NB-000102").holder.name == "Lobby"
    slate = device(world, asset_tag="NB-000103")
    assert (slate.name, slate.holder.name) == ("Slate 10", "Harbour office")
    assert world.acme.spaces.filter(name__in=["Lobby", "Harbour office"]).count() == 2


def test_the_list_export_becomes_devices_with_plain_text(bring, world):
    Space.objects.create(company=world.acme, name="store ROOM")
    printed = bring(FILES / "snipe-it-list-export.csv")
    assert printed.error == ""
    assert "Status is not used yet: Deployed 2, Ready to Deploy 1." in printed
    assert "Columns not used: ID, Employee Number, Default Location, Age, EOL Rate, Requestable," in printed
    laptop = device(world, "XZ 99-1")
    assert (laptop.name, laptop.asset_tag, laptop.manufacturer) == ("Design laptop", "NB-201", "R&D Devices")
    assert (laptop.purchase_cost, laptop.warranty_end) == (Decimal("2249.50"), date(2027, 6, 30))
    assert laptop.holder == world.employee
    assert laptop.notes.get().text == "Heavy.\nKeep dry."
    dock = device(world, "XZ-99-2")
    assert (dock.holder.name, dock.warranty_end) == ("store ROOM", date(2025, 2, 28))
    assert device(world, "XZ-99-3").holder.name == "Lobby"


def test_our_own_columns_become_devices(bring, world):
    assert bring(FILES / "velory-devices.csv").error == ""
    phone = device(world, "PB8-0001")
    assert (phone.imei, phone.payor, phone.holder.email) == (
        "356938035643809", world.employee_payor, "maja.sand@acme.example"
    )  # fmt: skip
    assert device(world, "QL2-0001").payor == world.cost_centre
    headset = device(world, "HS-0001")
    assert (headset.holder, headset.payor) == (None, None)


def test_the_list_that_is_measured_comes_in_and_changes_what_it_says(bring, world, tmp_path):
    for number in range(COST_CENTRES):
        PayorFactory(company=world.acme, name=f"Cost centre {number}")
    for changed, outcome in ((0, "30 created, 0 changed"), (0.5, "0 created, 13 changed")):
        write_list(tmp_path / "measured.csv", 30, changed)
        assert f"Devices: {outcome}" in bring(tmp_path / "measured.csv")


@pytest.mark.parametrize("name", ["snipe-it-template.csv", "snipe-it-list-export.csv", "velory-devices.csv"])
def test_the_same_file_again_changes_nothing(bring, name):
    bring(FILES / name, dates="us")
    before = counts()
    printed = bring(FILES / name, dates="us")
    assert "Devices: 0 created, 0 changed, 3 unchanged, 0 refused." in printed
    assert counts() == before


def test_a_dry_run_says_the_same_and_stores_nothing(bring):
    before = counts()
    rehearsed = bring(FILES / "velory-devices.csv", dry_run=True)
    assert counts() == before
    assert rehearsed.error == ""
    assert rehearsed.splitlines()[0] == "Dry run: nothing is stored."
    assert rehearsed.splitlines()[1:] == bring(FILES / "velory-devices.csv").splitlines()


def test_bad_rows_are_named_and_nothing_is_stored_unless_they_may_be_skipped(bring, world):
    content = (
        "Name,Serial,Purchase cost,Holder email,Note\n"
        'Good,S1,10.00,new@acme.example,"two\nlines"\n'
        "Bad cost,S2,1.02E+15,,\n"
        "No key,,5.00,other@acme.example,\n"
        "Bad address,S4,5.00,nobody,\n"
    )
    before = counts()
    printed = bring(content)
    assert "Nothing was stored" in printed.error
    assert "Line 4, Purchase cost: A spreadsheet has shortened" in printed
    assert "Line 5, Serial: Without a serial number or an asset tag" in printed
    assert "Line 6, Holder email: “nobody” is no email address." in printed
    assert counts() == before

    printed = bring(content, skip_bad=True)
    assert printed.error == ""
    assert "Devices: 1 created, 0 changed, 0 unchanged, 3 refused." in printed
    assert device(world, "S1").holder.email == "new@acme.example"
    assert not world.acme.users.filter(email="other@acme.example").exists()

    assert "every row was refused" in bring("Serial,Cost\nS9,free\n", skip_bad=True).error
    long = bring(f"Serial,Anything\nS9,{'x' * (LONGEST_CELL + 1)}\nS8,x\n")
    assert "Line 2, Anything: The cell has more than 32,767 characters." in long


def test_two_rows_for_one_device_are_shown_and_not_merged(bring, world):
    printed = bring("Serial,Asset tag\nAB-1,\nab 1,\nZ1,T 7\nZ2,T-7\n,A-1001\nC02XK1AAA,\nok,ok\n", skip_bad=True)
    assert "Line 2, Serial: Line 3 means the same device." in printed
    assert "Line 4, Asset tag: Line 5 means the same device." in printed
    assert "Line 6, Asset tag: Line 7 means the same device." in printed
    assert "1 created, 0 changed, 0 unchanged, 6 refused" in printed


def test_a_device_is_found_by_its_serial_number_else_by_its_asset_tag(bring, world):
    world.spare.edit(by=world.admin, serial_number="", asset_tag="A-77")
    world.phone.edit(by=world.admin, serial_number="", asset_tag="A-78")
    printed = bring(
        "Serial,Asset tag,Name,Model\n"
        "c02xk1aaa,,MacBook of Eva,\n"  # the laptop, written otherwise
        "NEW-1,a77,,X1\n"  # the spare had no serial number
        "CN0-MONITOR-1,A-1001,,\n"  # the laptop's asset tag
        "NEW-2,A1001,,\n"
        "R52-TABLET-1,A-78,,\n",
        skip_bad=True,
    )
    assert "0 created, 2 changed, 0 unchanged, 3 refused" in printed
    assert "Line 4, Asset tag: MacBook Pro 14 has this asset tag, and another serial number: C02-XK1 AAA." in printed
    assert (
        "Line 6, Asset tag: iPhone 15 has this asset tag and no serial number, and Galaxy Tab S9 has the serial number."
    ) in printed
    laptop = device(world, pk=world.laptop.pk)
    assert (laptop.name, laptop.serial_number, laptop.model) == ("MacBook of Eva", "C02-XK1 AAA", "MacBook Pro")
    assert log(laptop)[-1] == "Ada Holm changed name from MacBook Pro 14 to MacBook of Eva."
    assert device(world, pk=world.spare.pk).serial_number == "NEW-1"


def test_companies_do_not_see_each_other(bring, world):
    other = world.globex_employee
    printed = bring(f"Serial,Email,Full name\nC02-XK1 AAA,{other.email},Hugo Here\n")
    assert "0 created, 1 changed" in printed
    hugo = device(world, pk=world.laptop.pk).holder
    assert (hugo.company, hugo.full_name) == (world.acme, "Hugo Here")
    world.again()
    assert (other.company, world.globex_laptop.holder_user) == (world.globex, world.globex_employee)
    assert "is not known" in bring("Serial,Checked Out To\nQ1,Gina Falk\n")


def test_blank_cells_change_nothing(bring, world):
    printed = bring("Serial,Name,Asset tag,Purchase cost,Email,Location,Payor\nC02-XK1 AAA,,,,,,\n")
    assert "0 changed, 1 unchanged" in printed


def test_the_checkout_decides_the_holder_and_a_location_only_where_nobody_has_it(bring, world):
    printed = bring(
        "Serial,Checkout class,Email,Checkout location,Location\n"
        "N1,user,carl@acme.example,,Attic\n"
        "N2,Location,,Meeting room Birch,Cellar\n"
        "N3,location,,,Meeting room Birch\n"
        "N4,asset,,,Stock shelf\n"
        "N5,,,,Stock shelf\n"
        "R52-TABLET-1,,,,Stock shelf\n"
        "PF-SPARE-1,,,,Stock shelf\n"
        "N8,asset,,,\n"
        "F2L-PHONE-1,asset,,,Stock shelf\n"
    )
    assert printed.error == ""
    assert "Spaces: 0 created, 0 changed, 2 unchanged" in printed
    held = {d.serial_number: d.holder for d in world.acme.devices.with_people()}
    assert held["N1"] == world.colleague
    assert held["N2"] == held["N3"] == world.room
    assert held["N4"] == held["N5"] == held["PF-SPARE-1"] == world.shelf
    assert held["R52-TABLET-1"] == world.colleague
    another = "Another device has it, which Velory doesn't know."
    assert f"Line 5, Checkout class: {another} Its location was used.\n" in printed
    assert f"Line 9, Checkout class: {another}\n" in printed
    assert f"Line 10, Checkout class: {another}\n" in printed
    assert "Line 10, Checkout class: Eva Lind has the device in Velory and keeps it." in printed
    assert "Line 7, Location: Carl Berg has the device in Velory and keeps it." in printed


@pytest.mark.parametrize(
    ("columns", "cells", "reason"),
    [
        ("Checkout type,Email", "robot,", "neither User nor Location"),
        ("Checkout type,Email", "User,", "neither email address nor name"),
        ("Email,Space", "eva@acme.example,Attic", "not both"),
        ("Username,Location", "eva,Attic", "neither email address nor name"),
        ("Holder name,Location", "Nora Nobody,Attic", "Nora Nobody is not known"),
        ("Holder name,Location", "Twin Name,Attic", "2 people are called Twin Name"),
        ("Email,Location", "gone@acme.example,", "Greta Gone is deactivated"),
        ("Space,Location", "Old room,", "Old room is closed"),
        ("Email,Payor", "eva@acme.example,Marketing", "no open payor Marketing"),
        ("Space,Payor", "Stock shelf,Employee", "only for what a person holds"),
        ("Space,Payor", f"{'x' * 101},", "more than 100 characters"),
        ("Name,Payor", f"{'x' * 101},", "at most 100 characters"),
        ("Note,Payor", f"{'x' * 5001},", "more than 5000 characters"),
    ],
)
def test_a_holder_or_payor_that_cannot_be_is_a_reason_to_refuse(bring, world, columns, cells, reason):
    for number in (1, 2):
        User.objects.create_user(f"twin{number}@acme.example", company=world.acme, full_name="Twin Name")
    User.objects.create_user("gone@acme.example", company=world.acme, full_name="Greta Gone", is_active=False)
    Space.objects.create(company=world.acme, name="Old room").remove(by=world.admin)
    Space.objects.create(company=world.acme, name="Old room", closed_at=world.admin.created_at)
    printed = bring(f"Serial,{columns}\nN1,{cells}\n")
    assert reason in printed
    assert "1 refused" in printed


def test_a_name_alone_finds_the_one_person_or_space_that_has_it(bring, world):
    bring("Serial,Checked Out To,Username\nN1,eva  LIND,\nN2,stock shelf,\nN3,Carl Berg,carl@acme.example\n")
    assert device(world, "N1").holder == world.employee
    assert device(world, "N2").holder == world.shelf
    assert device(world, "N3").holder == world.colleague


def test_a_name_alone_finds_a_space_that_the_file_makes_and_none_that_a_refused_row_names(bring, world):
    printed = bring(
        "Serial,Checked Out To,Space,Payor\n"
        "N1,,Attic,\nN2,attic,,\nN3,,Cellar,Nobody's cost centre\nN4,Cellar,,\nN5,,Cellar,\nN6,Cellar,,\n",
        skip_bad=True,
    )
    assert device(world, "N2").holder == device(world, "N1").holder == world.acme.spaces.get(name="Attic")
    assert "Line 5, Checked Out To: Cellar is not known" in printed
    assert device(world, "N6").holder == device(world, "N5").holder


def test_a_space_is_known_behind_the_row_that_makes_it_however_often_rows_are_planned(world):
    directory = Directory(world.acme)
    directory.space("Cellar").first_line = 5
    assert [directory.has_space("CELLAR", line) for line in (4, 5, 6)] == [False, False, True]
    assert directory.has_space("stock shelf", 2)


def test_a_new_holder_is_assigned_and_the_payor_follows(bring, world):
    printed = bring(
        "Serial,Email,Payor\n"
        "C02-XK1 AAA,carl@acme.example,\n"  # *Employee* paid for Eva's, not for Carl's
        "R52-TABLET-1,eva@acme.example,\n"  # the cost centre goes on paying
        "F2L-PHONE-1,,Employee\n"  # only the payor
        "PF-SPARE-1,,Cost centre 4711\n"  # nobody has it
    )
    assert "0 created, 3 changed, 1 unchanged" in printed
    laptop = device(world, pk=world.laptop.pk)
    assert (laptop.holder, laptop.payor) == (world.colleague, world.company_payor)
    assert log(laptop)[-3:] == [
        "Ada Holm unassigned device from Eva Lind.",
        "Ada Holm assigned device to Carl Berg.",
        "Ada Holm changed payor from Employee to Company.",
    ]
    tablet = device(world, pk=world.tablet.pk)
    assert (tablet.holder, tablet.payor) == (world.employee, world.cost_centre)
    assert device(world, pk=world.phone.pk).payor == world.employee_payor
    assert "Line 5, Payor: Nobody has the device" in printed


def test_a_device_in_the_repair_flow_keeps_holder_payor_and_status(bring, world):
    world.laptop.move("report", by=world.admin)
    world.tablet.move("report", by=world.admin)
    world.tablet.move("take_in", by=world.admin)
    world.spare.move("report", by=world.admin)
    world.spare.move("take_in", by=world.admin)
    world.spare.move("recycle", by=world.admin)
    printed = bring(
        "Serial,Name,Email\n"
        "C02-XK1 AAA,New name,carl@acme.example\n"
        "R52-TABLET-1,,carl@acme.example\n"
        "PF-SPARE-1,New name,carl@acme.example\n"
    )
    assert printed.error == ""
    assert "0 created, 1 changed, 2 unchanged, 0 refused" in printed
    assert "Line 2, Email: MacBook Pro 14 is Active - needs repair: holder and payor stay" in printed
    assert "Line 3, Email: Galaxy Tab S9 is In repair: holder and payor stay" in printed
    assert "Line 4: ThinkPad X1 is archived and stays as it is." in printed
    laptop, tablet, spare = (device(world, pk=d.pk) for d in (world.laptop, world.tablet, world.spare))
    assert (laptop.name, laptop.holder, laptop.status) == ("New name", world.employee, "needs_repair")
    assert (tablet.holder, tablet.status) == (None, "in_repair")
    assert (spare.name, spare.status) == ("ThinkPad X1", "recycled")


def test_what_changes_between_plan_and_store_is_refused_and_leaves_nothing(bring, world, monkeypatch):
    from devices.importing import storing

    def meanwhile(company_id, keys, lock=storing.locked_in_order):
        world.laptop.move("report", by=world.admin).move("take_in", by=world.admin)
        User.objects.filter(pk=world.colleague.pk).update(is_active=False)
        return lock(company_id, keys)

    monkeypatch.setattr(storing, "locked_in_order", meanwhile)
    content = (
        "Serial,Name,Email\nC02-XK1 AAA,Renamed,new@acme.example\nN2,Two,newest@acme.example\nPF-SPARE-1,Spare,\n"
        f"R52-TABLET-1,Tablet,new@acme.example\nF2L-PHONE-1,Phone,{world.colleague.email}\n"
    )
    printed = bring(content, skip_bad=True)
    assert "1 created, 2 changed, 0 unchanged, 2 refused" in printed
    assert device(world, "N2").holder.email == "newest@acme.example"
    laptop, phone = (device(world, pk=one.pk) for one in (world.laptop, world.phone))
    assert (laptop.name, laptop.status, laptop.holder) == ("MacBook Pro 14", "in_repair", None)
    assert (phone.name, phone.holder) == (world.phone.name, world.phone.holder)
    assert [device(world, pk=one.pk).name for one in (world.spare, world.tablet)] == ["Spare", "Tablet"]
    assert device(world, pk=world.tablet.pk).holder.email == "new@acme.example"


def test_whoever_leaves_between_plan_and_store_gets_nothing(bring, world, monkeypatch):
    from devices.importing import storing

    def meanwhile(company_id, keys, lock=storing.locked_in_order):
        User.objects.filter(pk=world.colleague.pk).update(is_active=False)
        return lock(company_id, keys)

    monkeypatch.setattr(storing, "locked_in_order", meanwhile)
    assert "1 refused" in bring(f"Serial,Email\nF2L-PHONE-1,{world.colleague.email}\n", skip_bad=True)
    assert device(world, pk=world.phone.pk).holder == world.phone.holder


def test_a_row_costs_no_look_up_of_its_own_when_nothing_changes(bring, django_assert_max_num_queries):
    content = "Serial,Email,Location\n" + "".join(f"N{n},p{n % 5}@acme.example,\n" for n in range(60))
    assert "60 created" in bring(content)
    with django_assert_max_num_queries(30):  # the scope on PostgreSQL and the audit log's line are most of them
        assert "60 unchanged" in bring(content)


# People


def test_a_list_of_people_makes_and_renames_them(bring, world):
    content = FILES / "people.csv"
    printed = bring(content, "import_people")
    assert printed.error == ""
    assert "People: 2 created, 1 changed, 0 unchanged, 0 refused." in printed
    assert "Columns not used: Location, Manager, VIP, Start Date." in printed
    assert "1 person could not sign in" in printed
    nils = world.acme.users.get(email="nils@acme.example")
    assert (nils.full_name, nils.role, nils.is_active, nils.has_joined) == ("Nils Örn", "employee", True, False)
    assert world.again().employee.full_name == "Eva Lind-Ek"
    assert world.employee.has_joined

    before = counts()
    assert "People: 0 created, 0 changed, 3 unchanged, 0 refused." in bring(content, "import_people")
    assert counts() == before


def test_nobody_becomes_an_admin_or_is_renamed_to_nothing_by_a_list(bring, world):
    content = "Full name,Email,Role\n,eva@acme.example,admin\nX,ADA@acme.example,employee\n,new@acme.example,admin\n"
    printed = bring(content, "import_people")
    assert "1 created, 1 changed, 1 unchanged" in printed
    assert "Role is not used" in printed
    assert set(world.acme.users.admins().values_list("email", flat=True)) == {ADMIN, "bodil@acme.example"}
    assert world.again().employee.full_name == "Eva Lind"
    assert world.acme.users.get(email="new@acme.example").full_name == "new@acme.example"


def test_people_without_an_address_or_with_another_s_are_refused(bring, world):
    content = (
        "Name,Email\nA,\nB,b@acme.example\nC,B@ACME.example\nD,no address\n"
        f"{'E' * 151},e@acme.example\nF,f@acme.example\n"
    )
    before = counts()
    printed = bring(content, "import_people")
    assert "Line 2, Email: Without an email address" in printed
    assert "Line 3, Email: Line 4 has the same address." in printed
    assert "Line 5, Email: “no address” is no email address." in printed
    assert "Line 6, Name: The name has more than 150 characters." in printed
    assert "Nothing was stored" in printed.error
    assert counts() == before
    assert "1 created, 0 changed, 0 unchanged, 5 refused" in bring(content, "import_people", skip_bad=True)
    assert "no column for email" in bring("Name,Phone\nA,1\n", "import_people").error


def test_a_person_may_be_known_to_two_companies(bring, world):
    assert "1 created" in bring(f"Name,Email\nHugo,{world.globex_employee.email}\n", "import_people")
    assert User.objects.filter(email=world.globex_employee.email).count() == 2
