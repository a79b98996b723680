"""Velory served by gunicorn in a process of its own, for what only shows there: signals, outages, logs."""

import http.client
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from tests.postgres import free_port

ROOT = Path(__file__).resolve().parent.parent


def as_owner(where):
    """The same database by the role that sees everything."""
    return where if isinstance(where, str) else where | {"DATABASE_URL": where["DATABASE_OWNER_URL"]}


def manage(where, *command, check=True, **environment):
    """Runs a command of manage.py on a database, an address or an environment (`postgres.Cluster.installation`);
    returns what came out of it."""
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment_for(where, environment),
        capture_output=True,
        text=True,
        check=check,
    )


@contextmanager
def serving(where, log, workers=1, **environment):
    """gunicorn on that database, which has been migrated; what it writes goes to the file `log`. Yields its Server."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "python:velory.gunicorn", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", str(workers), "--threads", "4", "velory.wsgi:application"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment_for(where, environment), stdout=output, stderr=output
        )
    server = Server(process, port)
    try:
        server.wait_until(200, "/healthz")
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Server:
    """What a test does with it. `process` is gunicorn's master."""

    def __init__(self, process, port):
        self.process, self.port = process, port

    def ask(self, address, fields=None, cookies=None, headers=None):
        """GET, or POST of the fields. `cookies`, a dictionary, is sent along and keeps what comes back. Returns
        status, headers and text."""
        cookies = {} if cookies is None else cookies
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} | (headers or {})
        body = None
        if fields is not None:
            body = urlencode(fields)
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)
        try:
            connection.request("GET" if fields is None else "POST", address, body, sent)
            response = connection.getresponse()
            for line in response.headers.get_all("Set-Cookie", []):
                cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
            return response.status, response.headers, response.read().decode()
        finally:
            connection.close()

    def wait_until(self, status, address, patience=20):
        """Asks until it is answered so. Returns the seconds that took."""
        began = time.monotonic()
        while time.monotonic() < began + patience:
            try:
                if self.ask(address)[0] == status:
                    return time.monotonic() - began
            except OSError:
                assert self.process.poll() is None, "gunicorn has ended"
            time.sleep(0.05)
        raise AssertionError(f"{address} is not answered with {status}")


def environment_for(where, changes=()):
    """The tests' settings on that database, or what `where` says."""
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "DATABASE"))}
    where = {"DATABASE_URL": where} if isinstance(where, str) else where
    return (
        keep
        | {"DJANGO_SETTINGS_MODULE": "tests.settings", "TEST_SAYS": " ".join(dict(changes))}
        | where
        | dict(changes)
    )
