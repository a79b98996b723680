"""verify_events: silent on whole logs, and names the first broken line of each that is not."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from devices.chain import first_fault
from devices.models import Event, Nameplate
from tests.factories import DeviceFactory
from tests.test_register import LONG_AGO, change, walls_down


def line(device, sequence):
    return device.events.get(sequence=sequence)


def rewritten(device, sequence, **fields):
    """The line changed, and its digest made anew as somebody would who has read the documentation."""
    event = line(device, sequence)
    for name, value in fields.items():
        setattr(event, name, value)
    change(event, **fields, digest=event.compute_digest(device.uuid.hex))


def whole_chain_made_anew(device):
    """What whoever owns the database can do: every digest from the changed line on, and the head."""
    previous = ""
    for event in device.events.order_by("sequence"):
        event.previous = previous
        previous = event.compute_digest(device.uuid.hex)
        change(event, previous=event.previous, digest=previous)
    change(device, log_digest=previous)


def last(device):
    return device.events.latest("sequence")


# What was done to the laptop's log; what is said, and of which line. The log has three lines and a note.
TAMPERED = {
    "changed": lambda laptop: change(line(laptop, 2), occurred_at=LONG_AGO),
    "changed with its digest": lambda laptop: rewritten(laptop, 2, kind="note_added"),
    "gone from the middle": lambda laptop: line(laptop, 2).delete(),
    "gone from the beginning": lambda laptop: line(laptop, 1).delete(),
    "the end cut off": lambda laptop: last(laptop).delete(),
    "the end cut off, and the head moved": lambda laptop: (
        last(laptop).delete(),
        change(laptop, log_sequence=last(laptop).sequence),
    ),
    "a line too many": lambda laptop: change(laptop, log_sequence=laptop.log_sequence - 1),
    "all of it gone": lambda laptop: (laptop.events.all().delete(), change(laptop, log_sequence=0, log_digest="")),
    "another name": lambda laptop: Nameplate.objects.filter(name="Eva Lind").update(name="Eva Lund"),
    "a name without salt": lambda laptop: Nameplate.objects.filter(name="Eva Lind").update(salt=""),
    "a plate gone": lambda laptop: Nameplate.objects.filter(name="Eva Lind").delete(),
    "another actor": lambda laptop: change(line(laptop, 1), actor=Nameplate.objects.get(name="Bodil Ek")),
}
SAID = {
    "changed": "line 2 of the log has been changed",
    "changed with its digest": "line 3 of the log does not follow the one before",
    "gone from the middle": "line 2 of the log is missing",
    "gone from the beginning": "line 1 of the log is missing",
    "the end cut off": "the log ends with line 3, its head says 4",
    "the end cut off, and the head moved": "line 3, the last of the log, is not the one that its head names",
    "a line too many": "the log ends with line 4, its head says 3",
    "all of it gone": "line 1 of the log is missing",
    "another name": "line 2 of the log holds a name that is not the one that was sealed",
    "a name without salt": "line 2 of the log holds a name that is not the one that was sealed",
    "a plate gone": "line 2 of the log names a plate that is not there",
    "another actor": "line 1 of the log has been changed",
}


def printed(capsys, **options):
    try:
        call_command("verify_events", **options)
    finally:
        out = capsys.readouterr().out
    return out


def test_the_command_says_how_much_it_has_read_of_each_company(world, capsys):
    out = printed(capsys).splitlines()
    assert [text.split(":")[0] for text in out[:3]] == ["acme", "globex", "initech"]
    assert out[-1] == f"{Event.objects.count()} lines read, every log is intact."
    assert len(printed(capsys, company="globex").splitlines()) == 2


def test_nothing_read_is_an_error(db, world):
    with pytest.raises(CommandError, match="0 lines read"):
        call_command("verify_events", company="acmee")


@pytest.mark.parametrize("how", TAMPERED)
def test_whatever_is_done_to_a_log_is_named_once_and_at_its_line(world, capsys, how):
    laptop = world.laptop
    assert laptop.log_sequence == 4
    with walls_down():
        TAMPERED[how](laptop)
        with pytest.raises(CommandError, match="faults found"):
            call_command("verify_events", company="acme")
        found = [text for text in capsys.readouterr().out.splitlines() if f"device {laptop.pk} " in text]
        assert found == [f"acme: device {laptop.pk} (MacBook Pro 14): {SAID[how]}"]
        laptop.refresh_from_db(fields=["log_sequence", "log_digest"])
        assert str(first_fault(laptop)) == SAID[how]


def test_one_broken_log_does_not_hide_another(world, capsys):
    with walls_down():
        change(line(world.laptop, 2), occurred_at=LONG_AGO)
        last(world.monitor).delete()
        with pytest.raises(CommandError, match="2 faults"):
            call_command("verify_events")


def test_a_chain_alone_proves_nothing_against_whoever_owns_the_database(world, capsys):
    """Which is what checkpoints are for."""
    with walls_down():
        change(line(world.laptop, 2), occurred_at=line(world.laptop, 2).occurred_at - timedelta(days=1))
        whole_chain_made_anew(world.laptop)
        assert "every log is intact" in printed(capsys, company="acme")


def test_verifying_reads_in_chunks_however_many_devices_there_are(world, django_assert_max_num_queries):
    with django_assert_max_num_queries(20) as few:
        call_command("verify_events", company="acme")
    DeviceFactory.create_batch(20, company=world.acme, by=world.admin, holder=world.employee)
    with django_assert_max_num_queries(len(few)):
        call_command("verify_events", company="acme")
