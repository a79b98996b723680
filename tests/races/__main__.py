"""`make races [ROUNDS=200]`: people do the same, or contrary things, at once, over HTTP, on both databases."""

import os
import secrets
import sys
import tempfile
from pathlib import Path

from tests import postgres
from tests.server import manage

from .run import run, sqlite


def main():
    rounds, seed = int(os.environ.get("ROUNDS", "200")), os.environ.get("SEED") or secrets.token_hex(4)
    failed = False
    with tempfile.TemporaryDirectory(prefix="velory-races-") as name:
        folder = Path(name)
        failed |= told("SQLite", run(migrated(sqlite(folder)), folder / "sqlite.log", rounds, seed), seed)
        try:
            with postgres.cluster() as database:
                outcome = run(migrated(database.installation), folder / "postgres.log", rounds, seed)
        except postgres.Unavailable as reason:
            print(f"PostgreSQL could not run: {reason}")
        else:
            failed |= told("PostgreSQL", outcome, seed)
    return failed


def migrated(where):
    """The same empty database, with every table."""
    manage(where, "migrate", "--verbosity", "0")
    return where


def told(database, outcome, seed):
    """Print the outcome. Returns whether something is wrong with it."""
    for sentence in (*outcome.wrong, *outcome.errors, *outcome.untrue):
        print(sentence)
    print(
        f"{database}: {outcome.races} races over HTTP (SEED={seed}), {len(outcome.wrong)} with doubled effects or "
        f"unclear answers, {len(outcome.errors)} errors of the server, register and chains "
        f"{'not as they must be' if outcome.untrue else 'clean'}",
        flush=True,
    )
    return not outcome.faultless


if __name__ == "__main__":
    sys.exit(main())
