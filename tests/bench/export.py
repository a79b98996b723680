"""How fast a table is taken out, and in how much memory: `make bench-export`.

PostgreSQL on loopback, a company of a million devices, the application's role with its policies. `manage.py export` is
held against the least that can be done: psycopg reads the same rows by one statement, by a cursor on the server, and
csv writes them. Each in a process of its own, by turns. `ROWS=100000` for fewer.
"""

import csv
import os
import resource
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from time import perf_counter

import psycopg
from django.core.management import call_command

from tests.bench.asking import filled, told
from tests.bench.hardware import analyse, as_superuser
from tests.postgres import Unavailable, cluster
from tests.server import manage

ROWS = int(os.environ.get("ROWS", "1000000"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
SPEED, MEMORY = 0.25, 120  # of the bare one's, at least; MB, at most


def taken_out(file, columns):
    """Seconds and MB that the command takes."""
    began = perf_counter()
    call_command("export", "large", "devices", columns=columns, output=file)
    return perf_counter() - began, _peak()


def read_and_written(file, columns):
    """Seconds and MB that psycopg and csv take for the same rows."""
    from accounts.scope import companies
    from devices.exports.hardware import FIELDS
    from devices.models import Device
    from devices.tables import TABLES

    table, large = TABLES["all"], companies("large")[0]
    shown = dict.fromkeys(field for column in table.exported for field in column.fields)
    # Without the names, which would be joined six times: less than Velory writes.
    fields = [path.partition(".")[0] for path in FIELDS.values()] if columns == "all" else shown
    rows = table.rows(Device.objects.filter(company=large)).order_by("name_key", "id").values_list(*fields)
    statement, parameters = rows.query.sql_with_params()
    began = perf_counter()
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection, open(file, "w", newline="") as text:
        connection.execute("SELECT set_config('app.company_id', %s, true)", [str(large.pk)])
        with connection.cursor(name="rows") as cursor:
            cursor.itersize = 2000
            cursor.execute(statement, parameters)
            csv.writer(text).writerows(cursor)
    return perf_counter() - began, _peak()


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main():
    with cluster(("max_wal_size=4GB", "shared_buffers=1GB")) as database, ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        manage(database.installation, "migrate", "--verbosity", "0")
        above = as_superuser(database)
        filled(above, "tests.bench.filling", "found_companies()")
        rows = filled(above, "tests.bench.hardware", f"fill_large({ROWS})")
        analyse(database)
        print(f"{rows:,} devices")
        print(f"{'':<24}{'s':>8}{'bare':>8}{'speed':>8}{'aim':>6}{'MB':>7}{'aim':>6}{'bare':>6}{'file, MB':>10}")
        missed = [compared(database.installation, folder, *what) for what in WHAT]
    return any(missed)


# The ending of the file, the columns, and the least speed. A workbook is no match for csv; its memory is.
WHAT = (("csv", "shown", SPEED), ("csv", "all", SPEED), ("xlsx", "shown", None), ("xlsx", "all", None))


def compared(installation, folder, ending, columns, aim):
    """Prints what one kind of file takes. Returns whether it misses its aim."""
    file = str(Path(folder) / f"table.{ending}")
    took, bare = [], []
    for _round in range(ROUNDS):
        bare.append(told(installation, "tests.bench.export", f"read_and_written({file!r}, {columns!r})"))
        took.append(told(installation, "tests.bench.export", f"taken_out({file!r}, {columns!r})"))
    speed = median(one / other for (other, _peak), (one, _same) in zip(took, bare, strict=True))
    seconds, other = (median(second for second, _peak in times) for times in (took, bare))
    peak, bare_peak = (max(peak for _second, peak in times) for times in (took, bare))
    size = Path(file).stat().st_size / 1e6
    print(
        f"{f'{ending}, {columns} columns':<24}{seconds:>8.1f}{other:>8.1f}{speed:>8.2f}{aim or '-':>6}"
        f"{peak:>7.0f}{MEMORY:>6}{bare_peak:>6.0f}{size:>10.1f}",
        flush=True,
    )
    return peak > MEMORY or (aim is not None and speed < aim)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Unavailable as reason:
        sys.exit(str(reason))
