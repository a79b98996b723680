"""docs/operations.md: its commands are run just as they stand there, on servers and in folders of the test's own."""

import os
import re
import subprocess
import sys
from zipfile import ZipFile

import pytest
from django.db import connection

from tests import postgres
from tests.server import ROOT, as_owner, manage

PAGE = (ROOT / "docs" / "operations.md").read_text()
BLOCKS: dict[str, list[str]] = {}
for _section in re.split(r"^#+ ", PAGE, flags=re.MULTILINE)[1:]:
    BLOCKS[_section.splitlines()[0]] = re.findall(r"```sh\n(.*?)```", _section, re.DOTALL)

BUILD = "from tests.world import build; from django.db import transaction\nwith transaction.atomic(): build()"

# What the commands meet here instead of a server's: the database's superuser comes in by the socket, there is no
# service, and files belong to whoever runs the tests.
STANDINS = {
    "sudo": 'shift 2; exec env PGHOST="$SOCKETS" PGPORT="$SOCKET_PORT" PGUSER=postgres "$@"',
    "velory": f'exec "{sys.executable}" "{ROOT}/manage.py" "$@"',
    "velory-owner": f'DATABASE_OWNER_URL="$OWNER" exec "{sys.executable}" "{ROOT}/manage.py" "$@"',
    "systemctl": "exit 0",
    "chown": "exit 0",
    "install": 'for last in "$@"; do :; done; exec mkdir -p -m 700 "$last"',
}


class Machine:
    """A server's folders, programs and settings, for one database."""

    def __init__(self, folder, where, cluster=None):
        self.where = where
        self.backups, self.app = folder / "backups", folder / "app"
        programs = folder / "programs"
        for place in (self.backups, self.app / "var", programs):
            place.mkdir(parents=True)
        (self.app / ".env").write_text("SECRET_KEY=…\n")
        for name, script in STANDINS.items():
            (programs / name).write_text(f"#!/bin/sh\n{script}\n")
            (programs / name).chmod(0o755)
        path = [str(programs), *([str(postgres.binaries())] if cluster else []), os.environ["PATH"]]
        settings = {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": where} if cluster is None else where
        self.environment = settings | {"PATH": ":".join(path)}
        if cluster:
            self.environment |= {"SOCKETS": str(cluster.folder), "SOCKET_PORT": str(cluster.port)}
            # The server doesn't know it, and one command does.
            self.environment["OWNER"] = self.environment.pop("DATABASE_OWNER_URL")

    def run(self, heading):
        """The commands under a heading of the page; each must succeed. Returns what they print."""
        script = "\n".join(BLOCKS[heading])
        script = script.replace("/var/backups/velory", str(self.backups)).replace("/srv/velory/app", str(self.app))
        done = subprocess.run(
            ["/bin/sh", "-eu", "-c", script],
            cwd=ROOT,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def fill(self, migrate):
        """Three companies that have lived a little."""
        migrate(self.where)
        manage(as_owner(self.where), "shell", "--no-imports", "--command", BUILD)

    def register(self):
        return manage(self.where, "check_register").stdout


def test_every_command_of_the_page_is_run_here():
    with_commands = {heading for heading, blocks in BLOCKS.items() if blocks}
    assert with_commands == {
        "Backups",
        "Restoring",
        "Backups of SQLite",
        "Restoring SQLite",
        "When a company leaves",
    }


@pytest.mark.skipif(connection.vendor != "postgresql", reason="on servers of its own")
def test_postgresql_is_backed_up_and_restored_into_an_empty_server(migrate, tmp_path):
    with postgres.cluster() as first, postgres.cluster() as second:
        old = Machine(tmp_path / "old", first.installation, first)
        old.fill(migrate)
        before = old.register()
        old.run("Backups")
        [dump] = old.backups.glob("*.dump")
        assert dump.stat().st_mode & 0o077 == 0
        assert (old.backups / "env").read_text() == "SECRET_KEY=…\n"

        new = Machine(tmp_path / "new", second.installation, second)
        dump.rename(new.backups / dump.name)
        printed = new.run("Restoring")
        assert "no contradiction" in printed
        assert new.register() == before
        # The roles have what is theirs, and the walls stand.
        assert manage(new.where, "check", "--database", "default").returncode == 0
        refused = manage(
            as_owner(new.where), "shell", "--no-imports", "--command",
            "from devices.models import Event; Event.objects.update(kind='x')", check=False,
        )  # fmt: skip
        assert "append-only" in refused.stderr

        leave(new)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="on files of its own")
def test_sqlite_is_backed_up_and_restored(migrate, tmp_path):
    folder = tmp_path / "machine"
    machine = Machine(folder, f"sqlite:///{folder}/app/var/velory.sqlite3")
    machine.fill(migrate)
    before = machine.register()
    machine.run("Backups of SQLite")
    [copy] = machine.backups.glob("*.sqlite3")
    assert copy.stat().st_mode & 0o077 == 0
    (machine.app / "var" / "velory.sqlite3").write_bytes(b"broken")
    printed = machine.run("Restoring SQLite")
    assert "no contradiction" in printed
    assert machine.register() == before
    assert manage(machine.where, "check", "--database", "default").returncode == 0

    leave(machine)


def leave(machine):
    """A company is taken out and erased."""
    printed = machine.run("When a company leaves")
    assert "acme is erased" in printed
    assert "no contradiction" in printed
    assert "acme:" not in machine.register()
    [archive] = (machine.backups / "leaving").iterdir()
    with ZipFile(archive) as taken:
        assert b"Ada Holm" in taken.read("accounts.user.jsonl")
