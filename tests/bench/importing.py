"""How fast a list of devices comes in, and in how much memory: `make bench-import`.

PostgreSQL on loopback, the application's role with its policies. A list of 100,000 rows is uploaded, rehearsed and
stored, each by a process of its own as a worker does it; then lists of the same devices of which one in ten and nearly
all have changed.

What they are held against is the least that could be done with the same rows: the csv module reads the list, each cell
is cleaned by the field of Device that it is for, which checks its length, its form and the number it holds, and psycopg
copies the devices, as the import has stored them, into a table with the columns, indexes, checks and foreign keys of
devices'. Nobody is looked up or made by it, and it writes no assignment, no note, no repair and no line of a log, of
which Velory has some five beside each device. Several rounds of it, the fastest counts.

`SIZES=10000` for less, and `SIZES="1000 10000"` one after the other.
"""

import csv
import os
import random
import re
import sys
import tempfile
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter

import psycopg
from django.db import connection, transaction

from tests.bench.asking import filled, told
from tests.bench.filling import FIRST_NAMES, MODELS, SPACES
from tests.bench.hardware import analyse, as_superuser
from tests.postgres import Unavailable, cluster
from tests.server import manage

SIZES = [int(size) for size in os.environ.get("SIZES", "100000").split()]
ROUNDS = 3
TIMES, MEMORY = 20, 300  # of the bare one's time, at most; MB, at most
COST_CENTRES = 8
# So many devices to a person.
EACH = 3
COPIED = "copied"
# One after the other, and the part of it that has changed since the first.
LISTS = {"all new": 0, "one in ten changed": 0.1, "nearly all changed": 1}


def main():
    missed = [what for size in SIZES for what in measured(size)]
    print(f"aims missed: {', '.join(missed) or 'none'}")
    return bool(missed)


def measured(size):
    """Prints what lists of so many rows take, and yields the aims that were missed."""
    with cluster(("max_wal_size=4GB", "shared_buffers=1GB")) as database, ExitStack() as stack:
        file = str(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "list.csv")
        manage(database.installation, "migrate", "--verbosity", "0")
        above = as_superuser(database)
        filled(above, "tests.bench.importing", "found()")
        imports = {}
        for name, changed in LISTS.items():
            write_list(file, size, changed)
            for act in ("rehearse", "import"):
                told(database.installation, "tests.bench.importing", f"asked({file!r}, {act!r})")
                imports[f"{act}, {name}"] = told(database.installation, "tests.bench.importing", "work()")
            analyse(database)
        bare = min((told(above, "tests.bench.importing", f"bare({file!r})") for _round in range(ROUNDS)), key=sum)
        yield from report(size, imports, *bare)


def report(size, imports, validated, copied):
    bare = validated + copied
    print(f"{size:,} rows; the bare one {bare:.1f} s: {validated:.1f} s to validate, {copied:.1f} s to copy")
    print(f"{'':<32}{'s':>8}{'ratio':>8}{'aim':>6}{'CPU, s':>8}{'database':>10}{'MB':>7}{'aim':>6}")
    for what, (seconds, own, database, peak) in imports.items():
        print(
            f"{what:<32}{seconds:>8.1f}{seconds / bare:>8.1f}{TIMES:>6}"
            f"{own:>8.1f}{database:>10.1f}{peak:>7.0f}{MEMORY:>6}",
            flush=True,
        )
        if seconds > TIMES * bare:
            yield f"time of {what}"
        if peak > MEMORY:
            yield f"memory of {what}"
    for name in LISTS:
        if imports[f"rehearse, {name}"][0] > imports[f"import, {name}"][0]:
            yield f"rehearse, {name}, no slower than the import"


# The list


HEADERS = (
    "Name", "Category", "Manufacturer", "Model", "Serial number", "Asset tag", "IMEI", "Supplier", "Order number",
    "Purchase date", "Purchase cost", "Warranty ends", "Holder email", "Holder name", "Space", "Payor", "Status",
    "Note",
)  # fmt: skip
# Those of the device itself, and their fields.
FIELDS = {header: header.lower().replace(" ", "_").replace("ends", "end") for header in HEADERS[:12]}


def write_list(path, size, changed):
    """A list of so many devices, of which this part has changed since it was first written: half of them a field, half
    of them the holder."""
    chance = random.Random(1)
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADERS)
        for n in range(size):
            rows.writerow(_row(n, size, chance, changed))


def _row(n, size, chance, changed):
    category, manufacturer, model = MODELS[n % len(MODELS)]
    bought = date(2021, 1, 1) + timedelta(days=chance.randrange(1800))
    holder, space, payor, person = "", "", "", chance.randrange(size // EACH)
    place, cost = chance.randrange(SPACES), chance.randrange(20_000, 300_000)
    kind, luck = chance.random(), chance.random()
    supplier = "Hardware store"
    if luck < changed / 2:
        supplier = f"Store {changed}"
    elif luck < changed:
        person, place = (person + 1) % (size // EACH), (place + 1) % SPACES
    if kind < 0.75:
        holder, payor = person, chance.choice(("Company", "Employee", f"Cost centre {n % COST_CENTRES}"))
    elif kind < 0.9:
        space = f"Room {place}"
    name = f"{FIRST_NAMES[person % 10]} Person {person}"
    return (
        f"{category} {n}", category, manufacturer, model, f"SN-{n:08}", f"A-{n:06}",
        f"35{n:013}" if category == "Phone" else "", supplier, f"PO-{n // 20}",
        bought.isoformat(), f"{cost / 100:.2f}", (bought + timedelta(days=1095)).isoformat(),
        *((f"person{holder}@large.example", name) if holder != "" else ("", "")), space, payor,
        "Out for Repair" if n % 50 == 0 else "Deployed", "Has a scratch." if n % 10 == 0 else "",
    )  # fmt: skip


# As Velory does it


def found():
    """A company that moves in, whose payors are there."""
    from tests.factories import AdminFactory, CompanyFactory, PayorFactory

    company = CompanyFactory(name="Large", slug="large")
    AdminFactory(company=company, full_name="Ada Admin")
    for number in range(COST_CENTRES):
        PayorFactory(company=company, name=f"Cost centre {number}")


def asked(path, act):
    """Upload the list, or go on with the one that was uploaded last: the work is left to a worker."""
    from accounts.models import User
    from accounts.scope import companies, company_scope
    from devices.importing import work
    from devices.models import Import
    from tests.importer import a_list, uploaded

    [company] = companies("large")
    with company_scope(company.pk), transaction.atomic():
        if act == "rehearse":
            admin = User.objects.get(company=company, role=User.Role.ADMIN)
            batch = uploaded(admin, a_list(Path(path).read_bytes()))
            work.begin(batch, "devices_rehearse", Import.Stage.REHEARSING, by=admin)
        else:
            batch = Import.objects.filter(company=company).latest("pk")
            work.begin(batch, "devices_import", Import.Stage.STORING, by=batch.who)


def work():
    """Lets a worker do what waits. Returns its seconds by the clock, those of its processor and of the database's, and
    its peak in MB."""
    from accounts import jobs
    from accounts.scope import companies, company_scope
    from devices.models import Import

    began = perf_counter()
    assert jobs.work()
    took = perf_counter() - began
    processor, database, peak = _processor("self"), _processor(connection.connection.info.backend_pid), _peak()
    [company] = companies("large")
    with company_scope(company.pk):
        batch = Import.objects.filter(company=company).latest("pk")
        assert batch.stage in ("rehearsed", "stored"), (batch.stage, batch.problem)
        assert not batch.findings["refused"]["count"], batch.findings["refused"]
    return took, processor, database, peak


def _processor(pid):
    """Seconds of processor time of this process of this machine."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def _peak():
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1000


# As little as can be done


def bare(path):
    """Seconds to validate the list, and seconds to copy its devices."""
    began = perf_counter()
    validate(path)
    validated = perf_counter() - began
    make_table()
    with psycopg.connect(os.environ["DATABASE_URL"]) as source, psycopg.connect(os.environ["DATABASE_URL"]) as target:
        with source.cursor().copy("COPY devices_device TO STDOUT") as rows:
            data = [bytes(block) for block in rows]
        began = perf_counter()
        with target.cursor().copy(f"COPY {COPIED} FROM STDIN") as rows:
            for block in data:
                rows.write(block)
        target.commit()
    return validated, perf_counter() - began


def validate(path):
    from devices.models import Device

    fields = {header: Device._meta.get_field(name) for header, name in FIELDS.items()}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            for header, field in fields.items():
                field.clean(row[header] or (None if field.null else ""), None)


def make_table():
    """One like devices': what its rows point at, and what may stand in them."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {COPIED}")
        cursor.execute(f"CREATE TABLE {COPIED} (LIKE devices_device INCLUDING ALL)")
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE contype = 'f' AND conrelid = 'devices_device'::regclass"
        )
        for (key,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {COPIED} ADD {key}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Unavailable as reason:
        sys.exit(str(reason))
