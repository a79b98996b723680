"""One cast for every test: three companies with their people and devices, and Velory's support.

It is built once per run, through the product's own verbs, and kept as rows; each test gets a copy
of those in its own transaction (fixtures `world` and `live_world`). A test without one of these
fixtures starts on an empty database.

|             | Acme                          | Globex          | Initech                |
| repair flow | on (Pro)                      | on (Standard)   | not released (Starter) |
| IT admins   | admin, second_admin           | globex_admin    | initech_admin          |
| employees   | employee, colleague           | globex_employee | initech_employee       |
| spaces      | shelf, room                   | globex_shelf    |                        |
| held by     | the employee: laptop, phone   | globex_laptop   | initech_laptop         |
|             | the colleague: tablet         |                 |                        |
|             | the shelf: monitor            |                 |                        |
|             | nobody: spare                 |                 |                        |
"""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from accounts import clock
from accounts.models import Company, Payor, Space, User
from devices.models import Device

# Everybody's password.
PASSWORD = "a password for tests"

_RELATED = {
    User: ["company"],
    Space: ["company"],
    Payor: ["company"],
    Device: ["company", "holder_user", "holder_space", "payor"],
}


class World:
    """The cast: `world.laptop`, `world.employee`. `again()` reads all of it anew."""

    acme: Company
    globex: Company
    initech: Company

    admin: User  # Ada Holm
    second_admin: User  # Bodil Ek
    employee: User  # Eva Lind
    colleague: User  # Carl Berg
    globex_admin: User  # Gina Falk
    globex_employee: User  # Hugo Dahl
    initech_admin: User  # Ivar Nord
    initech_employee: User  # Jonna Sand
    support: User  # Siri Ahl

    shelf: Space
    room: Space
    globex_shelf: Space

    company_payor: Payor
    employee_payor: Payor
    cost_centre: Payor
    globex_payor: Payor

    laptop: Device
    phone: Device
    tablet: Device
    monitor: Device
    spare: Device
    globex_laptop: Device
    initech_laptop: Device

    def __init__(self, keys):
        self._keys = keys
        self.again()

    def again(self):
        """Read the whole cast from the database. Returns itself."""
        wanted: defaultdict[Any, dict[str, int]] = defaultdict(dict)
        for name, (model, pk) in self._keys.items():
            wanted[model][name] = pk
        for model, keys in wanted.items():
            rows = model.objects.select_related(*_RELATED.get(model, ())).in_bulk(keys.values())
            for name, pk in keys.items():
                setattr(self, name, rows[pk])
        return self

    @property
    def people(self):
        """Who can sign in, by name in the cast."""
        return {name: row for name, row in vars(self).items() if isinstance(row, User)}

    @property
    def companies(self):
        return [self.acme, self.globex, self.initech]


class Cast:
    """The rows of a world that was built once, to be copied into a test's database."""

    def __init__(self):
        with transaction.atomic():
            with clock.at(timezone.now() - timedelta(days=30)):
                named = build()
            self._keys = {name: (type(row), row.pk) for name, row in named.items()}
            self._rows = [
                list(model._default_manager.order_by("pk"))
                for app in ("accounts", "devices", "repairs")
                for model in apps.get_app_config(app).get_models()
            ]
            transaction.set_rollback(True)

    def enter(self):
        """Put the rows into the database. Returns the World."""
        with transaction.atomic():
            for rows in filter(None, self._rows):
                type(rows[0])._default_manager.bulk_create(rows)
        return World(self._keys)


def build():
    """Found the companies, let their people register everything. Returns the cast by name."""

    def person(company, email, full_name, **fields):
        return User.objects.create_user(email, PASSWORD, company=company, full_name=full_name, **fields)

    acme = Company.objects.found(name="Acme", slug="acme", plan="pro", repair_flow_released=True)
    globex = Company.objects.found(name="Globex", slug="globex", plan="standard", repair_flow_released=True)
    initech = Company.objects.found(name="Initech", slug="initech", plan="starter")

    admin = person(acme, "ada@acme.example", "Ada Holm", role="admin")
    second_admin = person(acme, "bodil@acme.example", "Bodil Ek", role="admin")
    employee = person(acme, "eva@acme.example", "Eva Lind")
    colleague = person(acme, "carl@acme.example", "Carl Berg")
    globex_admin = person(globex, "gina@globex.example", "Gina Falk", role="admin")
    globex_employee = person(globex, "hugo@globex.example", "Hugo Dahl")
    initech_admin = person(initech, "ivar@initech.example", "Ivar Nord", role="admin")
    initech_employee = person(initech, "jonna@initech.example", "Jonna Sand")
    support = person(None, "siri@velory.example", "Siri Ahl", is_staff=True)

    shelf = Space.objects.create(company=acme, name="Stock shelf")
    room = Space.objects.create(company=acme, name="Meeting room Birch")
    globex_shelf = Space.objects.create(company=globex, name="Globex cupboard")

    company_payor, employee_payor = acme.own_payor, acme.payors.get(kind="employee")
    cost_centre = Payor.objects.create(company=acme, name="Cost centre 4711")
    globex_payor = globex.own_payor

    register = Device.objects.register
    laptop = register(
        acme,
        by=admin,
        holder=employee,
        payor=employee_payor,
        name="MacBook Pro 14",
        category="Laptop",
        manufacturer="Apple",
        model="MacBook Pro",
        serial_number="C02-XK1 AAA",
        asset_tag="A-1001",
        purchase_cost=Decimal("2499.00"),
    )
    laptop = laptop.add_note("Screen replaced in spring.", by=admin)
    phone = register(
        acme,
        by=admin,
        holder=employee,
        payor=company_payor,
        name="iPhone 15",
        category="Phone",
        serial_number="F2L-PHONE-1",
        imei="356938035643809",
    )
    tablet = register(
        acme,
        by=second_admin,
        holder=colleague,
        payor=cost_centre,
        name="Galaxy Tab S9",
        category="Tablet",
        serial_number="R52-TABLET-1",
    )
    monitor = register(
        acme,
        by=admin,
        holder=shelf,
        payor=company_payor,
        name="Dell U2723QE",
        category="Monitor",
        serial_number="CN0-MONITOR-1",
    )
    spare = register(acme, by=admin, name="ThinkPad X1", category="Laptop", serial_number="PF-SPARE-1")
    globex_laptop = register(
        globex,
        by=globex_admin,
        holder=globex_employee,
        payor=globex_payor,
        name="Latitude 7440",
        category="Laptop",
        serial_number="C02-XK1 AAA",  # the same as Acme's: each company has its own register
    )
    initech_laptop = register(
        initech,
        by=initech_admin,
        holder=initech_employee,
        payor=initech.own_payor,
        name="EliteBook 840",
        category="Laptop",
        serial_number="5CG-INITECH-1",
    )
    return {name: row for name, row in locals().items() if hasattr(row, "_meta")}


def lent_for(device):
    """What somebody has on loan while this device is, or was, in repair."""
    return list(Device.objects.filter(assignments__ended_at=None, assignments__loan__repair__device=device))


def log_of(device, since=None):
    """The lines of a device's log in English, oldest first; those written after the copy `since` was read."""
    events = device.events.order_by("sequence")
    if since is not None:
        events = events.filter(sequence__gt=since.log_sequence)
    with override("en"):
        return [event.sentence for event in events.with_names()]
