"""What it costs to search for what nothing is called: `make bench-search`.

Registers of 10,000 and 100,000 devices whose names and numbers are all different, and a few that are called something,
on SQLite and on PostgreSQL behind gunicorn. Every search is held against one for a word that a device has; the two take
turns, so that whatever else the machine does strikes both alike. Prints the medians, their ratio, and what is found.
`SIZES=10000` for less.
"""

import os
import re
import sys
import tempfile
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from django.urls import reverse

from tests.bench.asking import Asking, cookies_of, filled, migrated_file
from tests.bench.hardware import analyse
from tests.postgres import Unavailable, cluster
from tests.server import manage, serving

SIZES = [int(size) for size in os.environ.get("SIZES", "10000 100000").split()]
ROUNDS = int(os.environ.get("ROUNDS", "15"))
AIM, CHUNK = 3.0, 1000
FOUND = "galaxy"
KNOWN = {"iPhone 15": "Apple", "Galaxy Tab": "Samsung", "ThinkPad X1": "Lenovo", "Evolve2": "Jabra"}
# What is searched for, and what has to be found.
SEARCHES = {
    "galxy": "galaxy",
    "iphnoe": "iphone",
    "jabar": "jabra",
    "thnkpad": "thinkpad",
    "tinkpad x1": "thinkpad x1",
    "sn0000x123": "sn00000123",
    "xyzzy": "",
    "y" * 200: "",
    " ".join(f"word{number}" for number in range(30))[:200]: "",
}
MEANT = re.compile(r"Similar: (?:<a[^>]*>|<strong>)([^<]+)<")


def fill(number):
    """So many devices, and some that people have. Returns an IT admin's cookies."""
    from accounts import clock
    from accounts.text import identifier_key
    from devices.models import Device
    from tests.factories import AdminFactory, DeviceFactory

    admin = AdminFactory(password="a password for tests")
    for name, maker in KNOWN.items():
        known = DeviceFactory(company=admin.company, by=admin, name=name, manufacturer=maker)
    for first in range(0, number, CHUNK):
        rows = []
        for k in range(first, min(first + CHUNK, number)):
            row = Device(company=admin.company, name=f"Bulk {k:05}", category=known.category)
            row.serial_number = f"SN{k:08}"
            row.serial_key = identifier_key(row.serial_number)
            row.registered_at = row.status_since = clock.now()
            row.log_sequence = 1
            row.refresh_keys()
            rows.append(row)
        Device.objects.bulk_create(rows)
    return {"cookies": cookies_of(admin)}


def main():
    missed = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            missed += on_sqlite(size, Path(folder)) + on_postgresql(size, Path(folder))
    print(f"aims missed: {', '.join(missed) or 'none'}")
    return bool(missed)


def on_sqlite(size, folder):
    where = migrated_file(folder)
    known = filled(where, "tests.bench.mistyped", f"fill({size})")
    return measured(where, known, folder, f"{size:,} devices on SQLite")


def on_postgresql(size, folder):
    with cluster() as database:
        manage(database.installation, "migrate", "--verbosity", "0")
        known = filled(database.installation, "tests.bench.mistyped", f"fill({size})")
        analyse(database)
        return measured(database.installation, known, folder, f"{size:,} devices on PostgreSQL")


def measured(where, known, folder, what):
    """Prints each search's time and ratio. Returns what misses its aim."""
    missed = []
    print(f"\n{what}\n{'':<22}{'ms':>8}{'found':>8}{'ratio':>8}{'aim':>6}  similar")
    with serving(where, folder / "log") as server:
        somebody = Asking(server, known["cookies"])
        for words, meant in SEARCHES.items():
            ours, other = [], []
            for round_ in range(ROUNDS + 2):
                text, took = searched(somebody, words)
                _text, beside = searched(somebody, FOUND)
                if round_ >= 2:  # the first warm up
                    ours.append(took)
                    other.append(beside)
            ratio = median(one / beside for one, beside in zip(ours, other, strict=True))
            similar = MEANT.search(text)
            said = similar[1] if similar else ""
            print(
                f"{words[:20]:<22}{median(ours) * 1000:>8.1f}{median(other) * 1000:>8.1f}{ratio:>8.1f}{AIM:>6}  {said}",
                flush=True,
            )
            if ratio > AIM or said != meant:
                missed.append(f"{words[:20]}, {what}")
    return missed


def searched(somebody, words):
    """Hardware, searched for these words, and the seconds that it took."""
    status, text, took = somebody.ask(f"{reverse('devices:hardware')}?{urlencode({'q': words})}")
    assert status == 200, (words, status)
    return text, took


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Unavailable as reason:
        sys.exit(str(reason))
