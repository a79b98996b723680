"""What row level security and the digest chain cost: `make cost`.

One PostgreSQL with 10,000 devices of five companies, and three servers on it: Velory as it is; one whose role no policy
applies to and whose requests are no transactions; and one that computes no digests. Each page and each move is asked of
all three by turns, in random order. Prints the medians, and the median of the rounds' ratios with and without, which
whatever else the machine does meanwhile disturbs least.
"""

import os
import random
import re
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import psycopg
from django.urls import reverse

from tests.bench.asking import Asking, cookies_of, filled
from tests.postgres import Unavailable, cluster
from tests.server import manage, serving

ROUNDS = int(os.environ.get("ROUNDS", "100"))
COMPANIES, DEVICES = 5, 2000
AIM = 1.1
SEEN = re.compile(r'name="seen" value="(\d+)"')

AS_IT_IS, NO_POLICIES, NO_CHAIN = "as it is", "without policies", "without chain"


def fill():
    """Companies with devices. Returns an IT admin's cookies, and a device for each server."""
    from tests.factories import AdminFactory, CompanyFactory

    for company in CompanyFactory.create_batch(COMPANIES):
        admin = AdminFactory(company=company, password="a password for tests")
        own = devices_of(company, admin)
    return {"cookies": cookies_of(admin), "devices": dict(zip((AS_IT_IS, NO_POLICIES, NO_CHAIN), own, strict=False))}


def devices_of(company, admin):
    """A few that were registered in earnest, and rows like them, as the tables read no log. Returns the former."""
    from devices.models import Device
    from tests.factories import DeviceFactory, SpaceFactory, UserFactory

    people, spaces = UserFactory.create_batch(100, company=company), SpaceFactory.create_batch(10, company=company)
    first = DeviceFactory.create_batch(10, by=admin, holder=people[0])
    rows = []
    for number in range(DEVICES - len(first)):
        holder = random.choice([*people, *spaces])
        row = Device(
            company=company,
            name=f"Device {number}",
            category=first[number % 4].category,
            serial_number=f"C{company.pk}-{number}",
            payor=first[0].payor,
            payor_kind=first[0].payor.kind,
            holder_user=holder if holder in people else None,
            holder_space=holder if holder in spaces else None,
            status_since=first[0].status_since,
            registered_at=first[0].registered_at,
        )
        row.serial_key = row.serial_number.replace("-", "")
        rows.append(row)
    Device.objects.bulk_create(rows)
    return [device.pk for device in first]


def past_the_policies(database):
    """A login for the same database that no policy applies to. Returns its installation."""
    known = database.installation
    with psycopg.connect(
        host=str(database.folder), port=database.port, user="postgres", dbname="velory", autocommit=True
    ) as connection:
        connection.execute("CREATE ROLE velory_bench LOGIN BYPASSRLS PASSWORD 'bench'")
        connection.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO velory_bench")
        connection.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO velory_bench")
        connection.execute("ANALYZE")
    address = f"postgres://velory_bench:bench@127.0.0.1:{database.port}/velory"
    return known | {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "tests.bench.settings_without_policies"}


def table(query=""):
    """One page of Hardware."""

    def act(somebody, device):
        status, _text, took = somebody.ask(reverse("devices:hardware") + query)
        assert status == 200
        return took

    return act


def move(somebody, device):
    """Report and revert: two moves, as a person makes them. What the page shows before isn't counted."""
    took = 0.0
    for name, fields in (("repairs:support", {"needs_repair": "on"}), ("repairs:revert", {})):
        address = reverse(name, args=[device])
        seen = SEEN.search(somebody.ask(address)[1])[1]
        status, _text, seconds = somebody.ask(address, {"seen": seen, **fields})
        assert status == 302, status
        took += seconds
    return took / 2


ACTS = {
    "Hardware, first page": table(),
    "Hardware, a search": table("?q=Device+17"),
    "a move": move,
}


def main():
    with cluster() as database, ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        manage(database.installation, "migrate", "--verbosity", "0")
        known = filled(database.installation, "tests.bench.cost")
        places = {
            AS_IT_IS: database.installation,
            NO_POLICIES: past_the_policies(database),
            NO_CHAIN: database.installation | {"DJANGO_SETTINGS_MODULE": "tests.bench.settings_without_chain"},
        }
        visitors = {}
        for number, (name, where) in enumerate(places.items()):
            server = stack.enter_context(serving(where, Path(folder, f"log{number}")))
            visitors[name] = Asking(server, known["cookies"])
        ratios = [ratio for what, act in ACTS.items() for ratio in measured(what, act, visitors, known["devices"])]
    print(f"medians over {ROUNDS} requests of each kind; largest ratio {max(ratios):.2f}, aimed at {AIM}")
    return max(ratios) > AIM


def measured(what, act, visitors, devices):
    """Prints how long the act takes on each server. Yields the ratios with and without."""
    times = {name: [] for name in visitors}
    for round_ in range(ROUNDS + 5):
        for name in random.sample(list(visitors), len(visitors)):
            took = act(visitors[name], devices[name])
            if round_ >= 5:  # the first few warm up
                times[name].append(took)
    print(f"{what:<22} {AS_IT_IS:<18} {median(times[AS_IT_IS]) * 1000:>7.2f} ms", flush=True)
    for name in (NO_POLICIES, NO_CHAIN):
        ratio = median(usual / other for usual, other in zip(times[AS_IT_IS], times[name], strict=True))
        print(f"{what:<22} {name:<18} {median(times[name]) * 1000:>7.2f} ms  ratio {ratio:.2f}", flush=True)
        yield ratio


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Unavailable as reason:
        sys.exit(str(reason))
