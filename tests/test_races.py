"""Two people act at the same moment, on connections of their own: one effect, and a clear refusal for the others.

A short round runs with the suite; `make races` runs longer ones (VELORY_RACES is the number of rounds of each).
"""

import os
import uuid
from collections import Counter
from functools import partial, wraps
from threading import Barrier, Thread

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from accounts.models import User
from accounts.models.closable import Refused
from devices.models import Device
from repairs.acts import acknowledge_backup, close_mdm_release, lend, replace
from repairs.models import Repair
from repairs.register import contradictions
from tests.factories import DeviceFactory, PayorFactory, SpaceFactory, UserFactory

ROUNDS = int(os.environ.get("VELORY_RACES", 3))
# What the loser of a race may hear. Anything else would be a server error.
REFUSALS = (Refused, ValidationError, PermissionDenied)


def race(*acts):
    """Carry out the acts at the same moment. Returns how often each answer came: "done", or a refusal's name."""
    start, answers, accidents = Barrier(len(acts)), [], []

    def run(act):
        try:
            start.wait(timeout=10)
            act()
            answers.append("done")
        except REFUSALS as refusal:
            answers.append(type(refusal).__name__)
        except Exception as accident:
            accidents.append(accident)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert accidents == []
    assert len(answers) == len(acts)
    return Counter(answers)


def person(row):
    """As a request of theirs loads them."""
    return User.objects.select_related("company").get(pk=row.pk)


@pytest.fixture
def arena(live_world):
    """The cast, with new devices of Acme on demand."""
    defaults = {"by": live_world.admin, "holder": live_world.employee}
    live_world.device = lambda **fields: DeviceFactory(**{**defaults, **fields})
    yield live_world
    assert list(contradictions(live_world.acme)) == []


def in_rounds(test):
    """Run the race again and again, with the same people in the same roles."""

    @wraps(test)
    def rounds(arena):
        people = User.objects.filter(company=arena.acme)
        before = list(people)
        for _ in range(ROUNDS):
            test(arena)
            User.objects.bulk_update(before, ["role", "is_active", "full_name"])

    return rounds


@in_rounds
def test_two_admins_take_the_same_device_in(arena):
    device = arena.device(status="needs_repair")

    admins = person(arena.admin), person(arena.second_admin)
    answers = race(*[partial(device.move, "take_in", by=admin) for admin in admins * 2])
    assert answers == {"done": 1, "MoveRefused": 3}
    assert device.events.filter(kind="taken_in").count() == 1
    assert device.repairs.get().mdm_release.is_open


@in_rounds
def test_one_reports_while_the_other_does_too(arena):
    device = arena.device()
    answers = race(*[lambda: device.move("report", by=person(arena.employee))] * 4)
    assert answers == {"done": 1, "MoveRefused": 3}
    assert device.repairs.count() == 1


@in_rounds
def test_intake_against_revert(arena):
    device = arena.device(status="needs_repair")
    answers = race(
        lambda: device.move("take_in", by=person(arena.admin)),
        lambda: device.move("revert", by=person(arena.second_admin)),
    )
    assert answers == {"done": 1, "MoveRefused": 1}
    assert Device.objects.get(pk=device.pk).status in ("in_repair", "active")


@in_rounds
def test_report_against_unassign(arena):
    device = arena.device()
    answers = race(
        lambda: device.move("report", by=person(arena.admin)),
        lambda: device.unassign(by=person(arena.second_admin)),
    )
    assert answers["done"] >= 1  # unassigned first, an admin may still report it
    assert Device.objects.get(pk=device.pk).status == "needs_repair"


@in_rounds
def test_two_finish_the_same_repair_in_different_ways(arena):
    device = arena.device(status="in_repair")
    answers = race(
        lambda: device.move("finish", by=person(arena.admin), seen=device.revision),
        lambda: device.move("recycle", by=person(arena.admin), seen=device.revision),
        lambda: device.assign(arena.room, arena.company_payor, by=person(arena.second_admin), seen=device.revision),
        lambda: replace(
            device, by=person(arena.second_admin), seen=device.revision, holder=None, payor=None, name="New one"
        ),
    )
    assert answers == {"done": 1, "MoveRefused": 3}
    assert device.repairs.get().outcome != ""
    assert Device.objects.filter(name="New one").count() == Repair.objects.filter(outcome="replaced").count()


@in_rounds
def test_two_admins_give_the_same_device_to_different_people(arena):
    device = arena.device(holder=None)
    answers = race(
        lambda: device.assign(arena.colleague, arena.company_payor, by=person(arena.admin), seen=device.revision),
        lambda: device.assign(arena.room, arena.company_payor, by=person(arena.second_admin), seen=device.revision),
    )
    assert answers == {"done": 1, "MoveRefused": 1}
    assert device.assignments.count() == 1


@in_rounds
def test_whoever_had_to_wait_names_in_the_log_who_really_held_it(arena):
    device = arena.device()
    race(
        *[
            partial(device.assign, to, arena.company_payor, by=person(admin))
            for to, admin in ((arena.colleague, arena.admin), (arena.shelf, arena.second_admin))
        ]
    )
    held = ""
    for event in device.events.order_by("sequence").with_names():
        if event.kind in ("assigned", "unassigned"):
            name = event.plates[event.details["holder"]].name
            assert event.kind == "assigned" or name == held
            held = name


@in_rounds
def test_everybody_writes_into_the_same_log(arena):
    device = arena.device()
    before = device.log_sequence
    answers = race(
        *[partial(lambda word: device.add_note(word, by=person(arena.admin)), f"Word {i}") for i in range(6)]
    )
    assert answers == {"done": 6}
    assert Device.objects.get(pk=device.pk).log_sequence == before + 6


@in_rounds
def test_somebody_leaves_while_a_device_comes(arena):
    device = arena.device(holder=None)
    answers = race(
        lambda: device.assign(arena.colleague, arena.company_payor, by=person(arena.admin)),
        lambda: person(arena.colleague).deactivate(by=person(arena.second_admin), unassign=True),
    )
    gone = not person(arena.colleague).is_active
    device = Device.objects.get(pk=device.pk)
    assert not (gone and device.holder_user_id == arena.colleague.pk)
    assert answers["done"] >= 1


@in_rounds
def test_a_space_closes_while_a_device_comes(arena):
    device, space = arena.device(holder=None), SpaceFactory(company=arena.acme)
    answers = race(
        lambda: device.assign(space, arena.company_payor, by=person(arena.admin)),
        lambda: space.remove(by=person(arena.second_admin)),
    )
    assert answers["done"] == 1


@in_rounds
def test_a_payor_closes_while_a_device_comes(arena):
    device, payor = arena.device(holder=None), PayorFactory(company=arena.acme)
    answers = race(
        lambda: device.assign(arena.room, payor, by=person(arena.admin)),
        lambda: payor.remove(by=person(arena.second_admin)),
    )
    assert answers["done"] == 1


@in_rounds
def test_two_admins_remove_the_same_thing(arena):
    someone = UserFactory(company=arena.acme)
    for thing in (SpaceFactory(company=arena.acme), PayorFactory(company=arena.acme), someone):
        answers = race(
            lambda thing=thing: thing.remove(by=person(arena.admin)),
            lambda thing=thing: thing.remove(by=person(arena.second_admin)),
        )
        assert answers == {"done": 1, "Refused": 1}


@in_rounds
def test_two_admins_demote_each_other(arena):
    answers = race(
        lambda: person(arena.admin).set_role("employee", by=person(arena.second_admin)),
        lambda: person(arena.second_admin).set_role("employee", by=person(arena.admin)),
    )
    # Whoever comes second is the last admin, or none any more by the time they are asked.
    assert answers["done"] == 1
    assert answers["StillInUse"] + answers["PermissionDenied"] == 1
    assert arena.acme.users.admins().count() == 1


@in_rounds
def test_two_admins_deactivate_each_other(arena):
    answers = race(
        lambda: person(arena.admin).deactivate(by=person(arena.second_admin)),
        lambda: person(arena.second_admin).deactivate(by=person(arena.admin)),
    )
    assert answers["done"] == 1
    assert arena.acme.users.admins().count() == 1


@in_rounds
def test_the_same_serial_number_is_registered_twice(arena):
    number = arena.device().pk
    register = partial(Device.objects.register, arena.acme, name=f"Twin {number}")
    answers = race(
        *[
            partial(register, by=person(arena.admin), serial_number=serial)
            for serial in (f"RACE {number}", f"race-{number}", f"Race{number}", f" RACE{number}")
        ]
    )
    assert answers == {"done": 1, "ValidationError": 3}
    assert Device.objects.filter(name=f"Twin {number}").count() == 1


@in_rounds
def test_two_devices_are_given_the_same_asset_tag(arena):
    one, two = arena.device(), arena.device()
    answers = race(
        lambda: one.edit(by=person(arena.admin), asset_tag=f"RACE {one.pk}"),
        lambda: two.edit(by=person(arena.second_admin), asset_tag=f"race{one.pk}"),
    )
    assert answers == {"done": 1, "ValidationError": 1}


@in_rounds
def test_two_edits_lose_nothing(arena):
    device = arena.device()
    answers = race(
        lambda: device.edit(by=person(arena.admin), model="Air"),
        lambda: device.edit(by=person(arena.second_admin), supplier="Shop"),
        lambda: device.move("report", by=person(arena.employee)),
    )
    assert answers == {"done": 3}
    device = Device.objects.get(pk=device.pk)
    assert (device.model, device.supplier, device.status) == ("Air", "Shop", "needs_repair")


@in_rounds
def test_one_spare_is_lent_for_two_repairs(arena):
    spare = arena.device(holder=None)
    broken = [arena.device(status="in_repair"), arena.device(status="in_repair", holder=arena.colleague)]
    lending = partial(lend, spare, payor=arena.company_payor, seen=spare.revision)
    answers = race(*[partial(lending, device.repairs.get(), by=person(arena.admin)) for device in broken])
    assert answers == {"done": 1, "MoveRefused": 1}


@in_rounds
def test_two_devices_stand_in_for_each_other_without_a_deadlock(arena):
    """Each loan locks both devices, the one lent and the one in repair, from opposite ends."""
    one, two = arena.device(status="in_repair"), arena.device(status="in_repair", holder=arena.colleague)
    first, second = one.repairs.get(), two.repairs.get()
    answers = race(
        lambda: lend(one, second, arena.company_payor, by=person(arena.admin)),
        lambda: lend(two, first, arena.company_payor, by=person(arena.second_admin)),
    )
    # Lending a device ends its own repair, so there is nothing left to stand in for.
    assert answers == {"done": 1, "ValidationError": 1}


@in_rounds
def test_who_leaves_gives_back_what_is_theirs_and_nothing_that_somebody_else_has_by_then(arena):
    leaver = UserFactory(company=arena.acme)
    one, two = arena.device(holder=leaver), arena.device(holder=leaver)
    answers = race(
        lambda: person(leaver).deactivate(by=person(arena.admin), unassign=True),
        lambda: two.assign(arena.colleague, arena.company_payor, by=person(arena.second_admin)),
    )
    assert answers == {"done": 2}
    holders = [Device.objects.get(pk=device.pk).holder for device in (one, two)]
    assert holders == [None, arena.colleague]


@in_rounds
def test_the_repair_payor_is_another_one_just_as_a_device_comes_back(arena):
    old, device = PayorFactory(company=arena.acme), arena.device()
    person(arena.admin).company.set_repair_payor(old, by=person(arena.admin))

    def change_and_remove():
        admin = person(arena.second_admin)
        admin.company.set_repair_payor(arena.company_payor, by=admin)
        old.remove(by=admin)

    answers = race(lambda: device.unassign(by=person(arena.admin)), change_and_remove)
    assert answers["done"] >= 1
    assert answers["done"] + answers["StillInUse"] == 2
    assert Device.objects.get(pk=device.pk).payor.is_open
    person(arena.admin).company.set_repair_payor(arena.company_payor, by=person(arena.admin))


@in_rounds
def test_the_prompts_are_answered_once(arena):
    device = arena.device(status="needs_repair")
    repair = device.repairs.get()
    answers = race(
        lambda: acknowledge_backup(repair, "done", by=person(arena.employee)),
        lambda: acknowledge_backup(repair, "impossible", by=person(arena.admin)),
    )
    assert answers == {"done": 1, "MoveRefused": 1}
    device = device.move("take_in", by=arena.admin)
    release = device.repairs.get().mdm_release
    answers = race(
        lambda: close_mdm_release(release, "released", by=person(arena.admin)),
        lambda: close_mdm_release(release, "not_enrolled", by=person(arena.second_admin)),
    )
    assert answers == {"done": 1, "MoveRefused": 1}


@in_rounds
def test_one_form_sent_twice_registers_one_device(arena):
    token, before = uuid.uuid4(), Device.objects.count()
    answers = race(
        *[
            lambda: Device.objects.register(
                arena.acme, by=person(arena.admin), token=token, name="Headset", category="Headset"
            )
        ]
        * 4
    )
    assert answers == {"done": 4}
    assert Device.objects.count() == before + 1


@in_rounds
def test_two_admins_choose_who_pays_in_repair(arena):
    other = PayorFactory(company=arena.acme)
    answers = race(
        lambda: person(arena.admin).company.set_repair_payor(other, by=person(arena.admin)),
        lambda: person(arena.second_admin).company.set_repair_payor(arena.cost_centre, by=person(arena.second_admin)),
    )
    assert answers == {"done": 2}
    assert arena.acme.payors.filter(pays_repairs=True).count() == 1


@in_rounds
def test_two_people_write_the_same_new_name_into_a_log(arena):
    """Each needs a plate for a name that has none yet."""
    User.objects.filter(pk=arena.admin.pk).update(full_name="Ada Holm-Berg")
    one, two = arena.device(by=arena.second_admin), arena.device(by=arena.second_admin)
    answers = race(
        lambda: one.add_note("A word.", by=person(arena.admin)),
        lambda: two.add_note("A word.", by=person(arena.admin)),
    )
    assert answers == {"done": 2}
