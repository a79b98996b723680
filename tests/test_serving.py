"""gunicorn with Velory in it, in earnest: the database goes and comes back, the server is told to stop."""

import signal
import socket
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from django.db import connection

from tests import postgres
from tests.server import as_owner, manage, serving

SIGN_IN = "/account/login/"
PERSON = {"email": "siri@velory.example", "password": "a password for tests"}


def prepare(where, migrate):
    """Tables, and somebody who can sign in."""
    migrate(where)
    make = f"User.objects.create_user(**{PERSON}, full_name='Siri Ahl', is_staff=True)"
    manage(as_owner(where), "shell", "--no-imports", "--command", f"from accounts.models import User; {make}")


def sign_in(server):
    """Posts the form of the sign-in page."""
    cookies: dict[str, str] = {}
    server.ask(SIGN_IN, cookies=cookies)
    token = next(value for name, value in cookies.items() if name.endswith("csrf"))
    fields = {"login": PERSON["email"], "password": PERSON["password"], "csrfmiddlewaretoken": token}
    return server.ask(SIGN_IN, fields, cookies), cookies


@pytest.mark.skipif(connection.vendor != "postgresql", reason="stops and starts a PostgreSQL of its own")
def test_while_the_database_is_away_every_page_says_so_and_afterwards_all_is_well(migrate, tmp_path):
    with postgres.cluster() as database:
        prepare(database.installation, migrate)
        with serving(database.installation, tmp_path / "log") as server:
            (status, _headers, _text), cookies = sign_in(server)
            assert status == 302
            assert server.ask("/admin/", cookies=cookies)[0] == 200
            assert server.ask("/readyz")[0] == 200

            database.stop()
            for address, fields in (("/admin/", None), ("/", None), ("/profile/", {"language": "sv"}), (SIGN_IN, None)):
                status, headers, text = server.ask(address, fields, cookies)
                assert (status, headers["Retry-After"]) == (503, "10"), address
                assert "Velory can" in text
            assert server.ask("/healthz")[0] == 200
            assert server.ask("/readyz")[2] == '{"ready": false, "missing": ["database"]}'

            database.start()
            assert server.ask("/readyz")[0] == 200
            assert server.ask("/admin/", cookies=cookies)[0] == 200
            assert sign_in(server)[0][0] == 302
        assert database.url.split(":")[2].split("@")[0] not in (tmp_path / "log").read_text()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="asks no database")
def test_a_malformed_request_is_logged_without_its_sender_and_what_was_in_it(tmp_path):
    url = f"sqlite:///{tmp_path}/velory.sqlite3"
    with (
        serving(url, tmp_path / "log") as server,
        socket.create_connection(("127.0.0.1", server.port)) as somebody,
    ):
        somebody.sendall(b"GET /join/1-secret/ HTTQ/9\r\nHost: x\r\n\r\n")
        assert b"400" in somebody.recv(999)
    log = (tmp_path / "log").read_text()
    assert "Invalid request" in log
    assert "127.0.0.1" not in log
    assert "secret" not in log


@pytest.mark.skipif(connection.vendor != "sqlite", reason="holds a request up by locking the whole database")
def test_a_request_in_flight_is_answered_when_the_server_is_told_to_stop(migrate, tmp_path):
    url = f"sqlite:///{tmp_path}/velory.sqlite3"
    prepare(url, migrate)
    with serving(url, tmp_path / "log") as server, ThreadPoolExecutor() as pool:
        with closing(sqlite3.connect(tmp_path / "velory.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            answer = pool.submit(sign_in, server)
            with pytest.raises(TimeoutError):
                answer.result(timeout=1.5)  # it waits for the lock
            server.process.send_signal(signal.SIGTERM)
            with pytest.raises(TimeoutError):
                answer.result(timeout=1)
        (status, headers, _text), _cookies = answer.result(timeout=10)
        assert (status, headers["Location"]) == (302, "/admin/")
        assert server.process.wait(timeout=10) == 0
