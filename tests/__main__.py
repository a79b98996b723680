"""Everything there is to run on this machine, and plainly what could not run: `python -m tests`.

Arguments go to pytest. With VELORY_REQUIRE_ALL=1 what could not run is a failure.
"""

import os
import re
import subprocess
import sys

from tests import chromium, postgres, xmlsec1

PYTEST = [sys.executable, "-m", "pytest", "--numprocesses=auto"]
CLOSING = re.compile(r"\b\d+ (passed|failed|errors?|skipped)\b.* in [\d.]+s|no tests ran")


def suites():
    """Each suite's name, command, and why it cannot run (None if it can)."""
    everything = [*PYTEST, "-m", "not browser"]
    yield "SQLite", everything, None
    yield "PostgreSQL", [sys.executable, "-m", "tests.postgres", *everything], no_postgres()
    missing = f"no Chromium found (as {', '.join(chromium.NAMES)})"
    yield "Browser", [*PYTEST, "-m", "browser"], None if chromium.find() else missing


def no_postgres():
    try:
        postgres.binaries()
        postgres.server_user()
    except postgres.Unavailable as reason:
        return str(reason)
    return None


def run(command):
    """Runs one suite under our eyes; returns its exit code and pytest's closing line."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    colour = ["--color=yes"] if sys.stdout.isatty() else []
    closing = "it did not get as far as its closing line"
    with subprocess.Popen(
        [*command, *colour], env=environment, stdout=subprocess.PIPE, text=True, errors="replace"
    ) as suite:
        for line in suite.stdout or ():
            print(line, end="", flush=True)
            if CLOSING.search(line):
                closing = line.rstrip()
    return suite.returncode, closing


def main(arguments):
    closings, failed, missing = [], False, False
    for name, command, reason in suites():
        if reason:
            missing = True
            closings.append((name, f"could not run: {reason}"))
            continue
        print(f"\n{name}", flush=True)
        code, closing = run([*command, *arguments])
        failed |= code != 0
        closings.append((name, closing))
    if xmlsec1.find() is None:  # on SQLite and PostgreSQL alike
        missing = True
        closings.append(("SAML", f"could not run: {xmlsec1.MISSING}"))
    print()
    for name, closing in closings:
        print(f"{name + ':':<12}{closing}")
    if missing and os.environ.get("VELORY_REQUIRE_ALL") == "1":
        print("Here everything has to run (VELORY_REQUIRE_ALL=1), so what could not is a failure.")
        failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
