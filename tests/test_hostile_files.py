"""Whatever is brought as a file: an import takes it or refuses it, with nothing half stored.

A short round runs with the suite; `make hostile` runs a longer one and prints how many files there were.
"""

import os
from collections import Counter

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

import devices.importing.columns
import repairs.importing.columns
from accounts.importing import people
from tests.hostile.rounds import INPUTS, foreign_keys, rounds, taken_back, tell
from tests.hostile.rows import everything, untrue
from tests.hostile.values import MEGABYTE, texts

HEADERS = {
    "import_devices": sorted({header for headers in devices.importing.columns.ALIASES.values() for header in headers}),
    "import_repairs": sorted({header for headers in repairs.importing.columns.ALIASES.values() for header in headers}),
    "import_people": sorted({header for headers in people.ALIASES.values() for header in headers}),
}
GOOD = ["eva@acme.example", "nils@acme.example", "SN-1", "C02 XK1AAA", "2026-01-31", "12.50", "Laptop", "Eva Lind", ""]
KEYS = {
    "import_devices": ["serial number"],
    "import_repairs": ["serial number", "completed on"],
    "import_people": ["email"],
}


def files(command, foreign):
    """Whatever a file may hold: tables in several encodings, more or less, and what is no table at all."""
    hostile = texts(foreign).filter(lambda text: text != MEGABYTE)
    cells = st.one_of(st.sampled_from(GOOD), hostile, st.sampled_from(GOOD), st.text("aA1-,;\"'\n\t=", max_size=12))
    headers = st.lists(st.one_of(st.sampled_from(HEADERS[command]), cells), max_size=6)
    tables = st.tuples(
        headers.map(lambda some: KEYS[command] + some), st.lists(st.lists(cells, max_size=8), max_size=6)
    )
    written = st.tuples(tables, st.sampled_from([",", ";", "\t"]), st.booleans()).map(_as_csv)
    encoded = st.tuples(written, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])).map(
        lambda pair: pair[0].encode(pair[1], "replace")
    )
    raw = written.map(lambda text: text.encode("utf-8", "surrogatepass"))
    return st.one_of(encoded, raw, st.binary(max_size=500), st.just(MEGABYTE.encode()))


def _as_csv(parts):
    (headers, rows), delimiter, quoted = parts

    def cell(text):
        return '"' + text.replace('"', '""') + '"' if quoted else text

    return "\r\n".join(delimiter.join(map(cell, row)) for row in [headers, *rows])


@pytest.mark.parametrize("command", HEADERS)
def test_no_file_breaks_an_import_or_is_half_stored(world, command, tmp_path, capsys):
    path, count, before = tmp_path / "file.csv", Counter(), everything()

    @rounds(INPUTS // 4 or 40)
    @given(files(command, foreign_keys(world)), st.booleans())
    def bring(content, skip_bad):
        path.write_bytes(content)
        with taken_back():
            options = {"company": "acme", "by": world.admin.email, "skip_bad": skip_bad}
            try:
                with open(os.devnull, "w", encoding="utf-8") as nowhere:
                    call_command(command, path, stdout=nowhere, **options)
            except CommandError:
                count["refused"] += 1
                assert everything() == before
            else:
                count["stored"] += 1
                assert list(untrue(before)) == []

    bring()
    tell(capsys, f"{command}: {count.total()} hostile files, {count['stored']} of them taken, errors 0")
