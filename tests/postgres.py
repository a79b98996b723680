"""A throwaway PostgreSQL for one command: `python -m tests.postgres pytest -n 2`.

Starts a cluster of its own in a temporary folder, on a random port of the loopback address, sets
`DATABASE_URL` and runs the command. Whatever happens, the server is stopped and its folder removed.
With `DURABLE=1` it waits for its disk, as in earnest.
The role that the tests get is no superuser, as in production.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

PROGRAMS = ("initdb", "postgres")
# The data lives as long as the command: nothing has to survive a power cut.
OPTIONS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_wal_size=2GB")
# As in earnest: what was committed is on the disk before anybody hears of it.
DURABLE = ("fsync=on", "full_page_writes=on", "synchronous_commit=on")


class Unavailable(Exception):
    """Why no PostgreSQL can be started on this machine."""


def binaries():
    """The folder of the newest server's programs. Raises Unavailable."""
    folders = []
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        folders.append(Path(answer.stdout.strip()))
    debian = Path("/usr/lib/postgresql")
    folders += sorted(debian.glob("*/bin"), key=lambda path: version(path.parent), reverse=True)
    for folder in folders:
        if all((folder / program).is_file() for program in PROGRAMS):
            return folder
    raise Unavailable("PostgreSQL is not installed (Debian: apt-get install postgresql)")


def version(folder):
    """The version that Debian names a folder by, for sorting: 9.6 before 15."""
    return [int(part) for part in folder.name.split(".") if part.isdecimal()]


def server_user():
    """Whom the server runs as (PostgreSQL refuses root); None: ourselves. Raises Unavailable."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unavailable("PostgreSQL does not run as root, and there is no user postgres or nobody")


class Cluster:
    """A server that can be stopped and started again, with the same data at the same address: `url` for the tests,
    `installation` for Velory as in production (`make_roles`). Its superuser comes in by the socket in `folder`, for
    `port`."""

    def __init__(self, programs, folder, as_user, options=OPTIONS):
        self.folder, self.port = folder, free_port()
        self._command, self._as_user = server_command(programs, folder, self.port, options), as_user
        self._log = folder / "log"
        self._server = None
        self.url = ""
        self.installation: dict[str, str] = {}

    def start(self):
        """Returns once the server answers. Raises Unavailable."""
        with self._log.open("ab") as output:
            self._server = subprocess.Popen(self._command, stdout=output, stderr=output, **self._as_user)
        with superuser(self._server, self.folder, self.port, self._log) as connection:
            if not self.url:
                self.url, self.installation = make_roles(connection, self.port)

    def stop(self):
        if self._server:
            stop(self._server)
            self._server = None

    @property
    def pid(self):
        """Of the process that starts all others."""
        return self._server.pid

    def crash(self):
        """As stopping, but nobody is asked: SIGKILL."""
        self._server.kill()
        self._server.wait()
        self._server = None


@contextmanager
def cluster(options=OPTIONS):
    """A server that is up; yields its Cluster. Raises Unavailable."""
    programs, user = binaries(), server_user()
    folder = Path(tempfile.mkdtemp(prefix="velory-pg-"))
    server = None
    # Ctrl-C in the terminal reaches the whole group; the server must outlive the tests, so it has
    # its own.
    as_user: dict[str, Any] = {
        "cwd": folder,
        "stdin": subprocess.DEVNULL,
        "start_new_session": True,
    }
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    try:
        initialise(programs, folder, as_user)
        server = Cluster(programs, folder, as_user, options)
        server.start()
        yield server
    finally:
        if server:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running():
    """A server that is up; yields its DATABASE_URL. Raises Unavailable."""
    with cluster(DURABLE if os.environ.get("DURABLE") else OPTIONS) as server:
        yield server.url


def initialise(programs, folder, as_user):
    """An empty cluster. Its superuser comes in by the unix socket, others with a password."""
    command = [programs / "initdb", "--pgdata", folder / "data", "--username", "postgres"]
    command += ["--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
    command += ["--auth-local", "trust", "--auth-host", "scram-sha-256"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, **as_user)
    if answer.returncode:
        raise Unavailable(f"initdb failed: {answer.stderr.strip()}")


def server_command(programs, folder, port, options):
    command = [programs / "postgres", "-D", folder / "data", "-k", folder, "-p", str(port)]
    for option in ("listen_addresses=127.0.0.1", "unix_socket_permissions=0700", *options):
        command += ["-c", option]
    return command


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def superuser(server, folder, port, log, patience=30):
    """The superuser's connection, once the server answers; waits `patience` seconds at most. Raises Unavailable."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return psycopg.connect(host=str(folder), port=port, user="postgres", dbname="postgres", autocommit=True)
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise Unavailable(f"PostgreSQL did not start: {log.read_text().strip()}") from None
            time.sleep(0.1)


def make_roles(connection, port):
    """Two databases: the tests' own, whose role takes on those of the application and of support by turns; and one
    with the three roles of a real installation (docs/deploy.md), not migrated yet. Returns the DATABASE_URL of the
    first, and the environment for the second."""
    password = secrets.token_hex(16)
    roles = ("velory_owner", "velory_app", "velory_support")
    for role in (*roles, "velory_tests"):
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")
    connection.execute("ALTER ROLE velory_tests CREATEDB CREATEROLE")
    connection.execute("GRANT velory_app, velory_support TO velory_tests")
    connection.execute("CREATE DATABASE velory_tests OWNER velory_tests")
    connection.execute("CREATE DATABASE velory OWNER velory_owner")
    own, *urls = (
        f"postgres://{role}:{password}@127.0.0.1:{port}/{name}"
        for role, name in (("velory_tests", "velory_tests"), *((role, "velory") for role in roles))
    )
    names = ("DATABASE_OWNER_URL", "DATABASE_URL", "DATABASE_SUPPORT_URL")
    settings = {"DJANGO_SETTINGS_MODULE": "tests.production.settings"}
    return own, settings | dict(zip(names, urls, strict=True))


def stop(server):
    """Fast shutdown: the server ends its connections, then itself; by force if that takes long."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait()


def end(number, frame):
    """A signal ends us by way of every `finally`, as an exception does; a second one is ignored."""
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise SystemExit(128 + number)


def main(command):
    """Runs `command` beside a server of its own and returns its exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    with running() as url:
        child = subprocess.Popen(command, env=os.environ | {"DATABASE_URL": url})
        try:
            return child.wait()
        finally:
            if child.poll() is None:
                child.terminate()
                try:
                    child.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python -m tests.postgres COMMAND [ARGUMENT …]")
    try:
        sys.exit(main(sys.argv[1:]))
    except Unavailable as reason:
        sys.exit(str(reason))
