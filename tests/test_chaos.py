"""Moves that were acknowledged survive whatever is killed: a short round. `make chaos` plays a longer one."""

import pytest
from django.db import connection

from tests.chaos.round import play

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="kills a PostgreSQL of its own")

# What a process has written survives the process: only a power cut would tell this from a disk that is waited for.
QUICK = ("fsync=off", "synchronous_commit=on")


def test_what_was_acknowledged_is_there_once_whatever_is_killed(tmp_path):
    outcome = play(3, tmp_path, people=4, devices=6, work_between=0.6, seed="suite", options=QUICK)
    assert sorted(outcome.kills) == ["backend", "database", "worker"]
    assert outcome.acknowledged > 0
    assert outcome.errors.total() > 0
    assert (outcome.lost, outcome.doubled, outcome.half, outcome.untrue) == ([], [], [], [])
    assert outcome.errors["HTTP 500"] == 0
