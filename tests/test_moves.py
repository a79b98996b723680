"""Every move from every status by everybody, and what each move brings with it."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import clock
from accounts.models import Payor, User
from accounts.models.closable import StillInUse
from devices.models import Assignment, Device, Event, MoveRefused, Note
from repairs.acts import acknowledge_backup, amend, close_mdm_release, lend, replace
from repairs.models import MDMRelease, Repair, ReplacementLoan
from repairs.register import contradictions_between_rows
from tests.world import lent_for, log_of

Status = Device.Status

# Who may do what, from where: the laptop is the employee's, who also reported it. "refused" is a matter of the status
# (MoveRefused), "denied" of the person (PermissionDenied).
TABLE = """
act       person            active    needs_repair  in_repair  recycled
report    employee          done      refused       denied     denied
report    colleague         denied    denied        denied     denied
report    admin             done      refused       refused    refused
report    globex_admin      denied    denied        denied     denied
report    support           denied    denied        denied     denied
revert    employee          refused   done          refused    denied
revert    colleague         denied    denied        denied     denied
revert    admin             refused   done          refused    refused
revert    globex_admin      denied    denied        denied     denied
revert    support           denied    denied        denied     denied
take_in   employee          denied    denied        denied     denied
take_in   colleague         denied    denied        denied     denied
take_in   admin             refused   done          refused    refused
take_in   globex_admin      denied    denied        denied     denied
take_in   support           denied    denied        denied     denied
finish    employee          denied    denied        denied     denied
finish    colleague         denied    denied        denied     denied
finish    admin             refused   refused       done       refused
finish    globex_admin      denied    denied        denied     denied
finish    support           denied    denied        denied     denied
recycle   employee          denied    denied        denied     denied
recycle   colleague         denied    denied        denied     denied
recycle   admin             refused   refused       done       refused
recycle   globex_admin      denied    denied        denied     denied
recycle   support           denied    denied        denied     denied
restore   employee          denied    denied        denied     denied
restore   colleague         denied    denied        denied     denied
restore   admin             refused   refused       refused    done
restore   globex_admin      denied    denied        denied     denied
restore   support           denied    denied        denied     denied
assign    employee          denied    denied        denied     denied
assign    colleague         denied    denied        denied     denied
assign    admin             done      refused       done       refused
assign    globex_admin      denied    denied        denied     denied
assign    support           denied    denied        denied     denied
unassign  employee          denied    denied        denied     denied
unassign  colleague         denied    denied        denied     denied
unassign  admin             done      refused       refused    refused
unassign  globex_admin      denied    denied        denied     denied
unassign  support           denied    denied        denied     denied
edit      employee          denied    denied        denied     denied
edit      colleague         denied    denied        denied     denied
edit      admin             done      done          done       refused
edit      globex_admin      denied    denied        denied     denied
edit      support           denied    denied        denied     denied
note      employee          denied    denied        denied     denied
note      colleague         denied    denied        denied     denied
note      admin             done      done          done       refused
note      globex_admin      denied    denied        denied     denied
note      support           denied    denied        denied     denied
"""
LINES = [line.split() for line in TABLE.strip().splitlines()]
STATUSES = LINES[0][2:]
ANSWERS_OF = {(act, person): dict(zip(STATUSES, answers, strict=True)) for act, person, *answers in LINES[1:]}
ACTS = list(dict.fromkeys(act for act, _person in ANSWERS_OF))
PEOPLE = list(dict.fromkeys(person for _act, person in ANSWERS_OF))
ANSWERS = {"refused": MoveRefused, "denied": PermissionDenied}
LEADS_TO = {
    "report": Status.NEEDS_REPAIR,
    "revert": Status.ACTIVE,
    "take_in": Status.IN_REPAIR,
    "finish": Status.ACTIVE,
    "recycle": Status.RECYCLED,
    "restore": Status.ACTIVE,
    "assign": Status.ACTIVE,
}


def laptop_in(status, world):
    """The employee's laptop after the moves that lead to a status; the employee asked for the repair."""
    device = world.laptop
    if status != Status.ACTIVE:
        device = device.move("report", by=world.employee)
    if status in (Status.IN_REPAIR, Status.RECYCLED):
        device = device.move("take_in", by=world.admin)
    if status == Status.RECYCLED:
        device = device.move("recycle", by=world.admin)
    return device


def act_on(device, act, person, world):
    if act == "assign":
        return device.assign(world.room, world.company_payor, by=person)
    if act == "unassign":
        return device.unassign(by=person)
    if act == "edit":
        return device.edit(by=person, model="Another model")
    if act == "note":
        return device.add_note("A word.", by=person)
    return device.move(act, by=person)


def everything():
    """All rows that a move may touch, to see that nothing was."""
    models = (Device, Assignment, Repair, MDMRelease, ReplacementLoan, Event, Note)
    return [list(model.objects.order_by("pk").values()) for model in models]


def last_repair(device):
    return device.repairs.latest("pk")


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("act", ACTS)
def test_who_may_do_what(world, act, status):
    device = laptop_in(status, world)
    before = everything()
    for name in PEOPLE:
        person, answer = getattr(world, name), ANSWERS_OF[act, name][status]
        if act in Device.transitions():
            assert device.may(act, person) == (answer == "done"), name
        with transaction.atomic():
            if answer == "done":
                after = act_on(device, act, person, world)
                assert after.status == LEADS_TO.get(act, status), name
                assert after.log_sequence > device.log_sequence
                assert Device.objects.get(pk=device.pk)._stored() == after._stored()
                assert list(contradictions_between_rows(world.acme)) == []
            else:
                with pytest.raises(ANSWERS[answer]):
                    act_on(device, act, person, world)
            transaction.set_rollback(answer == "done")
        assert everything() == before, name


def test_every_move_of_the_machine_stands_in_the_table():
    assert set(Device.transitions()) <= set(ACTS)
    assert set(STATUSES) == set(Status.values)


# Report


def test_a_report_opens_a_repair_that_remembers_holder_and_payor(world):
    device = world.laptop.move("report", by=world.employee, problem="screen", description="It flickers.")
    repair = device.repairs.get()
    assert repair.is_open
    assert repair.reporter == device.reported_by == world.employee
    assert (repair.problem, repair.description) == ("screen", "It flickers.")
    assert (repair.holder, repair.payor) == (world.employee, world.employee_payor)
    assert (device.holder, device.payor) == (world.employee, world.employee_payor)
    assert log_of(device, since=world.laptop) == ["Eva Lind reported device in need of repair."]


@pytest.mark.parametrize("name", ["monitor", "spare"])
def test_only_admins_report_what_no_user_holds(world, name):
    device = getattr(world, name)
    with pytest.raises(PermissionDenied):
        device.move("report", by=world.employee)
    device = device.move("report", by=world.admin)
    assert device.repairs.get().backup_is_up_to(world.admin)


def test_an_inactive_holder_reports_nothing(world):
    User.objects.filter(pk=world.employee.pk).update(is_active=False)
    with pytest.raises(PermissionDenied):
        world.laptop.move("report", by=world.again().employee)


def test_the_request_can_be_amended_until_intake(world):
    device = world.laptop.move("report", by=world.employee)
    for person in (world.colleague, world.globex_admin, world.support):
        with pytest.raises(PermissionDenied):
            amend(device.repairs.get(), by=person, problem="sound", description="")
    amend(device.repairs.get(), by=world.employee, problem="battery", description="It dies.")
    assert device.repairs.get().problem == "battery"
    device = device.move("take_in", by=world.admin)
    with pytest.raises(MoveRefused):
        amend(device.repairs.get(), by=world.employee, problem="screen", description="")
    assert device.repairs.get().problem == "battery"


# Revert


def test_a_revert_closes_the_repair_and_leaves_holder_and_payor(world):
    device = world.laptop.move("report", by=world.employee).move("revert", by=world.admin)
    repair = device.repairs.get()
    assert (repair.outcome, repair.closed_by) == ("not_needed", world.admin)
    assert (device.holder, device.payor) == (world.employee, world.employee_payor)
    assert device.reported_by is None
    assert log_of(device, since=world.laptop)[1:] == ["Ada Holm marked device as not in repair."]


def test_the_reporter_may_revert_what_they_do_not_hold(world):
    device = world.laptop.move("report", by=world.admin)
    world.admin.set_role("employee", by=world.second_admin)
    device = device.move("revert", by=User.objects.get(pk=world.admin.pk))
    assert device.status == Status.ACTIVE


def test_the_holder_may_revert_what_an_admin_reported(world):
    device = world.laptop.move("report", by=world.admin).move("revert", by=world.employee)
    assert device.status == Status.ACTIVE


# Intake


def test_intake_unassigns_changes_the_payor_and_asks_for_the_mdm_release(world):
    reported = world.laptop.move("report", by=world.employee)
    device = reported.move("take_in", by=world.admin)
    assert (device.holder, device.payor) == (None, world.company_payor)
    assert (device.last_holder, device.last_payor) == (world.employee, world.employee_payor)
    assert device.payor_kind == "company"
    stay = device.assignments.get()
    assert stay.user == world.employee
    assert stay.ended_at is not None
    repair = device.repairs.get()
    assert repair.is_open
    assert repair.taken_in_by == world.admin
    assert (repair.holder, repair.payor) == (world.employee, world.employee_payor)
    assert repair.mdm_release.is_open
    assert repair.mdm_release.requested_of == world.admin
    assert log_of(device, since=reported) == [
        "Ada Holm moved device to In repair.",
        "Ada Holm unassigned device from Eva Lind.",
        "Ada Holm changed payor from Employee to Company.",
        "Ada Holm was asked to release device from MDM.",
    ]


def test_a_step_that_changes_nothing_has_no_line(world):
    reported = world.phone.move("report", by=world.admin)
    device = reported.move("take_in", by=world.admin)
    assert log_of(device, since=reported) == [
        "Ada Holm moved device to In repair.",
        "Ada Holm unassigned device from Eva Lind.",
        "Ada Holm was asked to release device from MDM.",
    ]
    reported = world.spare.move("report", by=world.admin)
    device = reported.move("take_in", by=world.admin)
    assert log_of(device, since=reported) == [
        "Ada Holm moved device to In repair.",
        "Ada Holm changed payor from none to Company.",
        "Ada Holm was asked to release device from MDM.",
    ]


def test_the_company_chooses_who_pays_in_repair(world):
    world.acme.set_repair_payor(world.cost_centre, by=world.admin)
    world.again()
    device = laptop_in(Status.IN_REPAIR, world)
    assert device.payor == world.cost_centre
    assert "Ada Holm changed payor from Employee to Cost centre 4711." in log_of(device)
    assert world.tablet.unassign(by=world.admin).payor == world.cost_centre


@pytest.mark.parametrize("name", ["employee_payor", "globex_payor"])
def test_employee_and_strangers_never_pay_in_repair(world, name):
    with pytest.raises(ValidationError):
        world.acme.set_repair_payor(getattr(world, name), by=world.admin)
    assert world.again().acme.repair_payor == world.company_payor


# Finish


def test_a_finish_leaves_the_device_unassigned_and_the_prompt_settled(world):
    in_repair = laptop_in(Status.IN_REPAIR, world)
    device = in_repair.move("finish", by=world.second_admin)
    assert (device.holder, device.payor) == (None, world.company_payor)
    assert device.returned_from_repair
    repair = device.repairs.get()
    assert (repair.outcome, repair.closed_by) == ("repaired", world.second_admin)
    assert repair.mdm_release.state == "not_needed"
    assert device in Device.objects.unassigned()
    assert log_of(device, since=in_repair) == ["Bodil Ek marked device as not in repair."]


def test_a_release_that_was_done_stays_done(world):
    device = laptop_in(Status.IN_REPAIR, world)
    close_mdm_release(device.repairs.get().mdm_release, "released", by=world.admin)
    device = device.move("finish", by=world.admin)
    assert device.repairs.get().mdm_release.state == "released"


def test_the_first_assignment_after_a_finish_says_repaired(world):
    device = finished = laptop_in(Status.IN_REPAIR, world).move("finish", by=world.admin)
    device = device.assign(world.employee, world.employee_payor, by=world.admin)
    assert log_of(device, since=finished) == [
        "Ada Holm assigned repaired device to Eva Lind.",
        "Ada Holm changed payor from Company to Employee.",
    ]
    assert not device.returned_from_repair
    assert device.reported_by is None
    again = device.unassign(by=world.admin).assign(world.shelf, world.company_payor, by=world.admin)
    assert log_of(again)[-1] == "Ada Holm assigned device to Stock shelf."


def test_a_request_taken_back_in_between_does_not_cost_the_word_repaired(world):
    device = laptop_in(Status.IN_REPAIR, world).move("finish", by=world.admin)
    device = device.move("report", by=world.admin).move("revert", by=world.admin)
    device = device.assign(world.room, world.company_payor, by=world.admin)
    assert log_of(device)[-1] == "Ada Holm assigned repaired device to Meeting room Birch."


def test_assigning_in_repair_finishes_in_the_same_act_with_one_line(world):
    in_repair = laptop_in(Status.IN_REPAIR, world)
    device = in_repair.assign(world.employee, world.employee_payor, by=world.admin)
    assert (device.status, device.holder, device.payor) == ("active", world.employee, world.employee_payor)
    assert device.repairs.get().outcome == "repaired"
    assert not device.returned_from_repair
    assert device.reported_by is None
    assert log_of(device, since=in_repair) == [
        "Ada Holm assigned repaired device to Eva Lind.",
        "Ada Holm changed payor from Company to Employee.",
    ]


def test_the_fixed_wording_for_a_space(world):
    in_repair = laptop_in(Status.IN_REPAIR, world)
    device = in_repair.assign(world.shelf, world.company_payor, by=world.admin)
    assert log_of(device, since=in_repair) == ["Ada Holm assigned repaired device to Stock shelf."]


def test_a_repair_is_not_finished_by_an_assignment_that_is_refused(world):
    device = laptop_in(Status.IN_REPAIR, world)
    before = everything()
    with pytest.raises(ValidationError):
        device.assign(world.shelf, world.employee_payor, by=world.admin)
    assert everything() == before


# Recycle and restore


def test_removing_archives_and_closes_the_repair(world):
    in_repair = laptop_in(Status.IN_REPAIR, world)
    device = in_repair.move("recycle", by=world.admin)
    assert device.is_archived
    assert device.archived_at is not None
    repair = device.repairs.get()
    assert (repair.outcome, repair.may_order, repair.replacement) == ("recycled", False, None)
    assert device not in Device.objects.in_use()
    assert log_of(device, since=in_repair) == ["Ada Holm removed device from Velory."]


def test_removing_as_replaced_lets_the_previous_user_order(world):
    device = laptop_in(Status.IN_REPAIR, world).move("recycle", by=world.admin, outcome="replaced")
    repair = device.repairs.get()
    assert (repair.outcome, repair.may_order, repair.replacement) == ("replaced", True, None)


def test_the_mdm_prompt_outlives_the_removal(world):
    device = laptop_in(Status.RECYCLED, world)
    release = device.repairs.get().mdm_release
    assert release.is_open
    close_mdm_release(release, "released", by=world.admin)
    assert log_of(device)[-1] == "Ada Holm released device from MDM."


def test_restoring_brings_it_back_unassigned_and_leaves_its_repair(world):
    removed = laptop_in(Status.RECYCLED, world)
    device = removed.move("restore", by=world.admin)
    assert (device.status, device.holder, device.payor) == ("active", None, world.company_payor)
    assert device.archived_at is None
    assert device.repairs.get().outcome == "recycled"
    assert log_of(device, since=removed) == ["Ada Holm restored device to Velory."]
    device = device.assign(world.colleague, world.cost_centre, by=world.admin)
    assert "Ada Holm assigned device to Carl Berg." in log_of(device)


# Replacement


def test_a_replacement_is_registered_handed_over_and_linked_in_one_act(world):
    old = laptop_in(Status.IN_REPAIR, world)
    new = replace(
        old,
        by=world.admin,
        holder=world.employee,
        payor=world.employee_payor,
        name="MacBook Air",
        serial_number="NEW-1",
    )
    assert (new.holder, new.payor) == (world.employee, world.employee_payor)
    repair = old.repairs.get()
    assert (repair.outcome, repair.replacement, repair.may_order) == ("replaced", new, False)
    assert Device.objects.get(pk=old.pk).is_archived
    assert log_of(Device.objects.get(pk=old.pk), since=old) == [
        "Ada Holm registered MacBook Air as replacement.",
        "Ada Holm removed device from Velory.",
    ]
    assert log_of(new) == [
        "Ada Holm registered device.",
        "Ada Holm assigned device to Eva Lind.",
        "Ada Holm changed payor from none to Employee.",
    ]


def test_a_replacement_that_cannot_be_registered_leaves_the_old_one_in_repair(world):
    old = laptop_in(Status.IN_REPAIR, world)
    before = everything()
    with pytest.raises(ValidationError):
        replace(
            old,
            by=world.admin,
            holder=world.employee,
            payor=world.employee_payor,
            name="Twin",
            serial_number=world.phone.serial_number,
        )
    assert everything() == before


@pytest.mark.parametrize("status", ["active", "needs_repair", "recycled"])
def test_only_what_is_in_repair_is_replaced(world, status):
    old = laptop_in(status, world)
    before = everything()
    with pytest.raises(MoveRefused):
        replace(old, by=world.admin, holder=world.employee, payor=world.employee_payor, name="MacBook Air")
    assert everything() == before


def test_a_payor_that_was_closed_while_the_device_was_archived_pays_no_more(world):
    world.acme.set_repair_payor(world.cost_centre, by=world.admin)
    device = laptop_in(Status.RECYCLED, world)
    world.acme.set_repair_payor(world.company_payor, by=world.admin)
    world.tablet.assign(world.colleague, world.company_payor, by=world.admin)
    world.again().cost_centre.remove(by=world.admin)
    device = device.move("restore", by=world.admin)
    assert device.payor == world.company_payor
    assert log_of(device)[-2:] == [
        "Ada Holm restored device to Velory.",
        "Ada Holm changed payor from Cost centre 4711 to Company.",
    ]


def test_a_holder_needs_a_payor_and_a_payor_a_holder(world):
    for alone in ({"holder": world.employee}, {"payor": world.company_payor}):
        with pytest.raises(ValidationError):
            Device.objects.register(world.acme, by=world.admin, name="Half", **alone)


# Lending


def test_lending_says_so_in_both_logs_and_is_seen_until_it_comes_back(world):
    broken = laptop_in(Status.IN_REPAIR, world)
    lent = lend(world.spare, broken.repairs.get(), world.company_payor, by=world.admin)
    assert lent.holder == world.employee
    assert log_of(lent, since=world.spare) == [
        "Ada Holm assigned device to Eva Lind.",
        "Ada Holm changed payor from none to Company.",
    ]
    assert log_of(Device.objects.get(pk=broken.pk))[-1] == "Ada Holm assigned ThinkPad X1 as replacement to Eva Lind."
    assert lent_for(broken) == [lent]
    assert lent_for(world.phone) == []
    broken.assign(world.employee, world.employee_payor, by=world.admin)
    assert lent_for(broken) == [lent]
    lent.unassign(by=world.admin)
    assert lent_for(broken) == []


def test_the_same_replacement_is_not_lent_twice(world):
    repair = laptop_in(Status.IN_REPAIR, world).repairs.get()
    lend(world.spare, repair, world.company_payor, by=world.admin)
    before = everything()
    for payor in (world.company_payor, world.cost_centre):
        with pytest.raises(MoveRefused):
            lend(world.spare, repair, payor, by=world.admin)
    assert everything() == before


def test_nothing_is_lent_for_a_repair_that_is_over_or_took_nothing(world):
    over = laptop_in(Status.IN_REPAIR, world).move("finish", by=world.admin).repairs.get()
    of_a_space = world.monitor.move("report", by=world.admin).repairs.get()
    for repair in (over, of_a_space):
        with pytest.raises(ValidationError):
            lend(world.spare, repair, world.company_payor, by=world.admin)


def test_nothing_is_lent_across_companies(world):
    theirs = world.globex_laptop.move("report", by=world.globex_admin).repairs.get()
    with pytest.raises(ValidationError):
        lend(world.spare, theirs, world.company_payor, by=world.admin)
    with pytest.raises(PermissionDenied):
        lend(world.spare, theirs, world.company_payor, by=world.globex_admin)


# Backup


@pytest.mark.parametrize(
    ("how", "line"),
    [
        ("done", "Eva Lind confirmed a backup."),
        ("impossible", "Eva Lind could not back up device: it does not start."),
    ],
)
def test_the_holder_answers_the_backup_prompt_once(world, how, line):
    device = world.laptop.move("report", by=world.admin)
    repair = device.repairs.get()
    assert repair.wants_backup
    acknowledge_backup(repair, how, by=world.employee)
    repair = device.repairs.get()
    assert (repair.backup, repair.backup_by) == (how, world.employee)
    assert not repair.wants_backup
    assert log_of(device)[-1] == line
    with pytest.raises(MoveRefused):
        acknowledge_backup(repair, "done", by=world.admin)


@pytest.mark.parametrize("person", ["colleague", "globex_admin", "support"])
def test_nobody_else_answers_for_the_holder(world, person):
    repair = world.laptop.move("report", by=world.employee).repairs.get()
    with pytest.raises(PermissionDenied):
        acknowledge_backup(repair, "done", by=getattr(world, person))
    acknowledge_backup(repair, "done", by=world.second_admin)


@pytest.mark.parametrize("verb", ["revert", "take_in"])
def test_the_backup_prompt_goes_with_revert_and_intake(world, verb):
    device = world.laptop.move("report", by=world.employee).move(verb, by=world.admin)
    repair = device.repairs.get()
    assert not repair.wants_backup
    with pytest.raises(MoveRefused):
        acknowledge_backup(repair, "done", by=world.employee)


# MDM release


@pytest.mark.parametrize(
    ("state", "line"),
    [
        ("released", "Bodil Ek released device from MDM."),
        ("not_enrolled", "Bodil Ek marked device as not enrolled in MDM."),
    ],
)
def test_an_admin_answers_the_mdm_prompt_once(world, state, line):
    device = laptop_in(Status.IN_REPAIR, world)
    release = device.repairs.get().mdm_release
    for person in (world.employee, world.globex_admin, world.support):
        with pytest.raises(PermissionDenied):
            close_mdm_release(release, state, by=person)
    close_mdm_release(release, state, by=world.second_admin)
    release = device.repairs.get().mdm_release
    assert (release.state, release.closed_by) == (state, world.second_admin)
    assert log_of(device)[-1] == line
    with pytest.raises(MoveRefused):
        close_mdm_release(release, "released", by=world.admin)


# Stale pages


def test_a_page_of_an_earlier_repair_cannot_act_on_the_next(world):
    first = world.laptop.move("report", by=world.employee)
    first.move("revert", by=world.employee).move("report", by=world.employee)
    before = everything()
    with pytest.raises(MoveRefused, match="MacBook Pro 14 has changed since you opened the page"):
        world.laptop.move("take_in", by=world.admin, seen=first.revision)
    assert everything() == before


def test_a_page_that_shows_another_holder_cannot_assign(world):
    seen = world.tablet.revision
    world.tablet.assign(world.room, world.company_payor, by=world.admin)
    before = everything()
    for act in (
        lambda: world.tablet.assign(world.shelf, world.company_payor, by=world.admin, seen=seen),
        lambda: world.tablet.unassign(by=world.admin, seen=seen),
    ):
        with pytest.raises(MoveRefused):
            act()
    assert everything() == before


def test_a_stale_page_tells_a_stranger_nothing(world):
    for person in (world.globex_admin, world.support):
        with pytest.raises(PermissionDenied):
            world.laptop.move("report", by=person, seen=world.laptop.revision + 1)


def test_every_move_and_assignment_makes_a_page_stale_and_a_note_does_not(world):
    device, seen = world.laptop, world.laptop.revision
    for change in (
        partial(device.move, "report", by=world.employee),
        partial(device.move, "take_in", by=world.admin),
        partial(device.assign, world.colleague, world.cost_centre, by=world.admin),
        partial(device.assign, world.colleague, world.company_payor, by=world.admin),
        partial(device.unassign, by=world.admin),
    ):
        assert change(seen=seen).revision > seen
        with pytest.raises(MoveRefused):
            change(seen=seen)
        seen = Device.objects.get(pk=device.pk).revision
    assert device.add_note("A word.", by=world.admin).revision == seen


def test_a_stale_copy_overwrites_nothing(world):
    stale = Device.objects.get(pk=world.laptop.pk)
    world.laptop.edit(by=world.admin, name="Renamed")
    device = stale.move("report", by=world.employee)
    assert device.name == "Renamed"
    assert Device.objects.get(pk=device.pk).name == "Renamed"


# Assigning


def test_another_payor_for_the_same_holder_is_no_new_stay(world):
    device = world.laptop.assign(world.employee, world.cost_centre, by=world.admin)
    assert device.assignments.count() == 1
    assert log_of(device, since=world.laptop) == ["Ada Holm changed payor from Employee to Cost centre 4711."]
    with pytest.raises(MoveRefused, match="assigned to Eva Lind already"):
        device.assign(world.employee, world.cost_centre, by=world.admin)


def test_moving_from_hand_to_hand_closes_one_stay_and_opens_the_next(world):
    device = world.laptop.assign(world.shelf, world.company_payor, by=world.admin)
    assert device.holder == world.shelf
    assert (device.last_holder, device.last_payor) == (world.employee, world.employee_payor)
    assert [stay.holder for stay in device.assignments.order_by("pk")] == [world.employee, world.shelf]
    assert log_of(device, since=world.laptop) == [
        "Ada Holm unassigned device from Eva Lind.",
        "Ada Holm assigned device to Stock shelf.",
        "Ada Holm changed payor from Employee to Company.",
    ]


def test_unassigning_by_any_road_sets_the_repair_payor(world):
    device = world.laptop.unassign(by=world.admin)
    assert (device.holder, device.payor, device.last_payor) == (None, world.company_payor, world.employee_payor)
    assert log_of(device, since=world.laptop) == [
        "Ada Holm unassigned device from Eva Lind.",
        "Ada Holm changed payor from Employee to Company.",
    ]


def close(thing):
    type(thing).objects.filter(pk=thing.pk).update(
        **{"is_active": False} if isinstance(thing, User) else {"closed_at": timezone.now()}
    )


@pytest.mark.parametrize(
    ("to", "payor", "closed"),
    [
        ("colleague", "company_payor", "colleague"),
        ("room", "company_payor", "room"),
        ("colleague", "cost_centre", "cost_centre"),
        ("room", "employee_payor", None),
        ("globex_employee", "company_payor", None),
        ("globex_shelf", "company_payor", None),
        ("support", "company_payor", None),
        ("colleague", "globex_payor", None),
    ],
)
def test_only_whoever_is_there_may_hold_and_pay(world, to, payor, closed):
    if closed:
        close(getattr(world, closed))
        world.again()
    before = everything()
    with pytest.raises(ValidationError):
        world.laptop.assign(getattr(world, to), getattr(world, payor), by=world.admin)
    assert everything() == before


def test_the_previous_holder_may_be_gone(world):
    device = laptop_in(Status.IN_REPAIR, world)
    assert device.last_holder_is_available
    world.phone.unassign(by=world.admin)
    world.employee.deactivate(by=world.admin)
    device = Device.objects.with_people().get(pk=device.pk)
    assert not device.last_holder_is_available
    assert not world.spare.last_holder_is_available


# The gate


@pytest.mark.parametrize("closed", [{"plan": "trial"}, {"repair_flow_released": False}])
def test_behind_the_gate_nothing_begins_but_everything_ends(world, closed):
    waiting = world.phone.move("report", by=world.employee)
    type(world.acme).objects.filter(pk=world.acme.pk).update(**closed)
    world.again()
    waiting = Device.objects.get(pk=waiting.pk)
    for device, verb, person in (
        (world.laptop, "report", world.employee),
        (world.laptop, "report", world.admin),
        (waiting, "take_in", world.admin),
    ):
        assert not device.may(verb, person)
        with pytest.raises(PermissionDenied, match="not activated"):
            device.move(verb, by=person)
    assert waiting.move("revert", by=world.employee).status == Status.ACTIVE


@pytest.mark.parametrize("end", ["finish", "recycle", "assign", "replace"])
def test_what_is_in_repair_can_be_ended_behind_the_gate(world, end):
    device = laptop_in(Status.IN_REPAIR, world)
    type(world.acme).objects.update(repair_flow_released=False)
    world.again()
    close_mdm_release(device.repairs.get().mdm_release, "released", by=world.admin)
    if end == "replace":
        replace(device, by=world.admin, holder=world.employee, payor=world.employee_payor, name="MacBook Air")
    else:
        act_on(device, end, world.admin, world)
    assert not device.repairs.get().is_open
    if end == "recycle":
        assert Device.objects.get(pk=device.pk).move("restore", by=world.admin).status == Status.ACTIVE


def test_a_company_that_was_not_released_has_no_flow(world):
    with pytest.raises(PermissionDenied):
        world.initech_laptop.move("report", by=world.initech_employee)
    assert world.initech_laptop.unassign(by=world.initech_admin).holder is None


# Who sees a device


def seen_by(person):
    return set(Device.objects.visible_to(person).values_list("name", flat=True))


def test_everybody_sees_their_own_company_only(world):
    assert seen_by(world.employee) == {"MacBook Pro 14", "iPhone 15"}
    assert seen_by(world.colleague) == {"Galaxy Tab S9"}
    assert len(seen_by(world.admin)) == 5
    assert seen_by(world.globex_admin) == seen_by(world.globex_employee) == {"Latitude 7440"}
    assert seen_by(world.support) == set()


def test_a_device_in_repair_stays_in_sight_until_somebody_has_it(world):
    device = laptop_in(Status.IN_REPAIR, world)
    assert "MacBook Pro 14" in seen_by(world.employee)
    device = device.move("finish", by=world.admin)
    assert "MacBook Pro 14" in seen_by(world.employee)
    device.assign(world.colleague, world.company_payor, by=world.admin)
    assert "MacBook Pro 14" not in seen_by(world.employee)
    assert "MacBook Pro 14" in seen_by(world.colleague)


def test_an_archived_device_is_for_admins(world):
    laptop_in(Status.RECYCLED, world)
    assert "MacBook Pro 14" not in seen_by(world.employee)
    assert "MacBook Pro 14" in seen_by(world.admin)


def test_whoever_had_a_device_long_ago_does_not_see_its_next_repair(world):
    device = world.laptop.unassign(by=world.admin)
    assert "MacBook Pro 14" not in seen_by(world.employee)
    device = device.move("report", by=world.admin).move("take_in", by=world.admin)
    assert "MacBook Pro 14" not in seen_by(world.employee)
    device.move("finish", by=world.admin)
    assert "MacBook Pro 14" not in seen_by(world.employee)


def test_a_second_repair_before_it_is_back_keeps_the_first_ones_owner(world):
    device = laptop_in(Status.IN_REPAIR, world).move("finish", by=world.admin)
    device = device.move("report", by=world.admin)
    assert "MacBook Pro 14" in seen_by(world.employee)
    device = device.move("take_in", by=world.admin)
    assert device.last_holder == world.employee
    assert "MacBook Pro 14" in seen_by(world.employee)


# Leaving


def test_somebody_who_holds_devices_leaves_only_on_purpose(world):
    with pytest.raises(StillInUse, match="2 devices still belong to Eva Lind") as refusal:
        world.employee.deactivate(by=world.admin)
    assert set(refusal.value.things) == {world.laptop, world.phone}
    world.employee.deactivate(by=world.admin, unassign=True)
    world.again()
    assert not world.employee.is_active
    assert (world.laptop.holder, world.phone.holder) == (None, None)
    assert "Ada Holm unassigned device from Eva Lind." in log_of(world.laptop)


def test_what_waits_for_repair_keeps_its_holder_and_all_their_devices(world):
    world.laptop.move("report", by=world.employee)
    before = everything()
    with pytest.raises(MoveRefused):
        world.employee.deactivate(by=world.admin, unassign=True)
    assert everything() == before
    assert world.again().employee.is_active


def test_support_staff_deactivate_whoever_holds_something(world):
    world.employee.deactivate(by=world.support)
    assert not world.again().employee.is_active
    assert world.laptop.holder == world.employee


def test_the_last_admin_stays(world):
    world.admin.set_role("employee", by=world.second_admin)
    with pytest.raises(StillInUse):
        world.second_admin.set_role("employee", by=world.second_admin)
    with pytest.raises(StillInUse):
        world.second_admin.deactivate(by=world.support)
    with pytest.raises(StillInUse):
        world.globex_admin.remove(by=world.globex_admin)
    world.second_admin.set_role("admin", by=world.second_admin)


def test_only_their_admin_lets_somebody_go(world):
    for person in (world.colleague, world.globex_admin):
        with pytest.raises(PermissionDenied):
            world.employee.deactivate(by=person, unassign=True)


def test_used_spaces_and_payors_are_closed_and_unused_ones_deleted(world):
    with pytest.raises(StillInUse) as refusal:
        world.shelf.remove(by=world.admin)
    assert refusal.value.things == [world.monitor]
    world.monitor.unassign(by=world.admin)
    assert world.shelf.remove(by=world.admin) is False
    assert not world.again().shelf.is_open
    assert world.room.remove(by=world.admin) is True

    with pytest.raises(StillInUse) as refusal:
        world.cost_centre.remove(by=world.admin)
    assert refusal.value.things == [world.tablet]
    world.tablet.unassign(by=world.admin)
    assert world.cost_centre.remove(by=world.admin) is False  # the tablet remembers who paid
    assert Payor.objects.create(company=world.acme, name="Unused").remove(by=world.admin) is True


@pytest.mark.parametrize("name", ["company_payor", "employee_payor"])
def test_the_first_two_payors_stay(world, name):
    with pytest.raises(StillInUse):
        getattr(world, name).remove(by=world.admin)


def test_the_repair_payor_stays(world):
    world.tablet.unassign(by=world.admin)
    world.acme.set_repair_payor(world.cost_centre, by=world.admin)
    with pytest.raises(StillInUse):
        world.cost_centre.remove(by=world.admin)


# Registering and describing


def test_registering_is_for_the_companys_admins(world):
    for person in (world.employee, world.globex_admin, world.support):
        with pytest.raises(PermissionDenied):
            Device.objects.register(world.acme, by=person, name="Camera")
    device = Device.objects.register(world.acme, by=world.admin, name="Camera")
    assert (device.status, device.holder, device.payor) == ("active", None, None)
    assert log_of(device) == ["Ada Holm registered device."]


@pytest.mark.parametrize("twin", ["C02-XK1 AAA", "c02xk1aaa", " C02 XK1-AAA ", "C02‑XK1–AAA", "Ｃ02XK1AAA"])
def test_a_serial_number_is_unique_however_it_is_written(world, twin):
    laptop_in(Status.RECYCLED, world)  # archived devices included
    with pytest.raises(ValidationError) as refusal:
        Device.objects.register(world.acme, by=world.admin, name="Twin", serial_number=twin)
    error = refusal.value.error_dict["serial_number"][0]
    assert error.params["device"] == world.laptop
    with pytest.raises(ValidationError):
        world.phone.edit(by=world.admin, serial_number=twin)
    Device.objects.register(world.initech, by=world.initech_admin, name="Twin", serial_number=twin)


def test_an_asset_tag_is_unique_too_and_blank_ones_are_not(world):
    with pytest.raises(ValidationError) as refusal:
        world.phone.edit(by=world.admin, asset_tag="a 1001")
    assert "asset_tag" in refusal.value.error_dict
    for name in ("One", "Two"):
        Device.objects.register(world.acme, by=world.admin, name=name)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"serial_number": "\ufdfa" * 100},  # each becomes fifteen letters
        {"purchase_cost": "a lot"},
        {"purchase_date": "yesterday"},
    ],
)
def test_a_description_that_cannot_be_stored_is_refused(world, fields):
    before = everything()
    with pytest.raises(ValidationError):
        Device.objects.register(world.acme, by=world.admin, **{"name": "Camera", **fields})
    with pytest.raises(ValidationError):
        world.phone.edit(by=world.admin, **fields)
    assert everything() == before


def test_an_edit_writes_one_line_for_each_field_that_changes(world):
    device = world.laptop.edit(
        by=world.admin, name="MacBook Pro 16", category="Laptop", model="", purchase_cost=world.laptop.purchase_cost
    )
    assert log_of(device, since=world.laptop) == [
        "Ada Holm changed name from MacBook Pro 14 to MacBook Pro 16.",
        "Ada Holm changed model from MacBook Pro to none.",
    ]
    assert device.revision == world.laptop.revision


def test_a_note_is_kept_with_its_author(world):
    device = world.phone.add_note("Came without a charger.", by=world.second_admin)
    note = device.notes.get()
    assert (note.text, note.author) == ("Came without a charger.", world.second_admin)
    assert log_of(device)[-1] == "Bodil Ek added a note."


def test_a_move_reads_the_one_clock(world):
    moment = timezone.now() - timedelta(days=3)
    with clock.at(moment):
        device = world.laptop.move("report", by=world.employee)
    assert device.status_since == moment
    assert device.repairs.get().opened_at == moment
    assert device.events.get(kind="reported").occurred_at == moment
