"""Race after race against gunicorn, and what its log says afterwards."""

import json
import random
from dataclasses import dataclass, field

from tests.server import manage, serving
from tests.yard import build

from .races import OTHERS, RACES, one_effect
from .site import Site

WORKERS = 2


@dataclass
class Outcome:
    """`wrong` and `untrue` are sentences, and there should be none; nor an answer of 500 or more (`errors`)."""

    races: int = 0
    wrong: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)

    @property
    def faultless(self):
        return not (self.wrong or self.errors or self.untrue)


def sqlite(folder):
    """Velory as in production on a file of its own, an environment likewise."""
    url = f"sqlite:///{folder}/velory.sqlite3"
    return {
        "DJANGO_SETTINGS_MODULE": "tests.production.settings",
        "DATABASE_URL": url,
        "DATABASE_OWNER_URL": url,
    }


def run(where, log, rounds, seed, most=8):
    """`rounds` races of two to `most` people on this migrated, empty database (an environment, as
    `postgres.Cluster.installation`), each kind in turn. What gunicorn writes goes to the file `log`."""
    outcome, dice = Outcome(), random.Random(seed)
    yard = build(where, most, 0)
    kinds = [*RACES, *OTHERS]
    said = {"LOG_FORMAT": "json", "PYTHONWARNINGS": "ignore"}
    with serving(where, log, workers=WORKERS, **said) as server:
        site = Site(server, yard)
        for number in range(rounds):
            name, people = kinds[number % len(kinds)], dice.randint(2, most)
            problems = one_effect(RACES[name], site, people) if name in RACES else OTHERS[name](site, people)
            outcome.wrong += [f"{name}, {people} people: {problem}" for problem in problems]
            outcome.races += 1
    outcome.errors = [line for line in log.read_text().splitlines() if _is_error(line)]
    for command in ("check_register", "verify_events"):
        checked = manage(where, command, check=False)
        if checked.returncode:
            outcome.untrue.append(checked.stdout + checked.stderr)
    return outcome


def _is_error(line):
    """A request that was answered with 500 or more, and whatever else anybody should look at."""
    try:
        told = json.loads(line)
    except ValueError:
        return True
    return told.get("level") != "info" or told.get("status", 0) >= 500
