"""`make chaos [KILLS=20]`: people make moves at full speed while gunicorn and PostgreSQL are killed under them."""

import os
import secrets
import sys
import tempfile
from pathlib import Path

from tests.postgres import Unavailable

from .round import play


def main():
    kills, seed = int(os.environ.get("KILLS", "20")), os.environ.get("SEED") or secrets.token_hex(4)
    print(f"{kills} kills, SEED={seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="velory-chaos-") as folder:
        try:
            outcome = play(kills, Path(folder), seed=seed)
        except Unavailable as reason:
            return str(reason)
        if not outcome.faultless:
            print((Path(folder) / "gunicorn.log").read_text())
    for name in ("lost", "doubled", "half", "untrue"):
        for sentence in getattr(outcome, name):
            print(f"{name}: {sentence}")
    print("Killed with SIGKILL  ", _listed(outcome.kills))
    print("Moves acknowledged   ", outcome.acknowledged)
    print("Moves in the logs    ", outcome.found, "(some were done and never heard of)")
    print("Lost                 ", len(outcome.lost))
    print("Doubled              ", len(outcome.doubled))
    print("Half                 ", len(outcome.half))
    print("Register and chains  ", "not as they must be" if outcome.untrue else "clean")
    print("Errors at clients    ", _listed(outcome.errors) or "none")
    print(f"Longest outage        {outcome.longest_outage:.1f} s")
    return not outcome.faultless


def _listed(counts):
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()) if count)


if __name__ == "__main__":
    sys.exit(main())
