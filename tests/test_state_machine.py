"""Random people do random things to a register, beside a model of it in plain Python that says what must come of each.

After each step the answer (done, refused, denied, invalid, in use) and the devices agree with the model, and the
register is whole. A short round runs with the suite; `make fuzz` plays for longer (VELORY_FUZZ is the number of games).
"""

import os
from dataclasses import dataclass, field

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from accounts.models import Company, Payor, Space, User
from accounts.models.closable import StillInUse
from devices.models import Device, MoveRefused
from repairs.acts import acknowledge_backup, close_mdm_release, lend, replace
from repairs.register import contradictions_between_rows
from tests.world import lent_for

GAMES = int(os.environ.get("VELORY_FUZZ", 0))
ANSWERS = {PermissionDenied: "denied", MoveRefused: "refused", ValidationError: "invalid", StillInUse: "in use"}

PEOPLE = ["admin", "second_admin", "employee", "colleague", "globex_admin", "globex_employee", "support"]
STAFF = PEOPLE[:-1]
SPACES = ["shelf", "room", "globex_shelf"]
PAYORS = ["company_payor", "employee_payor", "cost_centre", "globex_payor"]
DEVICES = ["laptop", "phone", "tablet", "monitor", "spare", "globex_laptop"]

people, members = st.sampled_from(PEOPLE), st.sampled_from(STAFF)
# Admins of the bigger company act most of the time, or nearly everything would be denied.
actors = st.one_of(st.sampled_from(["admin", "second_admin"]), people)
holders = st.sampled_from(STAFF + SPACES)
payors = st.sampled_from(PAYORS)


@dataclass
class Person:
    company: str
    admin: bool = False
    active: bool = True


@dataclass
class Place:
    company: str
    open: bool = True
    gone: bool = False


@dataclass
class Purse(Place):
    kind: str = "cost_centre"
    pays_repairs: bool = False


@dataclass
class Request:
    """What the model remembers of a repair."""

    reporter: str
    holder: str | None
    backup: bool = False
    taken_in: bool = False
    open: bool = True
    mdm: str = ""


@dataclass
class Thing:
    """What the model knows of a device."""

    company: str
    status: str = "active"
    holder: str | None = None
    payor: str | None = None
    last_holder: str | None = None
    reporter: str | None = None
    returned: bool = False
    lent_for: str | None = None
    requests: list[Request] = field(default_factory=list)

    def release(self, payor):
        if self.holder:
            self.last_holder, self.holder = self.holder, None
        self.payor, self.lent_for = payor, None


class Game(RuleBasedStateMachine):
    world = None  # the test puts it here

    def __init__(self):
        super().__init__()
        self.frame = transaction.atomic()
        self.frame.__enter__()
        self.world.again()
        self.keys = {name: (type(row), row.pk) for name, row in vars(self.world).items() if hasattr(row, "pk")}
        self.people = {
            "admin": Person("acme", admin=True),
            "second_admin": Person("acme", admin=True),
            "employee": Person("acme"),
            "colleague": Person("acme"),
            "globex_admin": Person("globex", admin=True),
            "globex_employee": Person("globex"),
            "support": Person(""),
        }
        self.spaces = {"shelf": Place("acme"), "room": Place("acme"), "globex_shelf": Place("globex")}
        self.payors = {
            "company_payor": Purse("acme", kind="company", pays_repairs=True),
            "employee_payor": Purse("acme", kind="employee"),
            "cost_centre": Purse("acme"),
            "globex_payor": Purse("globex", kind="company", pays_repairs=True),
        }
        self.things = {
            "laptop": Thing("acme", holder="employee", payor="employee_payor"),
            "phone": Thing("acme", holder="employee", payor="company_payor"),
            "tablet": Thing("acme", holder="colleague", payor="cost_centre"),
            "monitor": Thing("acme", holder="shelf", payor="company_payor"),
            "spare": Thing("acme"),
            "globex_laptop": Thing("globex", holder="globex_employee", payor="globex_payor"),
        }
        self.gate = {"acme": True, "globex": True}
        self.touched = {"acme", "globex"}

    def teardown(self):
        transaction.set_rollback(True)
        self.frame.__exit__(None, None, None)

    # Between model and database

    def get(self, name):
        """The row as it is now, as a request would load it."""
        model, pk = self.keys[name]
        rows = model.objects.all() if model is Company else model.objects.select_related("company")
        return rows.get(pk=pk)

    def attempt(self, expected, act, company="acme"):
        """Carry out the act; its answer must be the expected one. Returns what it returned, None unless done."""
        self.touched = {company}
        answer = result = None
        try:
            with transaction.atomic():
                result = act()
        except tuple(ANSWERS) as error:
            answer = next(word for kind, word in ANSWERS.items() if isinstance(error, kind))
        assert (answer or "done") == expected
        return result

    def pick(self, data, label="device"):
        return data.draw(st.sampled_from(sorted(self.things)), label=label)

    def admins(self, name, company):
        person = self.people[name]
        return person.admin and person.active and person.company == company

    def repair_payor(self, company):
        return next(name for name, one in self.payors.items() if one.company == company and one.pays_repairs)

    def may(self, verb, name, thing):
        """Whether it is this person's to carry out the move, whatever the status."""
        if self.people[name].company != thing.company:
            return False
        if self.admins(name, thing.company):
            return True
        theirs = {"report": [thing.holder], "revert": [thing.holder, thing.reporter]}.get(verb, [])
        return self.people[name].active and name in theirs

    def assigning(self, thing, to, payor):
        """What an admin's assignment would come to."""
        if thing.status in ("needs_repair", "recycled"):
            return "refused"
        holder, purse = self.people.get(to) or self.spaces[to], self.payors[payor]
        there = holder.active if isinstance(holder, Person) else holder.open
        if holder.company != thing.company or not there:
            return "invalid"
        if purse.company != thing.company or not purse.open:
            return "invalid"
        if purse.kind == "employee" and isinstance(holder, Place):
            return "invalid"
        if (thing.holder, thing.payor) == (to, payor):
            return "refused"
        return "done"

    def hand_over(self, thing, to, payor):
        if thing.status == "in_repair":
            self.close(thing, repaired=True)
        if thing.holder != to:
            if thing.holder:
                thing.last_holder = thing.holder
            thing.holder, thing.lent_for = to, None
            thing.returned, thing.reporter = False, None
        thing.status, thing.payor = "active", payor

    def close(self, thing, repaired=False):
        request = thing.requests[-1]
        request.open = False
        if repaired and request.mdm == "open":
            request.mdm = "not_needed"

    # Moves

    @rule(
        data=st.data(), verb=st.sampled_from(["report", "revert", "take_in", "finish", "recycle", "restore"]), by=actors
    )
    def move(self, data, verb, by):
        name = self.pick(data)
        thing = self.things[name]
        source, target = {
            "report": ("active", "needs_repair"),
            "revert": ("needs_repair", "active"),
            "take_in": ("needs_repair", "in_repair"),
            "finish": ("in_repair", "active"),
            "recycle": ("in_repair", "recycled"),
            "restore": ("recycled", "active"),
        }[verb]
        if not self.may(verb, by, thing):
            expected = "denied"
        elif thing.status != source:
            expected = "refused"
        elif verb in ("report", "take_in") and not self.gate[thing.company]:
            expected = "denied"
        else:
            expected = "done"
        person = self.get(by)
        self.attempt(expected, lambda: self.get(name).move(verb, by=person), thing.company)
        if expected != "done":
            return
        thing.status = target
        if verb == "report":
            thing.reporter = by
            thing.requests.append(Request(by, thing.holder))
        elif verb == "revert":
            thing.reporter = None
            self.close(thing)
        elif verb == "take_in":
            if not thing.holder and not thing.returned:
                thing.last_holder = None
            thing.release(self.repair_payor(thing.company))
            thing.requests[-1].taken_in, thing.requests[-1].mdm = True, "open"
        elif verb == "finish":
            thing.returned = True
            self.close(thing, repaired=True)
        elif verb == "recycle":
            thing.returned, thing.reporter = False, None
            self.close(thing)
        elif thing.payor and not self.payors[thing.payor].open:
            thing.payor = self.repair_payor(thing.company)

    @rule(data=st.data(), by=actors, to=holders, payor=payors)
    def assign(self, data, by, to, payor):
        name = self.pick(data)
        thing = self.things[name]
        if self.payors[payor].gone or getattr(self.spaces.get(to), "gone", False):
            return
        expected = self.assigning(thing, to, payor) if self.admins(by, thing.company) else "denied"
        person, holder, purse = self.get(by), self.get(to), self.get(payor)
        self.attempt(expected, lambda: self.get(name).assign(holder, purse, by=person), thing.company)
        if expected == "done":
            self.hand_over(thing, to, payor)

    @rule(data=st.data(), by=actors)
    def unassign(self, data, by):
        name = self.pick(data)
        thing = self.things[name]
        expected = "denied"
        if self.admins(by, thing.company):
            expected = "done" if thing.status == "active" and thing.holder else "refused"
        person = self.get(by)
        self.attempt(expected, lambda: self.get(name).unassign(by=person), thing.company)
        if expected == "done":
            thing.release(self.repair_payor(thing.company))

    @rule(data=st.data(), by=actors, verb=st.sampled_from(["report", "take_in", "assign", "unassign"]))
    def act_on_a_page_from_before(self, data, by, verb):
        """A page that shows an older revision never does anything."""
        name = self.pick(data)
        thing = self.things[name]
        person, device = self.get(by), self.get(name)
        expected = "refused" if self.people[by].company == thing.company else "denied"

        def act():
            if verb == "assign":
                return device.assign(person, Payor.objects.first(), by=person, seen=device.revision + 1)
            if verb == "unassign":
                return device.unassign(by=person, seen=device.revision + 1)
            return device.move(verb, by=person, seen=device.revision + 1)

        self.attempt(expected, act, thing.company)

    # Registering and describing

    @precondition(lambda self: len(self.things) < 12)
    @rule(
        by=actors, company=st.sampled_from(["acme", "globex"]), twin=st.booleans(), to=st.none() | holders, payor=payors
    )
    def register(self, by, company, twin, to, payor):
        if self.payors[payor].gone or getattr(self.spaces.get(to), "gone", False):
            return
        thing = Thing(company)
        expected = "denied"
        if self.admins(by, company):
            expected = "invalid" if twin else "done"
        if expected == "done" and to:
            expected = self.assigning(thing, to, payor)
        holder, purse, person = (to and self.get(to)), (self.get(payor) if to else None), self.get(by)
        row = self.get(company)
        fields = {"name": "New one", "serial_number": "c02xk1aaa" if twin else ""}
        device = self.attempt(
            expected, lambda: Device.objects.register(row, by=person, holder=holder, payor=purse, **fields), company
        )
        if expected == "done":
            if to:
                self.hand_over(thing, to, payor)
            self.add(thing, device)

    def add(self, thing, device):
        name = f"new {len(self.things)}"
        self.things[name], self.keys[name] = thing, (Device, device.pk)

    @precondition(lambda self: len(self.things) < 12)
    @rule(data=st.data(), by=actors, to=holders, payor=payors)
    def replace(self, data, by, to, payor):
        name = self.pick(data)
        old = self.things[name]
        if self.payors[payor].gone or getattr(self.spaces.get(to), "gone", False):
            return
        new = Thing(old.company)
        expected = "denied"
        if self.admins(by, old.company):
            expected = self.assigning(new, to, payor)
            if expected == "done" and old.status != "in_repair":
                expected = "refused"
        person, holder, purse = self.get(by), self.get(to), self.get(payor)
        device = self.attempt(
            expected,
            lambda: replace(self.get(name), by=person, holder=holder, payor=purse, name="Replacement"),
            old.company,
        )
        if expected == "done":
            old.status, old.returned, old.reporter = "recycled", False, None
            self.close(old)
            self.hand_over(new, to, payor)
            self.add(new, device)

    @rule(data=st.data(), by=actors, note=st.booleans(), value=st.sampled_from(["", "One", "Two"]))
    def describe(self, data, by, note, value):
        name = self.pick(data)
        thing = self.things[name]
        expected = "denied"
        if self.admins(by, thing.company):
            expected = "refused" if thing.status == "recycled" else "done"
        person, device = self.get(by), self.get(name)
        act = (lambda: device.add_note("A word.", by=person)) if note else (lambda: device.edit(by=person, model=value))
        self.attempt(expected, act, thing.company)

    # In a repair

    @rule(data=st.data(), by=actors, payor=payors)
    def lend(self, data, by, payor):
        name, broken = self.pick(data), self.pick(data, "broken")
        thing, other = self.things[name], self.things[broken]
        if not other.requests or self.payors[payor].gone:
            return
        request = other.requests[-1]
        borrower = request.holder
        if not self.admins(by, thing.company):
            expected = "denied"
        elif not request.open or borrower not in self.people or name == broken:
            expected = "invalid"
        elif thing.lent_for and thing.holder == borrower:
            expected = "refused"
        else:
            expected = self.assigning(thing, borrower, payor)
        person, purse = self.get(by), self.get(payor)
        repair = self.get(broken).repairs.latest("pk")
        self.attempt(expected, lambda: lend(self.get(name), repair, purse, by=person), thing.company)
        if expected == "done":
            self.hand_over(thing, borrower, payor)
            thing.lent_for = broken

    @rule(data=st.data(), by=actors, how=st.sampled_from(["done", "impossible"]))
    def acknowledge_backup(self, data, by, how):
        name = self.pick(data)
        thing = self.things[name]
        if not thing.requests:
            return
        request = thing.requests[-1]
        asked = request.holder if request.holder in self.people else request.reporter
        if (by != asked and not self.admins(by, self.people[by].company)) or self.people[by].company != thing.company:
            expected = "denied"
        elif request.backup or request.taken_in or not request.open:
            expected = "refused"
        else:
            expected = "done"
        repair, person = self.get(name).repairs.latest("pk"), self.get(by)
        self.attempt(expected, lambda: acknowledge_backup(repair, how, by=person), thing.company)
        request.backup |= expected == "done"

    @rule(data=st.data(), by=actors, state=st.sampled_from(["released", "not_enrolled"]))
    def answer_the_mdm_prompt(self, data, by, state):
        name = self.pick(data)
        thing = self.things[name]
        if not thing.requests or not thing.requests[-1].mdm:
            return
        expected = "denied"
        if self.admins(by, thing.company):
            expected = "done" if thing.requests[-1].mdm == "open" else "refused"
        release, person = self.get(name).repairs.latest("pk").mdm_release, self.get(by)
        self.attempt(expected, lambda: close_mdm_release(release, state, by=person), thing.company)
        if expected == "done":
            thing.requests[-1].mdm = state

    # People, spaces, payors, the company

    @rule(who=members, by=actors, unassign=st.booleans())
    def deactivate(self, who, by, unassign):
        person = self.people[who]
        held = [thing for thing in self.things.values() if thing.holder == who]
        others = [name for name in STAFF if name != who and self.admins(name, person.company)]
        by_support = by == "support"
        if not by_support and not self.admins(by, person.company):
            expected = "denied"
        elif unassign and by_support:
            return
        elif unassign and any(thing.status == "needs_repair" for thing in held):
            expected = "refused"
        elif (self.admins(who, person.company) and not others) or (held and not unassign and not by_support):
            expected = "in use"
        else:
            expected = "done"
        row, actor = self.get(who), self.get(by)
        self.attempt(expected, lambda: row.deactivate(by=actor, unassign=unassign), person.company)
        if expected == "done":
            person.active = False
            if unassign:
                for thing in held:
                    thing.release(self.repair_payor(thing.company))

    @rule(who=members, by=actors)
    def reactivate(self, who, by):
        person = self.people[who]
        expected = "done" if by == "support" or self.admins(by, person.company) else "denied"
        row, actor = self.get(who), self.get(by)
        self.attempt(expected, lambda: row.reactivate(by=actor), person.company)
        person.active |= expected == "done"

    @rule(who=members, by=actors, role=st.sampled_from(["employee", "admin"]))
    def set_role(self, who, by, role):
        person = self.people[who]
        others = [name for name in STAFF if name != who and self.admins(name, person.company)]
        if not self.admins(by, person.company):
            expected = "denied"
        elif role != "admin" and self.admins(who, person.company) and not others:
            expected = "in use"
        else:
            expected = "done"
        row, actor = self.get(who), self.get(by)
        self.attempt(expected, lambda: row.set_role(role, by=actor), person.company)
        if expected == "done":
            person.admin = role == "admin"

    @rule(name=st.sampled_from(SPACES + PAYORS), by=actors, reopen=st.booleans())
    def close_or_reopen(self, name, by, reopen):
        place = self.spaces.get(name) or self.payors[name]
        if place.gone:
            return
        row, person = self.get(name), self.get(by)
        if not self.admins(by, place.company):
            expected = "denied"
        elif reopen:
            expected = "done"
        elif isinstance(place, Purse):
            paying = any(thing.payor == name and thing.status != "recycled" for thing in self.things.values())
            expected = "in use" if place.kind != "cost_centre" or place.pays_repairs or paying else "done"
        else:
            expected = "in use" if any(thing.holder == name for thing in self.things.values()) else "done"
        act = row.reopen if reopen else row.remove
        deleted = self.attempt(expected, lambda: act(by=person), place.company)
        if expected == "done":
            place.open = reopen
            place.gone = bool(deleted)

    @rule(company=st.sampled_from(["acme", "globex"]), payor=payors, by=actors)
    def choose_who_pays_in_repair(self, company, payor, by):
        purse = self.payors[payor]
        if purse.gone:
            return
        fits = purse.company == company and purse.open and purse.kind != "employee"
        expected = ("done" if fits else "invalid") if self.admins(by, company) else "denied"
        row, chosen, actor = self.get(company), self.get(payor), self.get(by)
        self.attempt(expected, lambda: row.set_repair_payor(chosen, by=actor), company)
        if expected == "done":
            for name, one in self.payors.items():
                if one.company == company:
                    one.pays_repairs = name == payor

    @rule(company=st.sampled_from(["acme", "globex"]), on=st.booleans())
    def release_or_withdraw_the_flow(self, company, on):
        Company.objects.filter(slug=company).update(repair_flow_released=on)
        self.gate[company] = on

    # What must hold after each step

    @invariant()
    def the_devices_are_what_the_model_says(self):
        names = {key: name for name, key in self.keys.items()}
        rows = {row.pk: row for row in Device.objects.all()}
        for name, thing in self.things.items():
            row = rows[self.keys[name][1]]
            holder = names.get((User, row.holder_user_id)) or names.get((Space, row.holder_space_id))
            last = names.get((User, row.last_holder_user_id)) or names.get((Space, row.last_holder_space_id))
            found = row.status, holder, names.get((Payor, row.payor_id)), last, row.returned_from_repair
            assert found == (thing.status, thing.holder, thing.payor, thing.last_holder, thing.returned), name
            assert names.get((User, row.reported_by_id)) == (thing.reporter if thing.status != "recycled" else None)

    @invariant()
    def an_employee_sees_what_is_theirs(self):
        names = {pk: name for name, (model, pk) in self.keys.items() if model is Device}
        for who in ("employee", "globex_employee"):
            if self.people[who].admin:
                continue
            seen = {names[pk] for pk in Device.objects.visible_to(self.get(who)).values_list("pk", flat=True)}
            theirs = {name for name, thing in self.things.items() if self.concerns(thing, who)}
            assert seen == theirs

    def concerns(self, thing, who):
        if thing.status == "recycled":
            return False
        if thing.holder == who or thing.reporter == who:
            return True
        passages = [request for request in thing.requests if request.taken_in]
        away = not thing.holder and (thing.status == "in_repair" or thing.returned)
        return away and thing.last_holder == who and any(request.holder == who for request in passages)

    @invariant()
    def loans_are_out_to_whom_they_were_lent(self):
        for broken in {thing.lent_for for thing in self.things.values() if thing.lent_for} | {"laptop"}:
            held = [
                name for name, thing in self.things.items() if (thing.holder, thing.lent_for) == ("employee", broken)
            ]
            lent = lent_for(self.get(broken))
            assert {device.pk for device in lent} == {self.keys[name][1] for name in held}

    @invariant()
    def the_register_is_whole(self):
        connection.check_constraints()
        for company in Company.objects.filter(slug__in=self.touched):
            assert list(contradictions_between_rows(company)) == []


def test_random_people_never_get_a_register_that_is_untrue(world):
    Game.world = world
    game = settings(
        max_examples=GAMES or 6,
        stateful_step_count=60 if GAMES else 25,
        deadline=None,
        derandomize=not GAMES,  # the suite is the same every time; a longer game is a new one
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink] if GAMES else [Phase.generate],
    )
    run_state_machine_as_test(Game, settings=game)
