"""One round: a company on a PostgreSQL of its own, people at work, things killed under them, and the reckoning."""

import threading
from collections import Counter
from dataclasses import dataclass, field

from tests import postgres
from tests.server import manage, serving
from tests.yard import build

from .faults import strike
from .people import Journal, Mover
from .reckoning import reckon

WORKERS = 2


@dataclass
class Outcome:
    """What a round came to. `lost`, `doubled`, `half` and `untrue` are sentences, and there should be none."""

    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    found: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    longest_outage: float = 0

    @property
    def faultless(self):
        return not (self.lost or self.doubled or self.half or self.untrue or self.errors["HTTP 500"])


def play(kills, folder, people=6, devices=12, work_between=8.0, seed=None, options=postgres.DURABLE):
    """Returns the Outcome. What gunicorn writes goes to a file in `folder`. Raises postgres.Unavailable."""
    outcome, journal, stop = Outcome(), Journal(), threading.Event()
    with postgres.cluster(options) as database:
        where = database.installation
        manage(where, "migrate", "--verbosity", "0")
        yard = build(where, people, devices)
        with serving(where, folder / "gunicorn.log", workers=WORKERS) as server:
            movers = [
                Mover(server, who, yard, journal, stop, f"{seed}{number}") for number, who in enumerate(yard["admins"])
            ]
            for mover in movers:
                mover.start()
            try:
                for kind in strike(server, database, kills, work_between, seed):
                    outcome.kills[kind] += 1
                stop.wait(1)  # the last that was killed is seen to work again
            finally:
                stop.set()
                for mover in movers:
                    mover.join(timeout=60)
        outcome.acknowledged, outcome.errors = len(journal.acknowledged), Counter(journal.errors)
        outcome.longest_outage = journal.longest_outage()
        found = reckon(where, yard, journal)
        outcome.found, outcome.lost, outcome.doubled, outcome.half = found.values()
        for command in ("check_register", "verify_events"):
            checked = manage(where, command, check=False)
            if checked.returncode:
                outcome.untrue.append(checked.stdout + checked.stderr)
    return outcome
