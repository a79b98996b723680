"""The counts of sign-ins are written at once: nobody waits for another's, and none is lost with a request."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from django.db import connection

from tests import postgres
from tests.caller import SIGN_IN, Caller
from tests.production.hashing import TOGETHER
from tests.races.run import sqlite
from tests.server import manage, serving
from tests.yard import PASSWORD, build

FAIL = """
from django.core.cache import cache
from django.db import transaction
with transaction.atomic():
    cache.set("tries", 3)
    transaction.set_rollback(True)
print("tries", cache.get("tries"))
"""


@pytest.fixture(scope="module")
def installation(migrate, tmp_path_factory):
    """A database as in production, without anybody in it."""
    with ExitStack() as stack:
        if connection.vendor == "postgresql":
            where = stack.enter_context(postgres.cluster()).installation
        else:
            where = sqlite(tmp_path_factory.mktemp("counting"))
        migrate(where)
        yield where


def test_people_at_one_address_are_signed_in_at_the_same_time(installation, tmp_path):
    """A whole office comes in through one address. Each of them stands at the door until all stand there."""
    yard = build(installation, TOGETHER, 0)
    meeting = {"TEST_HASHER": "tests.production.hashing.MeetingHasher"}
    with serving(installation, tmp_path / "log", **meeting) as server, ThreadPoolExecutor(TOGETHER) as pool:
        people = [Caller(server, who["email"]) for who in yard["admins"]]
        for person in people:
            person.open(SIGN_IN)
        pages = pool.map(lambda person: person.send(SIGN_IN, login=person.email, password=PASSWORD), people)
        assert [page.status for page in pages] == [302] * TOGETHER, (tmp_path / "log").read_text()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="on SQLite no request is a transaction")
def test_a_count_outlives_the_request_that_failed(installation):
    assert manage(installation, "shell", "--no-imports", "--command", FAIL).stdout == "tries 3\n"
