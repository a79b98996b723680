"""How fast Hardware is at 10,000, 100,000 and 1,000,000 devices: `make bench`.

PostgreSQL on loopback, one company of so many devices beside a thousand companies of a thousand; gunicorn with two
workers, as in production. Each of Velory's pages is asked for by turns with a bare Django page of the same rows in the
same markup (tests/bench/bare.py), and what is printed is the median of the ratios, which carries over to other
machines. A move is held against a bare transaction that writes as many rows. At the end the pages once more, on SQLite.
`SIZES=10000` for less, `SIZES=` for SQLite alone. Filling takes about a second for 10,000 devices.
"""

import os
import random
import re
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter

import psycopg
from django.urls import reverse

from tests.bench.asking import Asking, filled, migrated_file
from tests.bench.filling import RARE
from tests.postgres import Unavailable, cluster
from tests.server import manage, serving

SIZES = [int(size) for size in os.environ.get("SIZES", "10000 100000 1000000").split()]
ROUNDS = int(os.environ.get("ROUNDS", "60"))
SECONDS, TURNS = 12, 3
SEEN = re.compile(r'name="seen" value="(\d+)"')
LAST_PAGE = re.compile(r'href="([^"]*page=last[^"]*)"')

AIMS = {"page": 1.5, "search": 2.0}
SIZE_ON_SQLITE, AIM_ON_SQLITE = 100_000, 3.0
# In turn by the same person, and what is sent along. They write 3, 5 and 4 rows: the device, its Repair, the MDM
# release, lines of the log.
MOVES: tuple[tuple[str, dict[str, str]], ...] = (
    ("repairs:support", {"needs_repair": "on"}),
    ("repairs:intake", {}),
    ("repairs:finish", {}),
)
ROWS_OF_A_MOVE = 4
# How much of the ratio the largest register may add.
GROWTH = 1.2
# At most; a page's size in kB before compression, a worker's memory in MB, the start in seconds.
STATEMENTS, SIZE, STATEMENTS_OF_A_MOVE, MEMORY, COLD_START = 8, 40, 20, 120, 2
# At least: the rate of moves, to that of bare transactions.
MOVES_RATE = 0.5


def pages(known, somebody):
    """What is asked for: its name, its aim, and its address."""
    hardware = reverse("devices:hardware")
    last = LAST_PAGE.search(somebody.ask(hardware)[1])
    yield "Hardware, first page", AIMS["page"], hardware
    yield "Hardware, last page", AIMS["page"], last[1].replace("&amp;", "&") if last else hardware
    yield "Hardware, by holder", AIMS["page"], f"{hardware}?sort=holder"
    for table in ("needs-repair", "in-repair"):
        address = reverse("devices:hardware_table", args=[table])
        yield f"{table}, first page", AIMS["page"], address
        yield f"{table}, by holder", AIMS["page"], f"{address}?sort=holder"
    yield "a rare search", AIMS["search"], f"{hardware}?q={RARE[:-2]}"
    yield "a broad search", AIMS["search"], f"{hardware}?q=laptop"
    yield "device page", AIMS["search"], reverse("devices:overview", args=[known["storied"]])
    yield "Support tab", AIMS["search"], reverse("repairs:support", args=[known["storied"]])


def fill_large(more):
    """So many devices more for the large company."""
    from accounts.models import Company
    from tests.bench import filling

    large = Company.objects.get(name="Large")
    filling.add_devices(large, more)
    return large.devices.count()


def as_superuser(database):
    """A login for the same database that no policy and no trigger stops. Returns its installation."""
    with psycopg.connect(host=str(database.folder), port=database.port, user="postgres", dbname="velory") as connection:
        connection.execute("CREATE ROLE velory_bench LOGIN SUPERUSER PASSWORD 'bench'")
    address = f"postgres://velory_bench:bench@127.0.0.1:{database.port}/velory"
    return database.installation | {"DATABASE_URL": address, "DATABASE_OWNER_URL": address}


def analyse(database):
    with psycopg.connect(
        host=str(database.folder), port=database.port, user="postgres", dbname="velory", autocommit=True
    ) as connection:
        connection.execute("VACUUM ANALYZE")


class Aims:
    """What was aimed at, and what of it was missed."""

    def __init__(self):
        self.missed = []

    def hold(self, what, number, most):
        if number > most:
            self.missed.append(what)

    def hold_at_least(self, what, number, least):
        if number < least:
            self.missed.append(what)


def main():
    aims = Aims()
    with tempfile.TemporaryDirectory() as folder:
        table = on_postgresql(Path(folder), aims) if SIZES else {}
        pages_on_sqlite(Path(folder), aims)
    report_growth(table, aims)
    print(f"aims missed: {', '.join(dict.fromkeys(aims.missed)) or 'none'}")
    return bool(aims.missed)


def on_postgresql(folder, aims):
    """Each size: fills, measures pages and moves. Returns the pages' ratios by size."""
    with cluster(("max_wal_size=4GB", "shared_buffers=1GB")) as database:
        manage(database.installation, "migrate", "--verbosity", "0")
        above = as_superuser(database)
        known = filled(above, "tests.bench.filling", "found_companies()")
        filled(above, "tests.bench.filling", "fill_small_companies()")
        there, table = 0, {}
        for size in SIZES:
            there = filled(above, "tests.bench.hardware", f"fill_large({size - there})")
            analyse(database)
            size_said = f"{there:,} devices"
            with served(database.installation, above, known, folder, size_said, aims) as (server, bare_server):
                table[size] = measured(known, server, bare_server, size_said, aims)
                moved(known, server, bare_server, size_said, aims)
                memory = largest_worker(server) / 1000
                aims.hold(f"memory of a worker, {size_said}", memory, MEMORY)
                print(f"memory of a worker: {memory:.0f} MB, aimed at {MEMORY}")
    return table


def pages_on_sqlite(folder, aims):
    """One company, as it is meant for."""
    where = migrated_file(folder)
    known = filled(where, "tests.bench.filling", "found_companies(0)")
    there = filled(where, "tests.bench.hardware", f"fill_large({SIZE_ON_SQLITE})")
    size_said = f"{there:,} devices on SQLite"
    with served(where, where, known, folder, size_said, aims) as (server, bare_server):
        measured(known, server, bare_server, size_said, aims, AIM_ON_SQLITE)


@contextmanager
def served(where, above, known, folder, what, aims):
    """Velory and the bare pages, each by a server of its own. Prints how long Velory took to start."""
    counted = where | {"DJANGO_SETTINGS_MODULE": "tests.bench.settings_counted"}
    bare = above | {"DJANGO_SETTINGS_MODULE": "tests.bench.settings_bare"}
    began = monotonic()
    with serving(counted, folder / "log", workers=2) as server:
        took = monotonic() - began
        aims.hold(f"cold start, {what}", took, COLD_START)
        print(f"\n{what}; cold start {took:.1f} s, aimed at {COLD_START}")
        with serving(bare, folder / "bare-log", workers=2) as bare_server:
            yield server, bare_server


def measured(known, server, bare_server, size_said, aims, aim_of_all=None):
    """Asks for each page, prints, and returns its ratio."""
    somebody, beside = Asking(server, known["cookies"]), Asking(bare_server, known["cookies"])
    print(f"{'':<28}{'ms':>8}{'bare':>8}{'ratio':>8}{'aim':>6}{'statements':>12}{'kB':>7}")
    ratios = {}
    for what, aim, address in pages(known, somebody):
        aim = aim_of_all or aim
        ratio, statements, size = compared(what, aim, address, somebody, beside)
        aims.hold(f"{what}, {size_said}", ratio, aim)
        aims.hold(f"statements of {what}", statements, STATEMENTS)
        aims.hold(f"kB of {what}", size, SIZE)
        ratios[what] = ratio
    return ratios


def compared(what, aim, address, somebody, beside):
    """Prints, and returns the ratio, the number of statements, and the page's size in kB."""
    ours, bare = [], []
    for round_ in range(ROUNDS + 5):
        status, text, took = somebody.ask(address)
        assert status == 200, (address, status)
        asked = somebody.headers.get("X-Statements")
        other_status, _text, other = beside.ask("/")
        assert other_status == 200, other_status
        if round_ >= 5:  # the first few warm up
            ours.append(took)
            bare.append(other)
    ratio = median(one / other for one, other in zip(ours, bare, strict=True))
    size = len(text.encode()) / 1000
    print(
        f"{what:<28}{median(ours) * 1000:>8.2f}{median(bare) * 1000:>8.2f}{ratio:>8.2f}{aim:>6}{asked:>12}{size:>7.1f}",
        flush=True,
    )
    return ratio, int(asked), size


def moved(known, server, bare_server, size_said, aims):
    """Prints how many moves a second two people make, and how many bare transactions."""
    statements = []

    def moves(somebody, device, until, done):
        addresses = [reverse(name, args=[device]) for name, _fields in MOVES]

        def move(number, seen):
            began = perf_counter()
            status, _text, _took = somebody.ask(addresses[number], {"seen": seen, **MOVES[number][1]})
            assert status == 302, status
            somebody.forget_messages()  # which the page that follows would have shown; they would grow to kilobytes
            statements.append(int(somebody.headers["X-Statements"]))
            return perf_counter() - began

        # What a page shows as seen, by one round of pages; each round adds as much. Pages in between would take the
        # processor from whoever moves at the same moment.
        def shown(number):
            return int(SEEN.search(somebody.ask(addresses[number])[1])[1])

        seen = []
        for number in range(len(MOVES)):
            seen.append(shown(number))
            move(number, seen[-1])
        more = shown(0) - seen[0]
        while monotonic() < until:
            for number in range(len(MOVES)):
                seen[number] += more
                done.append(move(number, seen[number]))

    def bare(somebody, device, until, done):
        while monotonic() < until:
            began = perf_counter()
            status, _text, _took = somebody.ask("/write/", {"device": device, "inserts": ROWS_OF_A_MOVE})
            assert status == 204, status
            done.append(perf_counter() - began)

    took = {moves: [], bare: []}
    # In turns: what the machine does beside, and the disk, change from one second to the next.
    for act in (moves, bare) * TURNS:
        asked = two_of_both_workers(server if act is moves else bare_server, known["cookies"])
        devices, until = random.sample(known["moved"], 2), monotonic() + SECONDS / TURNS
        people = [
            threading.Thread(target=act, args=(*who, until, took[act])) for who in zip(asked, devices, strict=True)
        ]
        for person in people:
            person.start()
        for person in people:
            person.join()
    rates = {act: 2 * len(done) / sum(done) for act, done in took.items()}
    aims.hold_at_least(f"rate of moves, {size_said}", rates[moves] / rates[bare], MOVES_RATE)
    aims.hold("statements of a move", max(statements), STATEMENTS_OF_A_MOVE)
    print(
        f"moves: {rates[moves]:.0f} a second, {max(statements)} statements; bare transactions of as many rows: "
        f"{rates[bare]:.0f}; ratio {rates[moves] / rates[bare]:.2f}, aimed at {MOVES_RATE}"
    )


def two_of_both_workers(server, cookies):
    """Two people, each served by a worker of their own: at one they would wait for each other, and the other idle."""
    found = {}
    while len(found) < 2:
        somebody = Asking(server, cookies)
        somebody.ask("/healthz")
        found.setdefault(somebody.headers["X-Worker"], somebody)
    return list(found.values())


def largest_worker(server):
    """The resident memory in kB of the largest process below gunicorn's master, what it shares with others included."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    return max(int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{child}/status").read_text())[1]) for child in children)


def report_growth(table, aims):
    """Prints what grows with the size."""
    smallest, largest = min(table, default=0), max(table, default=0)
    for what, ratio in table.get(largest, {}).items():
        growth = ratio / table[smallest][what]
        aims.hold(f"growth of {what}", growth, GROWTH)
        print(f"{what:<28} at {largest:,} devices {growth:.2f} times what it is at {smallest:,}, aimed at {GROWTH}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Unavailable as reason:
        sys.exit(str(reason))
