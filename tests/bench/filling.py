"""Registers of any size for `make bench`: one company of so many devices beside a thousand small ones.

A few devices are registered in earnest, with a history. The rest are patterns, written as rows with what pages read
beside them (repairs, MDM releases, assignments, a line in the log each), which the database itself then multiplies: a
million moves would take hours, and pages read rows, not how these came to be.
"""

import random
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Max

from accounts import clock
from accounts.models import Company, Payor, User
from accounts.text import identifier_key, sort_key
from devices.models import Assignment, Device, Event, Nameplate
from repairs.models import MDMRelease, Repair
from tests.bench.asking import cookies_of
from tests.factories import AdminFactory, CompanyFactory, DeviceFactory, PayorFactory, SpaceFactory, UserFactory

PEOPLE, SPACES, COST_CENTRES = 2000, 40, 8
SMALL_COMPANIES, SMALL = 1000, 1000
MODELS = (
    ("Laptop", "Lenovo", "ThinkPad X1"),
    ("Laptop", "Apple", "MacBook Air"),
    ("Laptop", "Dell", "Latitude 7450"),
    ("Phone", "Apple", "iPhone 16"),
    ("Phone", "Samsung", "Galaxy S25"),
    ("Monitor", "Eizo", "FlexScan"),
    ("Tablet", "Apple", "iPad"),
    ("Headset", "Jabra", "Evolve2"),
)
FIRST_NAMES = ("Alma", "Bo", "Cilla", "Dag", "Eva", "Folke", "Gun", "Hugo", "Ines", "Jan")
# How many of a thousand devices stand where.
STATUSES = {"active": 880, "needs_repair": 40, "in_repair": 30, "recycled": 50}
RARE = "ZQRARE7741"
PATTERNS = 1000
MULTIPLIED = (Device, Event, Assignment, Repair, MDMRelease)


def found_companies(small=SMALL_COMPANIES):
    """The large company with people, places, payors, and some devices that have a history; and the small companies.
    Returns what the bench has to know."""
    large = CompanyFactory(name="Large", slug="large")
    admin = AdminFactory(company=large, password="a password for tests", full_name="Ada Admin")
    holder = UserFactory(company=large, full_name="Holger Holder")
    User.objects.bulk_create(
        User(company=large, email=f"person{n}@large.example", full_name=f"{FIRST_NAMES[n % 10]} Person {n}")
        for n in range(PEOPLE)
    )
    SpaceFactory.create_batch(SPACES, company=large)
    PayorFactory.create_batch(COST_CENTRES, company=large)
    moved = DeviceFactory.create_batch(20, by=admin, holder=holder)
    storied = moved.pop()
    for _time in range(5):
        storied = storied.move("report", by=holder).move("revert", by=admin).add_note("Looked at it.", by=admin)
    DeviceFactory(by=admin, name="Rarity", serial_number=RARE, holder=holder)
    others = Company.objects.bulk_create(
        Company(name=f"Small {n}", slug=f"small-{n}", plan=large.plan) for n in range(small)
    )
    Payor.objects.bulk_create(
        Payor(company=other, name=str(kind.label), kind=kind, pays_repairs=kind == Payor.Kind.COMPANY)
        for other in others
        for kind in (Payor.Kind.COMPANY, Payor.Kind.EMPLOYEE)
    )
    User.objects.bulk_create(
        User(company=other, email=f"{n}@{other.slug}.example", full_name=f"{FIRST_NAMES[n]} Small {n}", role="admin")
        for other in others
        for n in range(10)
    )
    return {
        "cookies": cookies_of(admin),
        "admin": admin.pk,
        "company": large.pk,
        "moved": [device.pk for device in moved],
        "storied": storied.pk,
    }


def fill_small_companies(each=SMALL):
    """So many devices for each of the small companies: the first one's, and copies of them."""
    others = list(Company.objects.filter(slug__startswith="small-").order_by("pk"))
    first = add_patterns(others[0], each)
    # Companies, their people and their payors were each made in one go, so their keys follow one another.
    step = {Company: 1, User: 10, Payor: 2}
    multiply(first, len(others) - 1, lambda model: step.get(model, 0))


def add_devices(company, number):
    """So many devices more for this company: patterns, and copies of them."""
    first = add_patterns(company, min(number, PATTERNS))
    multiply(first, number // PATTERNS - 1)


def add_patterns(company, number):
    """Devices with what belongs to them. Returns the keys from which on each model's rows belong to these."""
    first = {model: (model.objects.aggregate(last=Max("pk"))["last"] or 0) + 1 for model in MULTIPLIED}
    admin = company.users.admins().first()
    plate = Nameplate.engrave(company.pk, "user", admin.pk, admin.full_name)
    plate.save(force_insert=True)
    devices = Device.objects.bulk_create(_devices(company, number, first[Device]))
    Event.objects.bulk_create(_line(device, plate) for device in devices)
    Assignment.objects.bulk_create(filter(None, map(_assignment, devices)))
    repairs = Repair.objects.bulk_create(repair for device in devices if (repair := _repair(device, admin)))
    MDMRelease.objects.bulk_create(_release(repair) for repair in repairs if repair.taken_in_at)
    return first


def multiply(first, times, step=lambda model: 0):
    """Copy the rows from these keys on so many times. `step` is what each copy adds to keys of rows that aren't copied.
    No key and no trigger is looked at, so on PostgreSQL this is for superusers only."""
    is_sqlite = connection.vendor == "sqlite"
    last = {model: model.objects.aggregate(last=Max("pk"))["last"] or 0 for model in MULTIPLIED}
    wide = {model: last[model] - first[model] + 1 for model in MULTIPLIED}
    if is_sqlite:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA foreign_keys = OFF")
    with transaction.atomic(), connection.cursor() as cursor:
        if not is_sqlite:
            cursor.execute("SET LOCAL session_replication_role = replica")
        for model in MULTIPLIED:
            table, fields = model._meta.db_table, model._meta.concrete_fields
            values = ", ".join(_copied(model, field, wide, step, is_sqlite) for field in fields)
            cursor.execute(
                f"""WITH RECURSIVE copy(k) AS (
                    SELECT CAST(1 AS bigint) UNION ALL SELECT k + 1 FROM copy WHERE k < {times}
                )
                INSERT INTO {table} ({", ".join(field.column for field in fields)})
                SELECT {values} FROM {table}, copy WHERE {times} > 0 AND id BETWEEN {first[model]} AND {last[model]}"""
            )
            if not is_sqlite:
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")


def _copied(model, field, wide, step, is_sqlite):
    """What stands in this column of the k-th copy. The copies' keys follow those of the rows, `wide` as they are."""
    column, target = field.column, model if field.primary_key else field.related_model
    if target in wide:
        return f"{column} + k * {wide[target]}"
    if target and step(target):
        return f"{column} + k * {step(target)}"
    number = "printf('%010d', k)" if is_sqlite else "lpad(k::text, 10, '0')"
    return {
        "uuid": "lower(hex(randomblob(16)))" if is_sqlite else "gen_random_uuid()",
        "name": "name || ' ' || k",
        "name_key": f"name_key || ' ' || {number}",
        "serial_number": "serial_number || k",
        "serial_key": "serial_key || k",
        "search_text": "search_text || ' ' || lower(serial_key) || k",
    }.get(column if model is Device else "", column)


def _devices(company, number, first):
    """Devices that are not stored yet; their serial numbers count from `first` on."""
    chance = random.Random(company.pk)
    people, spaces = list(company.users.exclude(full_name="Ada Admin")), list(company.spaces.all())
    payors = list(company.payors.exclude(kind="employee"))
    statuses = [status for status, share in STATUSES.items() for _time in range(share)]
    chance.shuffle(statuses)
    now = clock.now()
    for n in range(number):
        category, manufacturer, model = MODELS[n % len(MODELS)]
        holder = chance.choice(people) if chance.random() < 0.85 or not spaces else chance.choice(spaces)
        status, payor = statuses[n % len(statuses)], chance.choice(payors)
        away = status in ("in_repair", "recycled") or n % 11 == 0
        device = Device(
            company=company,
            name=f"{category} {chance.randrange(10**6)}",
            category=category,
            manufacturer=manufacturer,
            model=model,
            payor=payor,
            payor_kind=payor.kind,
            payor_key=sort_key(payor.name),
            registered_at=now,
            status_since=now - timedelta(minutes=chance.randrange(500_000)),
            archived_at=now if status == "recycled" else None,
            log_sequence=1,
        )
        device.__dict__["status"] = "active" if status == "needs_repair" and away else status
        field = "user" if isinstance(holder, User) else "space"
        setattr(device, f"last_holder_{field}" if away else f"holder_{field}", holder)
        device.serial_number = f"SN{company.pk:05}{first + n:08}"
        device.serial_key = identifier_key(device.serial_number)
        device.refresh_keys()
        yield device


def _line(device, plate):
    return Event(
        company_id=device.company_id,
        device=device,
        sequence=1,
        actor=plate,
        kind="registered",
        digest="0" * 64,
        occurred_at=device.registered_at,
        recorded_at=device.registered_at,
    )


def _assignment(device):
    held = {"user_id": device.holder_user_id, "space_id": device.holder_space_id}
    return any(held.values()) and Assignment(
        company_id=device.company_id, device=device, started_at=device.registered_at, **held
    )


def _repair(device, admin):
    """The open one of a device that waits or is in repair; and a closed one for every tenth of the others."""
    is_open = device.status in ("needs_repair", "in_repair")
    if not is_open and device.pk % 10:
        return None
    # Those that are over took as long as the open ones have, so that one of ten open ones is slow.
    days = 2 if is_open else 2 + device.pk * 37 % 690
    opened = device.status_since - timedelta(days=days)
    repair = Repair(
        company_id=device.company_id,
        device=device,
        reporter=admin,
        opened_at=device.status_since if device.status == "needs_repair" else opened,
        problem="battery",
        holder_user_id=device.holder_user_id or device.last_holder_user_id,
        holder_space_id=device.holder_space_id or device.last_holder_space_id,
        payor=device.payor,
    )
    if device.status != "needs_repair":
        repair.taken_in_at, repair.taken_in_by = opened + timedelta(days=days / 2), admin
    if not is_open:
        repair.closed_at, repair.closed_by, repair.outcome = device.status_since, admin, "repaired"
    return repair


def _release(repair):
    closed = {"closed_at": repair.closed_at, "closed_by": repair.closed_by} if repair.closed_at else {}
    return MDMRelease(
        company_id=repair.company_id,
        repair=repair,
        requested_of=repair.taken_in_by,
        requested_at=repair.taken_in_at,
        state="not_needed" if closed else "open",
        **closed,
    )
