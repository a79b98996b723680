"""Repair history comes along: a list of past repairs, from its upload to undoing it, as an IT admin does it."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import clock
from accounts.models import AuditLine, User
from devices.importing import storing
from devices.models import Device, Import
from repairs.importing.of_repairs import BringingRepairs
from repairs.models import Repair
from repairs.models.past import bring_past
from repairs.register import contradictions
from tests.importer import imported
from tests.test_import_pages import Importer, log
from tests.visitor import Visitor

# As Snipe-IT's maintenance report has it.
MAINTENANCES = (
    "Asset Tag,Asset Name,Supplier,Asset Maintenance Type,Title,Start Date,Completion Date,"
    "Asset Maintenance Time (in days),Cost\n"
    'A-1001,MacBook Pro 14,Fixit,Repair,"Screen, again",3/1/2024,3/15/2024,14,"1,249.50"\n'
    "A-1001,MacBook Pro 14,,Upgrade,More memory,5/1/2024,5/1/2024,0,\n"
    "a 1001,,,Maintenance,New battery,10/2/2023,10/2/2023,0,99.00\n"
)
# As a maintenance system exports its work orders.
ORDERS = (
    "ID,Title,Status,Description,Asset Name,Primary User,Assigned To,Completed By,Completed On\n"
    "71,Keyboard,Complete,Keys stuck,macbook  PRO 14,eva@acme.example,ada@acme.example,Bodil Ek,2024-03-02 01:33:49.8\n"
    "72,Camera,Open,,MacBook Pro 14,,,,\n"
    "73,Speaker,Complete,,F2L PHONE 1,nobody@else.example,,,2024-04-01 10:00:00\n"
    "74,Fell down,Scrapped,,R52-TABLET-1,,,,2024-05-01 10:00:00\n"
    "75,Hinge,Complete,,Nothing of ours,,,,2024-05-01 10:00:00\n"
)
DATED = "Serial,Started,Completed,Title,Reference\n"


@pytest.fixture
def ada(world):
    return Importer(world.admin)


def repairs_of(device):
    return list(device.repairs.order_by("opened_at", "pk"))


def day(moment):
    return timezone.localtime(moment).date().isoformat()


def reasons(batch):
    return [(line, reason) for line, _column, reason in batch.findings["refused"]["first"]]


def test_the_maintenance_report_becomes_closed_repairs_with_their_dates(ada, world):
    batch = ada.upload(MAINTENANCES)
    assert (batch.kind, batch.stage) == ("repairs", "rehearsing")  # known by its headers
    assert batch.findings["shape"] == "Snipe-IT, maintenance report"
    ada.work()
    ada.get()
    assert "3/1/2024 · 3/15/2024" in ada.words  # nothing is read before somebody has said how
    assert "Asset Maintenance Type “Upgrade”, 1 ×" in ada.words
    before = list(Repair.objects.values_list())
    ada.post("import_rehearse", {"dates": "us", "status_0": "repaired", "status_1": "left_out", "status_2": "repaired"})
    ada.work()
    ada.get()
    assert list(Repair.objects.values_list()) == before
    assert ada.numbers("repairs") == {"created": 2, "left out": 1}
    assert "Rows that are not imported, by Asset Maintenance Type: Upgrade 1." in ada.words
    assert "Import 2 past repairs" in ada.words

    ada.post("import_start", {"rows": "all"})
    assert ada.work().stage == "stored"
    _battery, screen = repairs_of(world.laptop)
    assert (day(screen.opened_at), day(screen.taken_in_at), day(screen.closed_at)) == (
        "2024-03-01",
        "2024-03-01",
        "2024-03-15",
    )
    assert (screen.outcome, str(screen.cost), screen.reporter, screen.closed_by) == ("repaired", "1249.50", None, None)
    assert screen.description == "Screen, again\nAsset Maintenance Type: Repair\nSupplier: Fixit"
    assert world.again().laptop.status == "active"
    assert world.laptop.holder == world.employee
    assert log(world.laptop)[-3:] == [
        "Ada Holm noted that device was repaired.",
        "Ada Holm noted that device went into repair.",
        "Ada Holm noted that device was repaired.",
    ]
    late = list(world.laptop.events.order_by("-sequence")[:3])
    assert [day(event.occurred_at) for event in late] == ["2024-03-15", "2024-03-01", "2023-10-02"]
    assert all(event.is_late for event in late)
    line = AuditLine.objects.filter(company=world.acme).order_by("-sequence").with_names()[0]
    assert line.sentence == "Ada Holm imported past repairs: 2 created, 0 changed, 0 refused."
    assert not User.objects.filter(email__contains="fixit").exists()

    support = ada.client.get(reverse("repairs:support", args=[world.laptop.pk])).content.decode()
    for words in ("Earlier repairs", "Screen, again", "cost: 1,249.50", "from a list"):
        assert words in support, words
    table = ada.client.get(reverse("repairs:list"), {"q": "again"}).content.decode()
    assert "None" not in table
    exported = b"".join(ada.client.get(reverse("repairs:export"), {"all": "1"}).streaming_content).decode("utf-8-sig")
    assert "1249.50" in exported

    # The same list once more changes nothing; the decisions are remembered.
    assert ada.upload(MAINTENANCES).dates == "us"
    ada.work()
    assert ada.numbers("repairs") == {"unchanged": 2, "left out": 1}


def test_the_repairs_of_an_import_are_a_table_of_their_own(ada, world):
    world.laptop.move("report", by=world.employee)
    rows = "C02-XK1AAA,2024-01-05,2024-01-09,Screen,W-1\nF2L-PHONE-1,2024-02-05,2024-02-09,Battery,W-2\n"
    ada.rehearsed(DATED + rows)
    ada.post("import_start", {"rows": "all"})
    ada.work()
    visitor = Visitor(world.admin)
    visitor.open(ada.batch.get_absolute_url()).follow("Show its repairs")
    assert sorted(row[0] for row in visitor.rows) == ["MacBook Pro 14", "iPhone 15"]
    assert f"Import: {ada.batch.name}" in visitor.words
    assert f"imported={ada.batch.pk}" in visitor.press("Filter", outcome="repaired").address
    assert len(visitor.rows) == 2
    assert len(visitor.follow("Take off: Import").rows) == 2
    assert len(visitor.follow("Take off: Outcome").rows) == 3
    for gone in (10**9, "x", imported(world.globex_admin, "stored").pk):
        assert "Import: no longer there" in visitor.open(reverse("repairs:list"), imported=gone).words
        assert visitor.rows == []


def test_work_orders_find_their_devices_and_people_and_open_ones_wait(ada, world):
    ada.rehearsed(ORDERS)
    assert ada.batch.findings["shape"] == "Atlas CMMS, work orders"
    assert ada.batch.statuses == {"Complete": "repaired", "Open": "left_out", "Scrapped": "recycled"}
    assert reasons(ada.batch) == [(6, "No device has the name, serial number or asset tag Nothing of ours.")]
    ada.get()
    assert "nobody@else.example is not known in Velory, so it is left open who it was." in ada.words
    refused = list(csv.reader(io.StringIO(b"".join(ada.get("import_refused").streaming_content).decode("utf-8-sig"))))
    assert [row[0] for row in refused[1:]] == ["75"]

    ada.post("import_start", {"rows": "all"})
    assert ada.response.status_code == 409
    people = User.objects.count()
    ada.post("import_start", {"rows": "good"})
    ada.work()
    assert User.objects.count() == people
    [keyboard] = repairs_of(world.laptop)
    assert (keyboard.reference, keyboard.description) == ("71", "Keyboard\nKeys stuck")
    assert [keyboard.reporter, keyboard.taken_in_by, keyboard.closed_by] == [
        world.employee,
        world.admin,
        world.second_admin,
    ]
    assert keyboard.opened_at == keyboard.closed_at
    assert [repair.reporter for repair in repairs_of(world.phone)] == [None]
    [fell] = repairs_of(world.tablet)
    assert (fell.outcome, world.again().tablet.status) == ("recycled", "active")
    assert log(world.tablet)[-1] == "Ada Holm noted that device could not be repaired."

    # The refused row alone, mended; what it is of is remembered with its columns.
    refused[1][refused[0].index("Asset Name")] = "PF-SPARE-1"
    mended = io.StringIO()
    csv.writer(mended).writerows(refused)
    assert ada.upload(mended.getvalue()).kind == "repairs"
    ada.work()
    assert ada.numbers("repairs") == {"created": 1}


def test_a_list_of_ones_own_is_mapped_by_hand_and_remembered(ada, world):
    content = "Grej;Slut;Pris\nA-1001;2024-02-01;1,50\nA-9;2024-02-01;\n"
    assert ada.upload(content).kind == "devices"  # nothing tells
    ada.post("imports", {"kind": "repairs", "file": io.BytesIO(content.encode())})
    assert (ada.batch.kind, ada.batch.stage) == ("repairs", "columns")
    ada.get("import_columns")
    assert "A-1001 · A-9" in ada.words
    assert "empties the field" not in ada.words
    ada.choose(column_0="device")
    assert "Choose a column for the device" in ada.words
    ada.choose(column_0="device", column_1="completed_on", column_2="cost")
    ada.work()
    assert ada.numbers("repairs") == {"created": 1, "refused": 1}
    assert Importer(world.second_admin).upload(content).fields == ["device", "completed_on", "cost"]


def test_what_cannot_have_been_so_is_refused_with_its_reason(ada, world):
    now = clock.now()
    with clock.at(now - timedelta(days=3)):
        laptop = world.laptop.move("report", by=world.admin).move("take_in", by=world.admin)
    with clock.at(now - timedelta(days=1)):
        laptop.move("finish", by=world.admin)
    began, ended = day(now - timedelta(days=4)), day(now - timedelta(days=2))
    rows = {
        "PF-SPARE-1,2024-01-01,,Still away,": "It has no day on which it ended: import it when it is over.",
        "PF-SPARE-1,2024-02-01,2024-01-01,Backwards,": "It ended before it began.",
        "PF-SPARE-1,2024-01-01,2090-01-01,Future,": "“2090-01-01” is not past.",
        "PF-SPARE-1,1980-01-01,1980-01-02,Long ago,": "Its dates are not in the past, from 1990 on.",
        "PF-SPARE-1,3/4/2024,2024-05-01,In two ways,": "“3/4/2024” is no date like 2026-01-31. "
        "Say how the file writes its dates: the month first, or the day first.",
        ",2024-01-01,2024-01-02,Of what?,": "The row does not say which device it was.",
        "NOT-THERE,2024-01-01,2024-01-02,Whose?,": "No device has the number NOT-THERE.",
        f"C02-XK1 AAA,{began},{ended},Seen,": "Velory has a repair of this device at that time itself.",
        "PF-SPARE-1,2024-01-01,2024-01-02,One,W-1": "Line 11 means the same repair.",
        "PF-SPARE-1,2024-03-01,2024-03-02,Two,W-1": "Line 10 means the same repair.",
        f"PF-SPARE-1,2024-01-01,2024-01-02,{'x' * 2001},": "The text has more than 2000 characters.",
        "PF-SPARE-1,2024-01-01,2024-01-02,Spoilt,1.02E+15": "A spreadsheet has shortened this number to “1.02E+15”. "
        "Format the column as text there, enter it again and save the file anew.",
    }
    ada.rehearsed(DATED + "\n".join(rows) + "\n")
    assert reasons(ada.batch) == list(enumerate(rows.values(), start=2))
    assert ada.numbers("repairs") == {"refused": len(rows)}


def test_a_name_or_numbers_that_mean_two_devices_are_refused(ada, world):
    Device.objects.register(world.acme, by=world.admin, name="thinkpad  x1", category="Laptop", serial_number="TWIN")
    with clock.at(clock.now() - timedelta(days=2)):
        gone = world.monitor.move("report", by=world.admin).move("take_in", by=world.admin)
        gone.move("recycle", by=world.admin)
    ada.rehearsed(
        "Asset,Serial,Tag,Completed\nThinkPad X1,,,2024-01-01\n,PF-SPARE-1,A-1001,2024-01-01\n"
        f"DELL u2723qe,,,{day(clock.now() - timedelta(days=1))}\n,pf spare 1,,2024-01-01\n"
    )
    assert reasons(ada.batch) == [
        (2, "2 devices are called ThinkPad X1: a serial number or an asset tag has to say which."),
        (3, "Serial number and asset tag belong to two devices."),
    ]
    ada.post("import_start", {"rows": "good"})
    ada.work()
    assert ada.numbers("repairs") == {"created": 2, "refused": 2}
    # An archived device tells of it too, and still of how it really ended.
    assert [repair.outcome for repair in repairs_of(world.monitor)] == ["recycled", "repaired"]
    page = ada.client.get(reverse("devices:hardware_table", args=["archived"])).content.decode()
    assert "Recycled" in page


def test_a_name_that_two_people_share_is_not_called_unknown(ada, world):
    for number in (1, 2):
        User.objects.create_user(f"twin{number}@acme.example", company=world.acme, full_name="Twin Name")
    ada.rehearsed("Serial,Requested by,Completed\nPF-SPARE-1,Twin Name,2024-01-01\n")
    reason = "2 people are called Twin Name, so it is left open who it was. An email address in its place says which."
    assert ada.batch.findings["left_alone"]["first"] == [[2, "Requested by", reason]]


def test_a_column_without_a_header_is_named_in_messages_alone(ada, world):
    content = b"Serial,,Completed\nPF-SPARE-1,Fixit,2024-01-01\n"
    ada.post("imports", {"kind": "repairs", "file": io.BytesIO(content)})
    ada.choose(column_1="cost")
    ada.work()
    assert ada.batch.findings["refused"]["first"] == [[2, "column 2", "“Fixit” is no amount."]]
    ada.choose(column_1="supplier")
    ada.work()
    ada.post("import_start", {"rows": "all"})
    ada.work()
    assert [repair.description for repair in repairs_of(world.spare)] == ["Fixit"]


def test_what_a_report_quotes_of_a_cell_is_short(ada):
    long = "x" * 30_000
    ada.rehearsed(
        f"Asset,Serial,Requested by,Completed\n,{long},,2024-01-01\n{long},,,2024-01-01\n"
        f",PF-SPARE-1,{long},2024-01-01\n"
    )
    assert ada.numbers("repairs") == {"refused": 2, "created": 1}
    findings = ada.batch.findings
    assert findings["left_alone"]["count"] == 1
    assert all(len(str(findings[name])) < 1000 for name in ("refused", "left_alone"))


def test_a_reference_that_came_with_other_facts_is_refused_and_stays(ada, world):
    ada.brought(DATED + "PF-SPARE-1,2024-01-01,2024-01-02,Fan,W-1\n")
    ada.rehearsed(DATED + "PF-SPARE-1,2024-01-01,2024-01-02,Fan cleaned,W-1\nR52-TABLET-1,2024-01-01,2024-01-02,,W-1\n")
    assert ada.numbers("repairs") == {"unchanged": 1, "created": 1}
    ada.rehearsed(DATED + "PF-SPARE-1,2024-01-01,2024-01-09,Fan,W-1\n")
    assert reasons(ada.batch) == [(2, "It was imported before, with another date, outcome or cost, and stays so.")]


def test_all_or_nothing_holds_although_the_register_changes_meanwhile(ada, world):
    yesterday = day(clock.now() - timedelta(days=1))
    ada.rehearsed(DATED + f"PF-SPARE-1,2024-01-01,2024-01-02,,\nR52-TABLET-1,{yesterday},{yesterday},,\n")
    assert ada.numbers("repairs") == {"created": 2}
    with clock.at(clock.now() - timedelta(days=2)):
        tablet = world.tablet.move("report", by=world.admin).move("take_in", by=world.admin)
    tablet.move("finish", by=world.admin)
    ada.post("import_start", {"rows": "all"})
    batch = ada.work()
    assert (batch.stage, Repair.objects.exclude(brought_in=None).count()) == ("columns", 0)
    assert "Nothing was imported" in batch.problem


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no row locks")
def test_a_step_that_stores_row_by_row_locks_its_devices_in_order_first(ada, world, monkeypatch):
    pk, number = world.acme.devices.order_by("-pk").values_list("pk", "serial_number")[0]
    keys = f"{world.laptop.pk}, {pk}"
    for content in (
        f"Serial,Name\n{number},Changed\nC02-XK1 AAA,Changed\n",
        DATED + f"{number},2024-01-01,2024-01-02,,\nC02-XK1 AAA,2024-01-01,2024-01-02,,\n",
    ):
        ada.rehearsed(content)
        monkeypatch.setattr(storing, "_all_or_none", lambda *args: False)
        monkeypatch.setattr(BringingRepairs, "_stored", lambda *args: False)
        ada.post("import_start", {"rows": "all"})
        with CaptureQueriesContext(connection) as queries:
            assert ada.work().stage == "stored"
        locks = [q["sql"] for q in queries if "FOR NO KEY UPDATE" in q["sql"] and 'FROM "devices_device"' in q["sql"]]
        assert f"IN ({keys})) ORDER BY" in locks[0]
        assert len(locks) > 2


def test_undoing_is_one_act_and_the_logs_say_so(ada, world):
    ada.brought(DATED + "PF-SPARE-1,2024-01-01,2024-01-02,,\nPF-SPARE-1,2024-03-01,2024-03-02,,\n")
    world.spare.move("report", by=world.admin)  # nothing of a past repair stands in the way of that, or of undoing
    ada.get("import_undo")
    assert "Every past repair that it brought is deleted." in ada.words
    ada.post("import_undo")
    assert ada.work().stage == "undone"
    assert [repair.is_open for repair in repairs_of(world.spare)] == [True]
    assert log(world.spare)[-1] == "Ada Holm took back what was noted of past repairs by an import."
    line = AuditLine.objects.filter(company=world.acme).order_by("-sequence").with_names()[0]
    assert line.sentence == "Ada Holm undid an import of past repairs: 2 created, 0 changed, 0 refused."


def test_the_template_comes_back_as_it_is_filled_in(ada, world):
    text = ada.client.get(reverse("devices:import_template"), {"of": "repairs"}).content.decode()
    ada.rehearsed(text.replace("EXAMPLE-0001", "PF-SPARE-1"))
    assert (ada.batch.findings["shape"], ada.numbers("repairs")) == ("Velory", {"created": 1})
    assert ada.batch.findings["unused_columns"] == []
    assert ada.client.get(reverse("devices:import_template"), {"of": "people"}).status_code == 404


def test_an_employee_reads_the_lines_of_their_own_time_and_neither_texts_nor_costs(ada, world):
    today = day(clock.now() - timedelta(days=3))
    ada.brought(
        f"Asset tag,Completed,Title,Cost,Requested by\nA-1001,{today},Secret title,12.00,eva@acme.example\n"
        "A-1001,2020-01-01,Before,,\n"
    )
    ada.client.force_login(world.employee)
    for name in ("devices:overview", "repairs:support", "devices:log"):
        page = ada.client.get(reverse(name, args=[world.laptop.pk])).content.decode()
        assert "Secret title" not in page
        assert "12.00" not in page
        assert page.count("noted that device was repaired") == (name == "devices:log")
    assert "Repaired" not in ada.client.get(reverse("devices:mine")).content.decode()


def test_check_register_finds_a_past_repair_within_one_of_velorys_own(ada, world):
    ada.brought(DATED + "PF-SPARE-1,2024-01-01,2024-01-02,,W-1\n")
    assert list(contradictions(world.acme)) == []
    world.spare.move("report", by=world.admin)
    with transaction.atomic():
        Repair.objects.exclude(brought_in=None).update(closed_at=clock.now())
        assert "was brought along, and lies within" in "".join(contradictions(world.acme))
        transaction.set_rollback(True)


def test_the_command_runs_the_same_code(world, tmp_path, capsys):
    file = tmp_path / "repairs.csv"
    file.write_text(ORDERS)

    def run(**options):
        call_command("import_repairs", str(file), company="acme", by="ada@acme.example", **options)
        return capsys.readouterr().out

    with pytest.raises(CommandError, match="Nothing was stored"):
        run()
    with pytest.raises(CommandError, match="is not like Completed=repaired"):
        run(status=["Open"])
    assert "Past repairs: 3 created" in run(dry_run=True, skip_bad=True)
    assert not Repair.objects.exclude(brought_in=None).exists()
    printed = run(skip_bad=True, status=["Scrapped="])
    assert "Past repairs: 2 created, 0 changed, 0 unchanged, 1 refused." in printed
    assert "Rows that are not imported, by Status: Open 1, Scrapped 1." in printed
    assert "Past repairs: 0 created, 0 changed, 2 unchanged" in run(skip_bad=True, status=["Scrapped="])
    assert Import.objects.get().can_be_undone
    with pytest.raises(PermissionDenied):
        bring_past([], by=world.employee, batch=Import.objects.get())


def test_a_repair_that_two_rows_tell_of_comes_once_whatever_they_call_its_device(ada, world, monkeypatch):
    monkeypatch.setattr("devices.importing.bringing.BATCH", 1)
    ada.rehearsed(
        "Serial,Tag,Started,Completed,Title,Reference\nC02-XK1 AAA,,2024-01-01,2024-01-02,Fan,W-1\n"
        ",a 1001,2024-01-01,2024-01-02,Fan,W-1\nPF-SPARE-1,,2024-01-01,2024-01-02,Fan,W-1\n"
    )
    assert reasons(ada.batch) == [(3, "Line 2 means the same repair.")]
    ada.post("import_start", {"rows": "good"})
    ada.work()
    assert ada.numbers("repairs") == {"created": 2, "refused": 1}


def test_rows_that_are_not_imported_are_left_out_whatever_else_stands_in_them(ada, world):
    ada.rehearsed("Id,Serial,Status,Completed,Cost\n7,PF-SPARE-1,Open,2090-01-01,soon\n7,PF-SPARE-1,Done,2024-01-01,\n")
    assert ada.numbers("repairs") == {"created": 1, "left out": 1}
    assert ada.batch.findings["refused"]["count"] == 0
    ada.get()
    assert "How a repair ended" in ada.words
    assert "Only new devices" not in ada.words


def test_devices_can_go_with_their_import_once_their_past_repairs_were_taken_back(ada, world):
    ada.brought("Serial,Name\nS-1,New laptop\nS-2,New screen\n")
    devices = ada.batch
    for reference in ("W-1", "W-2"):
        ada.brought(DATED + f"S-1,2024-01-01,2024-01-02,,{reference}\n")
    undo = reverse("devices:import_undo", args=[devices.pk])
    for batch in Import.objects.filter(kind="repairs"):
        refused = ada.client.post(undo)
        assert (refused.status_code, "undo that import first" in refused.content.decode()) == (409, True)
        ada.client.post(reverse("devices:import_undo", args=[batch.pk]))
        ada.work()
    note = transaction.savepoint()
    world.acme.devices.get(serial_number="S-1").add_note("It is needed.", by=world.admin)
    assert ada.client.post(undo).status_code == 409
    transaction.savepoint_rollback(note)
    assert ada.client.post(undo).status_code == 302
    ada.work()
    devices.refresh_from_db()
    assert devices.stage == "undone"
    assert not world.acme.devices.filter(serial_number__in=["S-1", "S-2"]).exists()


def test_where_a_list_brought_more_repairs_than_the_page_lists_all_are_a_click_away(ada, world):
    rows = "".join(f"C02-XK1 AAA,2024-01-{n:02},2024-01-{n:02},Fan {n},\n" for n in range(1, 22))
    ada.brought(DATED + rows.replace("Fan 21", "Screen") + "PF-SPARE-1,2024-01-01,2024-01-01,Spare,\n")
    support = ada.client.get(reverse("repairs:support", args=[world.laptop.pk])).content.decode()
    assert (support.count("from a list"), "Fan 1<" in support) == (20, False)
    address = f"{reverse('repairs:list')}?q=C02-XK1%20AAA"
    assert f'href="{address}"' in support
    table = ada.client.get(address).content.decode()
    assert ("Fan 1<" in table, "Spare" in table) == (True, False)
    world.laptop.repairs.order_by("opened_at")[0].delete()
    assert (
        "All repairs of this device"
        not in ada.client.get(reverse("repairs:support", args=[world.laptop.pk])).content.decode()
    )
