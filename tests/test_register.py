"""check_register: silent on a whole register, and not on any kind of contradiction."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts import triggers
from devices.models import Assignment, Device, Event, Nameplate
from repairs.acts import lend
from repairs.models import MDMRelease, Repair, ReplacementLoan
from repairs.register import contradictions, declared
from tests.factories import WAYS, DeviceFactory

LONG_AGO = timezone.now() - timedelta(days=4000)
SOON = timezone.now() + timedelta(days=4000)


@contextmanager
def walls_down():
    """Nothing in the database holds inside the block, and nothing of it stays."""
    with transaction.atomic():
        connection.check_constraints()
        triggers.take_down(connection)
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA ignore_check_constraints = ON")
                cursor.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE UNIQUE INDEX%'")
                drop = [f"DROP INDEX {name}" for (name,) in cursor.fetchall()]
            else:
                cursor.execute(
                    """SELECT conrelid::regclass, quote_ident(conname) FROM pg_constraint
                    WHERE contype IN ('c', 'f', 'u') AND conrelid::regclass::text ~ '^(accounts|devices|repairs)_'"""
                )
                drop = [f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name} CASCADE" for table, name in cursor]
                cursor.execute(
                    """SELECT indexrelid::regclass FROM pg_index
                    WHERE indisunique AND NOT indisprimary AND indrelid::regclass::text ~ '^(accounts|devices|repairs)_'
                    AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)"""
                )
                drop += [f"DROP INDEX IF EXISTS {name}" for (name,) in cursor]
            for statement in drop:
                cursor.execute(statement)
        try:
            yield
        finally:
            if connection.vendor == "sqlite":
                with connection.cursor() as cursor:
                    cursor.execute("PRAGMA ignore_check_constraints = OFF")
            transaction.set_rollback(True)


@contextmanager
def taken_back():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def change(row, **fields):
    """Past every verb, straight into the row."""
    assert type(row)._base_manager.filter(pk=row.pk).update(**fields) == 1


def twin(row, **fields):
    row.pk, row._state.adding = None, True
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(force_insert=True)


@pytest.fixture
def eventful(world):
    """One device for each situation. `laptop` waits for repair, `phone` is in repair with `spare` lent for it, `tablet`
    is back from repair with nobody, `monitor` has gone from hand to hand, and one more is archived."""
    world.laptop.move("report", by=world.employee).move("revert", by=world.employee)
    world.laptop.move("report", by=world.employee)
    phone = world.phone.move("report", by=world.employee).move("take_in", by=world.admin)
    lend(world.spare, phone.repairs.get(), world.company_payor, by=world.admin)
    world.tablet.move("report", by=world.colleague).move("take_in", by=world.admin).move("finish", by=world.admin)
    world.monitor.assign(world.room, world.company_payor, by=world.admin)
    world.monitor.assign(world.shelf, world.company_payor, by=world.admin)
    world.archived = DeviceFactory(by=world.admin, holder=world.colleague, status="recycled", name="Old one")
    return world.again()


def of(device):
    return device.repairs.latest("pk")


def first_line(device):
    return device.events.get(sequence=1)


# What is planted, and what must be said of it. The device that is accused comes first.
PLANTED = {
    "in the flow without a repair": (
        "monitor",
        "0 repairs are open",
        lambda w: change(w.monitor, status="needs_repair"),
    ),
    "a repair without the flow": ("laptop", "1 repairs are open", lambda w: change(w.laptop, status="active")),
    "two open repairs": ("laptop", "2 repairs are open", lambda w: twin(of(w.laptop))),
    "waiting, but taken in": (
        "laptop",
        "says otherwise of the intake",
        lambda w: change(of(w.laptop), taken_in_at=SOON),
    ),
    "in repair, not taken in": (
        "phone",
        "says otherwise of the intake",
        lambda w: change(of(w.phone), taken_in_at=None),
    ),
    "another reporter": ("laptop", "not reported by the reporter", lambda w: change(w.laptop, reported_by=w.admin)),
    "archived without a removal": (
        "archived",
        "no repair ended so",
        lambda w: change(of(w.archived), outcome="repaired"),
    ),
    "dates out of order": ("laptop", "dates are out of order", lambda w: change(of(w.laptop), taken_in_at=LONG_AGO)),
    "replaced by itself": ("archived", "replaced by itself", lambda w: change(of(w.archived), replacement=w.archived)),
    "another holder in the repair": (
        "laptop",
        "holder or payor is not the device's",
        lambda w: change(of(w.laptop), holder_user=w.colleague),
    ),
    "another payor in the repair": (
        "laptop",
        "holder or payor is not the device's",
        lambda w: change(of(w.laptop), payor=w.cost_centre),
    ),
    "another holder before intake": (
        "phone",
        "previous holder or payor is not the device's",
        lambda w: change(of(w.phone), holder_user=w.colleague),
    ),
    "repairs overlap": (
        "laptop",
        "opened before repair",
        lambda w: change(w.laptop.repairs.earliest("pk"), closed_at=SOON),
    ),
    "intake without a prompt": (
        "phone",
        "don't go together",
        lambda w: MDMRelease.objects.filter(repair=of(w.phone)).delete(),
    ),
    "a prompt after the repair": (
        "tablet",
        "still open",
        lambda w: change(of(w.tablet).mdm_release, state="open"),
    ),
    "a prompt given up in repair": (
        "phone",
        "was not repaired",
        lambda w: change(of(w.phone).mdm_release, state="not_needed"),
    ),
    "another holder than assigned": ("monitor", "its holder", lambda w: change(w.monitor, holder_space=w.room)),
    "held without an assignment": (
        "monitor",
        "0 open assignments",
        lambda w: Assignment.objects.filter(device=w.monitor, ended_at=None).update(ended_at=SOON),
    ),
    "assigned and not held": (
        "monitor",
        "1 open assignments",
        lambda w: change(w.monitor, holder_space=None, holder_user=None),
    ),
    "ended before it began": (
        "monitor",
        "ended before it began",
        lambda w: change(w.monitor.assignments.earliest("pk"), ended_at=LONG_AGO),
    ),
    "stays overlap": (
        "monitor",
        "begins before",
        lambda w: change(w.monitor.assignments.earliest("pk"), ended_at=SOON),
    ),
    "a closed space": ("monitor", "space that is closed", lambda w: change(w.shelf, closed_at=LONG_AGO)),
    "a wrong previous holder": (
        "monitor",
        "previous holder is not",
        lambda w: change(w.monitor, last_holder_space=None, last_holder_user=w.employee),
    ),
    "no previous holder": (
        "monitor",
        "previous holder is missing",
        lambda w: change(w.monitor, last_holder_space=None, last_payor=None),
    ),
    "no previous payor": ("monitor", "don't go together", lambda w: change(w.monitor, last_payor=None)),
    "back from no repair": ("monitor", "returned from repair", lambda w: change(w.monitor, returned_from_repair=True)),
    "not back from repair": ("tablet", "returned from repair", lambda w: change(w.tablet, returned_from_repair=False)),
    "reported and well": ("monitor", "reported by somebody", lambda w: change(w.monitor, reported_by=w.admin)),
    "another kind of payor": ("monitor", "of kind 'company'", lambda w: change(w.monitor, payor_kind="cost_centre")),
    "assigned and not paid": (
        "tablet",
        "nobody pays",
        lambda w: change(w.tablet, payor=None, payor_kind=""),
    ),
    "a closed payor": ("monitor", "payor that is closed", lambda w: change(w.company_payor, closed_at=LONG_AGO)),
    "another serial number": ("phone", "form of its serial number", lambda w: change(w.phone, serial_number="Else")),
    "another asset tag": ("laptop", "form of its asset tag", lambda w: change(w.laptop, asset_tag="")),
    "a line cut out": (
        "laptop",
        "line 2 of the log is missing",
        lambda w: w.laptop.events.filter(sequence=2).delete(),
    ),
    "a tail cut off": (
        "laptop",
        "the log ends with line",
        lambda w: w.laptop.events.latest("sequence").delete(),
    ),
    "another line before": (
        "laptop",
        "line 2 of the log does not follow",
        lambda w: change(w.laptop.events.get(sequence=2), previous="0" * 64),
    ),
    "a changed time": (
        "laptop",
        "line 1 of the log has been changed",
        lambda w: change(first_line(w.laptop), occurred_at=LONG_AGO),
    ),
    "a changed actor": (
        "laptop",
        "line 1 of the log has been changed",
        lambda w: change(first_line(w.laptop), actor=Nameplate.objects.filter(name="Bodil Ek").get()),
    ),
    "another device's line": (
        "laptop",
        "line 1 of the log has been changed",
        lambda w: change(w.laptop, uuid="00000000-0000-4000-8000-000000000000"),
    ),
    "an unknown kind": ("laptop", "can't be put into words", lambda w: change(first_line(w.laptop), kind="sold")),
    "words missing": (
        "laptop",
        "can't be put into words",
        lambda w: change(w.laptop.events.get(kind="assigned"), details={}),
    ),
    "a plate gone": (
        "monitor",
        "names a plate that is not there",
        lambda w: Nameplate.objects.filter(name="Stock shelf").delete(),
    ),
    "a device without a name": ("phone", "breaks device_has_a_name", lambda w: change(w.phone, name="")),
    "two holders": ("monitor", "breaks device_one_holder", lambda w: change(w.monitor, holder_user=w.admin)),
    "held in repair": ("phone", "breaks device_away_is_unassigned", lambda w: change(w.phone, holder_user=w.employee)),
    "Employee pays for a shelf": (
        "monitor",
        "breaks device_employee_pays",
        lambda w: change(w.monitor, payor=w.employee_payor, payor_kind="employee"),
    ),
    "active and archived": ("archived", "breaks device_recycled", lambda w: change(w.archived, status="active")),
    "another company's holder": (
        "laptop",
        "holder_user is none of this company's",
        lambda w: change(w.laptop, holder_user=w.globex_employee),
    ),
    "nobody at all": (
        "laptop",
        "reported_by is none of this company's",
        lambda w: change(w.laptop, reported_by_id=987654),
    ),
}

# The same for rows that are no device's.
PLANTED_ELSEWHERE = {
    "no repair payor": ("0 × payor who pays in repair", lambda w: change(w.company_payor, pays_repairs=False)),
    "two repair payors": ("2 × payor who pays in repair", lambda w: change(w.cost_centre, pays_repairs=True)),
    "no Employee": ("0 × payor Employee", lambda w: change(w.employee_payor, kind="cost_centre")),
    "two Companies": ("2 × payor Company", lambda w: change(w.cost_centre, kind="company")),
    "lent to somebody else": (
        "lent to somebody else",
        lambda w: change(ReplacementLoan.objects.get().assignment, user=w.colleague),
    ),
    "lent for itself": (
        "stands in for itself",
        lambda w: change(ReplacementLoan.objects.get().assignment, device=w.phone),
    ),
    "a changed name": (
        "the name is not the one that was sealed",
        lambda w: Nameplate.objects.filter(name="Eva Lind").update(name="Eva Lund"),
    ),
    "a name half erased": (
        "a name without its salt",
        lambda w: Nameplate.objects.filter(name="Eva Lind").update(salt=""),
    ),
    "a person found by another name": ("is found by 'eva", lambda w: change(w.employee, full_name="Eva Lund")),
    "a space found by another description": ("is found by 'stock", lambda w: change(w.shelf, description="Basement")),
    "a payor found by another name": ("is found by 'cost", lambda w: change(w.cost_centre, name="Cost centre 1")),
    "the same serial number twice": (
        "break device_serial_number_once",
        lambda w: change(w.phone, serial_number=w.laptop.serial_number, serial_key=w.laptop.serial_key),
    ),
    "the same space twice": ("break space_name_once", lambda w: change(w.room, name="STOCK SHELF")),
    "the same account in two companies": (
        "break user_account_email_once",
        lambda w: change(w.globex_employee, email=w.employee.email),
    ),
    "a role that there is not": ("breaks user_role_known", lambda w: change(w.colleague, role="owner")),
    "another company's author": (
        "author is none of this company's",
        lambda w: change(w.laptop.notes.get(), author=w.globex_admin),
    ),
    "another company's device in a repair": (
        "device is none of this company's",
        lambda w: change(of(w.laptop), device=w.globex_laptop),
    ),
    "an unclosed outcome": ("breaks repair_closed_with_outcome", lambda w: change(of(w.laptop), outcome="repaired")),
}


def test_a_register_that_only_verbs_have_written_is_whole(eventful):
    for status in WAYS:
        DeviceFactory(by=eventful.admin, holder=eventful.employee, status=status)
        DeviceFactory(by=eventful.admin, status=status)
    for company in eventful.companies:
        assert list(contradictions(company)) == []


def test_every_kind_of_contradiction_is_found(eventful, subtests):
    with walls_down():
        for kind, (name, said, plant) in PLANTED.items():
            with subtests.test(kind), taken_back():
                plant(eventful)
                begins, lines = f"acme: device {getattr(eventful, name).pk}: ", list(contradictions(eventful.acme))
                assert [line for line in lines if line.startswith(begins) and said in line], lines
        for kind, (said, plant) in PLANTED_ELSEWHERE.items():
            with subtests.test(kind), taken_back():
                plant(eventful)
                lines = list(contradictions(eventful.acme))
                assert [line for line in lines if line.startswith("acme: ") and said in line], lines
    assert list(contradictions(eventful.acme)) == []


def test_one_companys_contradictions_are_not_anothers(eventful):
    with walls_down():
        change(eventful.laptop, status="active")
        assert list(contradictions(eventful.globex)) == []


def test_people_of_no_company_are_looked_at_too(eventful):
    with walls_down():
        change(eventful.support, is_staff=False)
        assert list(declared(None)) == [f"user {eventful.support.pk}: breaks user_staff_or_company"]


def test_reading_takes_as_many_queries_for_many_devices_as_for_few(eventful, django_assert_max_num_queries):
    with django_assert_max_num_queries(55) as few:
        list(contradictions(eventful.acme))
    for _ in range(20):
        DeviceFactory(by=eventful.admin, holder=eventful.employee, status="in_repair")
    with django_assert_max_num_queries(len(few)):
        list(contradictions(eventful.acme))


# The command


def printed(capsys, **options):
    call_command("check_register", **options)
    return capsys.readouterr().out


def test_the_command_says_how_much_it_has_read(eventful, capsys):
    out = printed(capsys)
    assert [line.split(":")[0] for line in out.splitlines()[:3]] == ["acme", "globex", "initech"]
    assert out.splitlines()[-1].endswith("rows read, no contradiction.")
    out = printed(capsys, company="globex")
    assert out.startswith("globex: ")
    assert "acme" not in out
    rows = Device, Assignment, Repair, Event, Nameplate
    least = sum(model.objects.filter(company=eventful.globex).count() for model in rows)
    assert int(out.split()[1]) >= least


def test_a_company_that_is_not_there_is_an_error(eventful):
    with pytest.raises(CommandError, match="0 rows read"):
        call_command("check_register", company="acmee")


def test_a_contradiction_is_printed_and_fails_the_command(eventful, capsys):
    with walls_down():
        change(eventful.monitor, status="needs_repair")
        with pytest.raises(CommandError, match="contradictions"):
            call_command("check_register", company="acme")
    out = capsys.readouterr().out
    assert f"acme: device {eventful.monitor.pk}: is needs_repair, and 0 repairs are open" in out
    assert "database: trigger" in out


def test_the_command_reads_one_moment_and_changes_nothing(live_world, capsys):
    before = list(Device.objects.values())
    printed(capsys)
    assert list(Device.objects.values()) == before
    live_world.laptop.move("report", by=live_world.employee)  # the connection is as it was
