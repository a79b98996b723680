"""People do the same, or contrary things, to one device at once, over HTTP: one effect, a clear word for others.

A short round runs with the suite; `make races` runs longer ones.
"""

from django.db import connection

from tests import postgres
from tests.races.races import OTHERS, RACES
from tests.races.run import run, sqlite


def test_each_race_has_one_effect_and_nobody_gets_an_error(migrate, tmp_path):
    rounds = len(RACES) + len(OTHERS)
    if connection.vendor == "postgresql":
        with postgres.cluster() as database:
            migrate(database.installation)
            outcome = run(database.installation, tmp_path / "log", rounds, seed="suite", most=3)
    else:
        where = sqlite(tmp_path)
        migrate(where)
        outcome = run(where, tmp_path / "log", rounds, seed="suite", most=3)
    assert outcome.races == rounds
    assert (outcome.wrong, outcome.errors, outcome.untrue) == ([], [], [])
