"""The event log: a chain that shows any change, names that can be erased, sentences in two languages."""

import hashlib
import json
import re
from datetime import UTC, timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from devices.models import Device, Event, Import, Nameplate
from devices.models.registering import FIRST_LINES, Newcomer, register_imported
from devices.wording import SENTENCES
from repairs.acts import acknowledge_backup, close_mdm_release, lend, replace
from repairs.models import Repair
from repairs.models.past import PastRepair, bring_past, take_back_past
from repairs.register import contradictions
from tests.world import log_of

LONG_AGO = timezone.now() - timedelta(days=400)
YESTERDAY = timezone.now() - timedelta(days=1)


@pytest.fixture
def told(world):
    """A passage in which every kind of line is written."""
    laptop = world.laptop.move("report", by=world.employee)
    acknowledge_backup(laptop.repairs.get(), "done", by=world.employee)
    laptop = laptop.move("revert", by=world.employee).move("report", by=world.employee)
    acknowledge_backup(laptop.repairs.latest("pk"), "impossible", by=world.employee)
    laptop = laptop.move("take_in", by=world.admin)
    lend(world.spare, laptop.repairs.latest("pk"), world.company_payor, by=world.admin)
    close_mdm_release(laptop.repairs.latest("pk").mdm_release, "released", by=world.admin)
    laptop = laptop.assign(world.shelf, world.company_payor, by=world.second_admin)
    laptop = laptop.edit(by=world.admin, asset_tag="A-2000", model="")
    laptop = laptop.move("report", by=world.admin).move("take_in", by=world.admin)
    close_mdm_release(laptop.repairs.latest("pk").mdm_release, "not_enrolled", by=world.admin)
    replace(laptop, by=world.admin, holder=world.employee, payor=world.employee_payor, name="MacBook Air")
    laptop = Device.objects.get(pk=laptop.pk).move("restore", by=world.admin)
    laptop = laptop.add_late_entry("It fell down the stairs.", YESTERDAY, by=world.second_admin)
    laptop.correct_line(1, "It was registered the day before.", by=world.admin)
    brought = [Newcomer({"name": f"Brought {status}"}, status=status) for status in FIRST_LINES]
    register_imported(world.acme, brought, by=world.admin)
    batch = Import.objects.create(company=world.acme, who=world.admin, name="history.csv", kind="repairs")
    for days, outcome in enumerate(Repair.Outcome.values):
        taken_in, closed = (LONG_AGO + timedelta(days=days, hours=hour) for hour in (1, 2))
        past = PastRepair(world.phone.pk, outcome, outcome, opened_at=taken_in, taken_in_at=taken_in, closed_at=closed)
        bring_past([past], by=world.admin, batch=batch)
    take_back_past(batch, by=world.admin, most=10)
    return world.again()


def test_every_kind_of_line_has_its_words_in_both_languages(told):
    events = Event.objects.order_by("pk").with_names()
    assert {event.kind for event in events} == set(SENTENCES)
    for language in ("en", "sv"):
        with override(language):
            lines = [event.sentence for event in events]
        assert all(line.endswith((".", ".”")) and "%(" not in line for line in lines)


def test_the_passage_reads_like_the_guide(told):
    lines = log_of(told.laptop)
    assert "Bodil Ek assigned repaired device to Stock shelf." in lines
    assert "Ada Holm removed device from Velory." in lines
    assert "Ada Holm changed asset tag from A-1001 to A-2000." in lines
    assert "Ada Holm changed model from MacBook Pro to none." in lines
    assert "Ada Holm registered MacBook Air as replacement." in lines
    assert lines[-3:] == [
        "Ada Holm restored device to Velory.",
        "Bodil Ek added a late entry: “It fell down the stairs.”",
        "Ada Holm corrected line 1: “It was registered the day before.”",
    ]


# The chain


def test_each_line_holds_the_one_before_and_the_device_the_last(told):
    device, previous = told.laptop, ""
    events = list(device.events.order_by("sequence"))
    for sequence, event in enumerate(events, 1):
        assert (event.sequence, event.previous) == (sequence, previous)
        previous = event.digest
    assert (device.log_sequence, device.log_digest) == (len(events), previous)


def test_a_digest_is_what_the_documentation_says(told):
    """By hand: somebody who holds an export must be able to do the same."""
    event = told.laptop.events.get(kind="not_in_repair")
    line = [
        event.previous,
        told.laptop.uuid.hex,
        event.sequence,
        event.actor_id,
        "not_in_repair",
        {},
        event.occurred_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00"),
        event.recorded_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00"),
    ]
    text = json.dumps(line, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    assert event.digest == hashlib.sha256(text.encode()).hexdigest()


def test_no_line_holds_a_name(told):
    names = [person.full_name for person in told.people.values()] + ["MacBook", "Stock shelf"]
    stored = json.dumps(list(Event.objects.values("kind", "details", "actor_id")))
    assert not [name for name in names if name in stored]
    assert all(
        value is None or role in ("field", "line") or re.fullmatch("[0-9a-f]{64}", value)
        for event in Event.objects.all()
        for role, value in event.details.items()
    )


# Names


def test_a_rename_leaves_old_lines_as_they_were(world):
    world.laptop.move("report", by=world.admin)
    world.admin.full_name = "Ada Holm-Berg"
    world.admin.save()
    world.shelf.name = "Basement"
    world.shelf.save()
    device = world.laptop.move("revert", by=world.admin)
    assert log_of(device)[-2:] == [
        "Ada Holm reported device in need of repair.",
        "Ada Holm-Berg marked device as not in repair.",
    ]
    device = world.monitor.unassign(by=world.admin)
    assert "Ada Holm assigned device to Stock shelf." in log_of(device)
    assert "Ada Holm-Berg unassigned device from Basement." in log_of(device)


def test_a_name_has_one_plate_however_often_it_is_written(world):
    plates = Nameplate.objects.filter(kind="user", reference=world.admin.pk)
    assert plates.count() == 1
    world.phone.add_note("One.", by=world.admin).add_note("Two.", by=world.admin)
    assert plates.count() == 1


def test_the_same_name_in_two_companies_has_two_plates(world):
    world.globex_admin.full_name = world.admin.full_name
    world.globex_admin.save()
    world.globex_laptop.add_note("A word.", by=world.globex_admin)
    plates = Nameplate.objects.filter(kind="user", name="Ada Holm")
    assert set(plates.values_list("company", flat=True)) == {world.acme.pk, world.globex.pk}
    assert len(set(plates.values_list("pk", flat=True))) == 2


def test_an_erased_name_is_gone_and_the_chain_still_holds(told):
    Nameplate.objects.filter(kind="user", reference=told.employee.pk).update(name="", salt="")
    lines = log_of(told.laptop)
    assert "(erased) reported device in need of repair." in lines
    assert not [line for line in lines if "Eva Lind" in line]
    assert list(contradictions(told.acme)) == []


def test_after_an_erasure_a_new_line_gets_a_new_plate(world):
    Nameplate.objects.filter(kind="user", reference=world.admin.pk).update(name="", salt="")
    device = world.phone.add_note("A word.", by=world.admin)
    assert log_of(device)[-1] == "Ada Holm added a note."
    assert log_of(device)[0] == "(erased) registered device."


# Who reads it


def read_by(person, device):
    with override("en"):
        return [event.sentence for event in Event.objects.visible_to(person, device).with_names()]


def test_an_employee_reads_of_their_own_time_with_the_device_and_no_notes_or_costs(world):
    device = world.laptop.edit(by=world.admin, purchase_cost="1999.00")
    device = device.assign(world.colleague, world.cost_centre, by=world.admin)
    device = device.assign(world.employee, world.employee_payor, by=world.admin)
    lines = read_by(world.employee, device)
    assert "Ada Holm assigned device to Eva Lind." in lines
    assert not [line for line in lines if "note" in line or "cost" in line or "Carl Berg" in line]
    assert read_by(world.globex_admin, device) == []
    assert read_by(world.support, device) == []
    assert len(read_by(world.admin, device)) == device.log_sequence


def test_an_employee_reads_no_more_in_the_log_than_on_the_page(world):
    world.laptop.edit(by=world.admin, supplier="Dustin AB", order_number="PO-77", model="M4")
    laptop = world.laptop.assign(world.employee, world.cost_centre, by=world.admin)
    words = " ".join(read_by(world.employee, laptop))
    assert "changed model" in words
    for hidden in ("Dustin AB", "PO-77", "Cost centre 4711"):
        assert hidden not in words


def test_reading_a_log_takes_two_queries_however_long_it_is(told, django_assert_num_queries):
    with django_assert_num_queries(2):
        lines = [event.sentence for event in told.laptop.events.with_names()]
    assert len(lines) > 20
