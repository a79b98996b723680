"""The probes, and what everybody is answered while the database is away."""

import sqlite3
import traceback

import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, connections
from django.test import Client
from django.urls import reverse

from accounts import triggers, walls
from accounts.models import Space
from tests.world import PASSWORD
from velory.outages import is_outage


@pytest.fixture
def anybody():
    """Shows the page that answers an error, as a server does."""
    return Client(raise_request_exception=False)


@pytest.fixture
def away():
    """Once it is called, as if the database had been switched off: whoever wants a cursor gets Django's error."""

    def refuse(*args, **kwargs):
        raise OperationalError("connection refused: password=hunter2") from psycopg.OperationalError("refused")

    with pytest.MonkeyPatch.context() as patch:
        yield lambda: patch.setattr(connections["default"], "cursor", refuse)


# Probes


def test_the_process_answers_without_asking_the_database(world, client, django_assert_num_queries):
    client.force_login(world.admin)
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"alive": True})
    assert "no-store" in response["Cache-Control"]


def test_ready_means_a_database_with_every_migration_and_trigger(world, client, django_assert_max_num_queries):
    client.get("/readyz")
    with django_assert_max_num_queries(9 if connection.vendor == "postgresql" else 4):
        response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"ready": True, "missing": []})
    assert "no-store" in response["Cache-Control"]


def test_a_missing_trigger_is_named(world, client):
    names = walls.missing(connection)
    assert names == []
    triggers.take_down(connection)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"ready": False, "missing": walls.missing(connection)}
    assert "trigger event_no_delete does not stand" in walls.missing(connection)


def test_a_missing_migration_is_named(world, client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'repairs'")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert [name.partition(".")[0] for name in response.json()["missing"]] == ["migration repairs"]


def test_a_database_that_is_away_is_named_and_nothing_of_it_told(db, anybody, away):
    away()
    assert anybody.get("/healthz").status_code == 200
    response = anybody.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"ready": False, "missing": ["database"]})


def test_probes_are_answered_over_http_past_the_proxy(db, client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/healthz").status_code == 200
    assert Client().get("/readyz").status_code == 200
    assert Client().get("/").status_code == 301


# While the database is away


def test_every_page_says_so(world, anybody, away):
    anybody.force_login(world.admin)
    away()
    for address in ("/", reverse("accounts:users"), reverse("devices:overview", args=[world.laptop.pk])):
        response = anybody.get(address)
        assert (response.status_code, response["Retry-After"]) == (503, "10")
        assert "reload this page" in response.text
        assert "before you send it once more" not in response.text
        assert "Content-Security-Policy" in response.headers
        assert "no-store" in response["Cache-Control"]


def test_whoever_sent_something_is_told_to_look_before_they_send_it_once_more(world, anybody, away):
    anybody.force_login(world.admin)
    away()
    response = anybody.post(reverse("accounts:space_new"), {"name": "Cellar"})
    assert response.status_code == 503
    assert "look before you send it once more" in response.text


def test_nobody_is_told_that_nothing_was_stored_where_it_was(live_world, anybody, monkeypatch):
    """The database can go after the commit, and even its answer to the commit can be lost."""

    def gone(*args, **kwargs):
        raise OperationalError from psycopg.OperationalError("server closed the connection unexpectedly")

    anybody.force_login(live_world.admin)
    monkeypatch.setattr("django.contrib.sessions.middleware.SessionMiddleware.process_response", gone)
    response = anybody.post(reverse("accounts:space_new"), {"name": "Cellar"})
    assert response.status_code == 503
    assert Space.objects.filter(name="Cellar").exists()
    assert "nothing" not in response.text
    assert "look before you send it once more" in response.text


def test_signing_in_is_no_matter_of_too_many_attempts(world, anybody, away):
    away()
    response = anybody.post(reverse("account_login"), {"login": world.admin.email, "password": PASSWORD})
    assert response.status_code == 503


def no_such_column():
    with connection.cursor() as cursor:
        cursor.execute("SELECT no_such_column FROM accounts_space")


def deadlock():
    raise OperationalError("deadlock detected") from psycopg.errors.DeadlockDetected("deadlock detected")


@pytest.mark.parametrize("mistake", [no_such_column, deadlock])
def test_what_a_database_says_of_our_own_mistakes_is_no_outage(world, anybody, monkeypatch, caplog, mistake):
    anybody.force_login(world.admin)
    monkeypatch.setattr("accounts.views.profile.render", lambda *args, **kwargs: mistake())
    response = anybody.get(reverse("accounts:profile"))
    assert (response.status_code, "Retry-After" in response.headers) == (500, False)
    [line] = [record for record in caplog.records if record.name == "django.request"]
    assert mistake.__name__ in "".join(traceback.format_exception(*line.exc_info))


def sqlite_says(result):
    error = sqlite3.OperationalError()
    error.sqlite_errorcode = result
    return error


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (psycopg.OperationalError("connection refused"), True),
        (psycopg.errors.lookup("08006")(), True),
        (psycopg.errors.lookup("53300")(), True),
        (psycopg.errors.lookup("53100")(), True),
        (psycopg.errors.lookup("57P03")(), True),
        (psycopg.errors.lookup("57014")(), True),
        (psycopg.errors.lookup("40P01")(), False),
        (psycopg.errors.lookup("40001")(), False),
        (psycopg.errors.lookup("55P03")(), False),
        (psycopg.InterfaceError("the cursor is closed"), False),
        (sqlite_says(sqlite3.SQLITE_BUSY_SNAPSHOT), True),
        (sqlite_says(sqlite3.SQLITE_FULL), True),
        (sqlite_says(sqlite3.SQLITE_ERROR), False),
        (sqlite3.ProgrammingError("wrong number of bindings"), False),
        (OperationalError("nobody's"), False),
    ],
)
def test_what_an_outage_is(error, answer):
    assert is_outage(error) is answer
    later = RuntimeError()
    later.__context__ = error
    assert is_outage(later) is answer


def test_an_error_of_ours_stays_an_error_of_ours(world, anybody, monkeypatch):
    anybody.force_login(world.admin)
    monkeypatch.setattr("accounts.views.profile.render", lambda *args, **kwargs: 1 / 0)
    response = anybody.get(reverse("accounts:profile"))
    assert (response.status_code, "Retry-After" in response.headers) == (500, False)


# SQLite that is busy for longer than anybody waits

only_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no lock on the whole database")


@pytest.fixture
def busy(live_world):
    """Once it is called, somebody else writes, and goes on writing."""
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)

    def begin():
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 20")
        other.execute("BEGIN IMMEDIATE")

    yield begin
    other.execute("ROLLBACK")
    other.close()
    connection.close()


@only_sqlite
def test_a_busy_database_is_no_error_of_ours(live_world, anybody, busy):
    anybody.force_login(live_world.admin)
    busy()
    response = anybody.post(reverse("accounts:space_new"), {"name": "Cellar"})
    assert response.status_code == 503
    assert not Space.objects.filter(name="Cellar").exists()


@only_sqlite
@pytest.mark.parametrize("cache", ["velory.unavailable.SharedCache", "django.core.cache.backends.locmem.LocMemCache"])
def test_signing_in_while_it_is_busy(live_world, anybody, busy, settings, cache):
    """Neither "too many attempts", as the count can't be written, nor "bad request", as the session can't."""
    call_command("createcachetable", "velory_cache", verbosity=0)
    settings.CACHES = {"default": {"BACKEND": cache, "LOCATION": "velory_cache"}}
    busy()
    response = anybody.post(reverse("account_login"), {"login": live_world.admin.email, "password": PASSWORD})
    assert response.status_code == 503


def test_an_outage_that_only_the_driver_names_is_one(world, client, monkeypatch):
    def shut_down(*args, **kwargs):
        raise psycopg.errors.AdminShutdown("terminating connection due to unexpected postmaster exit")

    monkeypatch.setattr("devices.views.hardware.search_few", shut_down)
    client.force_login(world.employee)
    client.raise_request_exception = False
    assert client.get(reverse("devices:mine")).status_code == 503
