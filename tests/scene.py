"""What the rows of the table of routes are about (tests/test_routes.py), in any company of the cast."""

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from accounts.models import Domain
from accounts.tokens import link_keys, link_path
from devices.models import Device, SavedFilter
from repairs.models import MDMRelease, Repair
from tests.bulk import BULK_STAGES, bulk_action, latest_seal
from tests.factories import DeviceFactory, PayorFactory, SpaceFactory, UserFactory
from tests.importer import a_list, imported
from tests.two_step import give_passkey
from tests.world import PASSWORD

# The moves that take the laptop where a row wants it.
WAYS = {
    "laptop": [],
    "laptop needs_repair": ["report"],
    "laptop in_repair": ["report", "take_in"],
    "laptop recycled": ["report", "take_in", "recycle"],
}


class Scene:
    """A company with an admin, an employee who holds the laptop, a colleague who holds a tablet for which the cost
    centre pays, a shelf that holds a monitor, a room that holds nothing, and a device that nobody holds."""

    def __init__(self, world, company="acme"):
        self.company = getattr(world, company)
        if company == "acme":
            self.admin, self.employee, self.colleague = world.admin, world.employee, world.colleague
            self.laptop, self.monitor, self.spare = world.laptop, world.monitor, world.spare
            self.shelf, self.room, self.cost_centre = world.shelf, world.room, world.cost_centre
        else:
            self.admin, self.employee = getattr(world, f"{company}_admin"), getattr(world, f"{company}_employee")
            self.colleague = UserFactory(company=self.company)
            self.shelf, self.room = SpaceFactory.create_batch(2, company=self.company)
            self.cost_centre = PayorFactory(company=self.company)
            self.laptop = getattr(world, f"{company}_laptop")
            self.monitor = DeviceFactory(company=self.company, holder=self.shelf)
            self.spare = DeviceFactory(company=self.company)
            DeviceFactory(company=self.company, holder=self.colleague, payor=self.cost_centre)

    def set(self, about):
        """Take the laptop where the row wants it: the employee asks, the admin does the rest."""
        if about == "the first":
            Domain.objects.create(company=self.company, name="first.example")
        for verb in WAYS.get("laptop in_repair" if about == "the first" else about, []):
            self.laptop = self.laptop.move(verb, by=self.employee if verb == "report" else self.admin)

    def address(self, name, about, person=None):
        """Where this person (nobody, if none) goes."""
        return reverse(name, args=self._arguments(name, about, person))

    def _arguments(self, name, about, person):
        if about in WAYS:
            return [self.laptop.pk]
        if about == "the first":
            return [_model_behind(name).objects.order_by("pk").first().pk]
        if about == "newcomer":
            invited = UserFactory(company=self.company)
            link_keys.new(invited)
            return [invited.pk]
        if about == "a domain":
            return [Domain.objects.get_or_create(company=self.company, name="scene.example")[0].pk]
        if about == "an import":
            return [self.imported("rehearsed").pk]
        if about == "an import at work":
            return [self.imported("storing").pk]
        if about == "a stored import":
            return [self.imported("stored").pk]
        if about == "a saved filter":
            kept = {"table": "all", "name": "Phones", "query": "category=Phone"}
            return [SavedFilter.objects.get_or_create(company=self.company, owner=None, defaults=kept)[0].pk]
        if about in BULK_STAGES:
            return [self.bulk_action(BULK_STAGES[about]).pk]
        if about == "a passkey":
            return [give_passkey(self.employee).pk]
        if about == "a link":
            invited = UserFactory(company=(person and person.company) or self.company)
            return link_path(invited, link_keys.make_token(invited)).strip("/").removeprefix("join/").split("-", 1)
        return {
            "laptop's line": [self.laptop.pk, 1],
            "laptop's no line": [self.laptop.pk, 10**30],
            "-": [],
            "missing": [10**30],
            "shelf's": [self.monitor.pk],
            "nobody's": [self.spare.pk],
            "shelf": [self.shelf.pk],
            "room": [self.room.pk],
            "cost centre": [self.cost_centre.pk],
            "colleague": [self.colleague.pk],
            "nobody's domain": ["nobody.example"],
            "the company": [self.company.pk],
            "a key": ["abc"],
            "a made-up link": ["abc", "def-123"],
            "the laptop": [ContentType.objects.get_for_model(Device).pk, self.laptop.pk],
        }.get(about, [about])

    def imported(self, stage):
        """An import of one device: rehearsed, being stored, or stored."""
        return self.company.imports.filter(stage=stage).first() or imported(self.admin, stage)

    def bulk_action(self, stage):
        """One that lets the company pay: chosen, filled in, or done, which it can be only once. One that waits for a
        worker lets the cost centre, so that there is always something left to be done."""
        done = self.company.bulk_actions.filter(stage="done").first()
        payor = self.cost_centre if stage == "waiting" else None
        return done if done and stage == "done" else bulk_action(self.admin, stage, payor)

    def data(self, name, person=None):
        """What this person fills in: enough for the act. Each form carries the revision that the page showed."""
        fill_in = _DATA.get(name)
        seen = {"seen": Device.objects.get(pk=self.laptop.pk).revision}
        return seen | (fill_in(self, person or self.employee) if fill_in else {})


def _device(scene, person):
    return {"name": "A new one", "category": "Laptop"}


def _assign(scene, person):
    return {"way": "user", "user": scene.colleague.pk, "payor": scene.company.own_payor.pk}


def _backup(scene, person):
    repair = Repair.objects.filter(device=scene.laptop).first()
    return {"repair": repair.pk if repair else 0, "how": "done"}


def _mdm(scene, person):
    release = MDMRelease.objects.filter(repair__device=scene.laptop).first()
    return {"release": release.pk if release else 0, "state": "released"}


def _user(scene, person):
    return {"full_name": "Nils Ny", "email": "nils@example.org", "role": "employee"}


def _settings(scene, person):
    return {"repair_payor": person.company.own_payor.pk if person.company else ""}


_DATA = {
    "devices:register": _device,
    "devices:edit": _device,
    "devices:add_note": lambda scene, person: {"text": "Looked at it."},
    "devices:late_entry": lambda scene, person: {"text": "It fell.", "occurred_at": "2026-01-31T12:00"},
    "devices:correct": lambda scene, person: {"text": "It did not."},
    "devices:imports": lambda scene, person: {"file": a_list()},
    "devices:import_columns": lambda scene, person: {"column_0": "serial_number"},
    "devices:choose_many": lambda scene, person: {"act": "set_payor", "all": "on"},
    "devices:bulk_choose": lambda scene, person: {"payor": scene.cost_centre.pk},
    "devices:bulk_start": lambda scene, person: {"seal": latest_seal(scene.company)},
    "devices:import_start": lambda scene, person: {"rows": "all"},
    "devices:columns": lambda scene, person: {"columns": ["category"], "density": "compact"},
    "devices:saved_filter": lambda scene, person: {"name": "Telephones"},
    "repairs:support": lambda scene, person: {"needs_repair": "on", "problem": "screen"},
    "repairs:assign": _assign,
    "repairs:backup": _backup,
    "repairs:mdm": _mdm,
    "repairs:remove": lambda scene, person: {"outcome": "recycled"},
    "repairs:replace": lambda scene, person: (
        _device(scene, person) | {"holder": f"user-{scene.colleague.pk}", "payor": scene.company.own_payor.pk}
    ),
    "accounts:space_new": lambda scene, person: {"name": "Cellar"},
    "accounts:space_edit": lambda scene, person: {"name": "Cellar"},
    "accounts:payor_new": lambda scene, person: {"name": "Cost centre 1"},
    "accounts:payor_edit": lambda scene, person: {"name": "Cost centre 1"},
    "accounts:user_new": _user,
    "accounts:user_edit": _user,
    "accounts:settings": _settings,
    "accounts:sso": lambda scene, person: {"issuer": "https://idp.example", "client_id": "velory"},
    "accounts:sso_sign_in": lambda scene, person: {"email": "somebody@nobody.example"},
    "accounts:domain_new": lambda scene, person: {"name": "new.example"},
    "accounts:profile": lambda scene, person: {"language": "en"},
    "account_login": lambda scene, person: {"login": person.email, "password": PASSWORD},
    "account_reset_password": lambda scene, person: {"email": person.email},
}


def _model_behind(name):
    """The model of a page of the Django admin: "admin:repairs_repair_change"."""
    for model in admin.site._registry:
        if name.startswith(f"admin:{model._meta.app_label}_{model._meta.model_name}_"):
            return model
    raise LookupError(name)
