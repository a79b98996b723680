"""Late entries and corrections: new lines that refer to what was, and nothing rewritten."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from devices.chain import first_fault
from devices.models import Event, Nameplate
from tests.visitor import Visitor
from tests.world import log_of

HOURS_AGO = timezone.now().replace(microsecond=0) - timedelta(hours=30)


def log_page(person, device):
    return Visitor(person).open(device.log_url)


def test_a_late_entry_has_both_times_on_the_page(world):
    visitor = log_page(world.admin, world.laptop).follow("Add late entry")
    happened = timezone.localtime(HOURS_AGO)
    visitor.press("Add late entry", text="It fell.", occurred_at=f"{happened:%Y-%m-%dT%H:%M}")
    assert visitor.messages == ["Your entry is in the log."]
    assert "Ada Holm added a late entry: “It fell.”" in visitor.words
    assert f"Happened {happened:%-d %b %Y, %H:%M}, recorded {timezone.localtime():%-d %b %Y, }" in visitor.words
    line = world.again().laptop.events.latest("sequence")
    assert line.occurred_at == happened.replace(second=0)
    assert timezone.now() - line.recorded_at < timedelta(minutes=1)
    assert first_fault(world.laptop) is None


def test_a_line_that_was_recorded_at_once_shows_one_time(world):
    assert "Happened" not in log_page(world.admin, world.laptop).words


@pytest.mark.parametrize("moment", ["2999-01-01T12:00", "1066-10-14T09:00", "0001-01-01T00:00", "yesterday", ""])
def test_only_a_moment_in_the_past_is_taken(world, moment):
    visitor = Visitor(world.admin).open(reverse("devices:late_entry", args=[world.laptop.pk]))
    visitor.press("Add late entry", text="It fell.", occurred_at=moment)
    assert "occurred_at" in visitor.errors
    assert visitor.field("text") == "It fell."
    assert log_of(world.again().laptop) == log_of(world.laptop)


def test_a_correction_leaves_the_line_and_says_so_beside_it(world):
    before = list(world.laptop.events.order_by("sequence").values())
    visitor = log_page(world.admin, world.laptop)
    visitor.open(reverse("devices:correct", args=[world.laptop.pk, 2]))
    assert "Ada Holm assigned device to Eva Lind." in visitor.words
    visitor.press("Add correction", text="Carl had it first.")
    assert "Ada Holm corrected line 2: “Carl had it first.”" in visitor.words
    assert "Corrected by line 5." in visitor.words
    assert list(world.laptop.events.order_by("sequence").values())[:4] == before
    visitor.open(reverse("devices:correct", args=[world.laptop.pk, 2])).press("Add correction", text="No.")
    assert "Corrected by lines 5, 6." in visitor.words
    visitor.open(reverse("devices:correct", args=[world.laptop.pk, 6])).press("Add correction", text="Yes.")
    assert "Corrected by line 7." in visitor.words
    assert first_fault(world.again().laptop) is None


def test_an_employee_reads_that_a_line_was_corrected_and_not_with_what_words(world):
    world.laptop.correct_line(2, "Carl was sick that day.", by=world.admin)
    world.laptop.add_late_entry("Eva was sick, too.", HOURS_AGO, by=world.admin)
    words = log_page(world.employee, world.laptop).words
    assert "IT has corrected this line later." in words
    assert "sick" not in words
    assert "Corrected by" not in words


def test_an_archived_device_s_log_can_be_added_to(world):
    device = world.laptop.move("report", by=world.admin).move("take_in", by=world.admin)
    device = device.move("recycle", by=world.admin).add_late_entry("Sold.", HOURS_AGO, by=world.admin)
    assert log_of(device)[-1] == "Ada Holm added a late entry: “Sold.”"


def test_the_verbs_refuse_what_the_pages_do(world):
    with pytest.raises(PermissionDenied):
        world.laptop.correct_line(1, "No.", by=world.employee)
    with pytest.raises(PermissionDenied):
        world.laptop.add_late_entry("No.", HOURS_AGO, by=world.globex_admin)
    for line in (0, 5):
        with pytest.raises(Event.DoesNotExist):
            world.laptop.correct_line(line, "No.", by=world.admin)
    with pytest.raises(ValidationError):
        world.laptop.add_late_entry("No.", timezone.now() + timedelta(minutes=1), by=world.admin)


def test_what_somebody_wrote_is_a_text_plate_that_can_be_erased(world):
    world.laptop.add_late_entry("It fell.", HOURS_AGO, by=world.admin)
    Nameplate.objects.filter(kind="text", name="It fell.").update(name="", salt="")
    assert log_of(world.laptop)[-1] == "Ada Holm added a late entry: “(erased)”."
    assert first_fault(world.again().laptop) is None


@pytest.mark.parametrize(
    ("text", "quoted"), [("Sold", "“Sold”."), ("Sold.", "“Sold.”"), ("Sold?", "“Sold?”"), ("Sold”.", "“Sold”.”")]
)
def test_a_line_ends_with_one_full_stop(world, text, quoted):
    world.laptop.add_late_entry(text, HOURS_AGO, by=world.admin)
    assert log_of(world.laptop)[-1] == f"Ada Holm added a late entry: {quoted}"


def test_a_text_may_have_a_thousand_characters_and_no_more(world):
    address = reverse("devices:correct", args=[world.laptop.pk, 1])
    visitor = Visitor(world.admin).open(address).press("Add correction", text="x" * 1001)
    assert "text" in visitor.errors
    visitor.press("Add correction", text="x" * 1000)
    assert visitor.messages == ["Your correction is in the log."]


def test_a_correction_of_a_line_is_not_one_of_another_device_s(world):
    world.phone.correct_line(2, "No.", by=world.admin)
    assert "Corrected" not in log_page(world.admin, world.laptop).words
