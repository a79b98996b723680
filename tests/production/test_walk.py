"""Three roles with logins of their own, as docs/deploy.md makes them: migrate, sign in, work, and be refused."""

import os
import re
import secrets
import subprocess
import sys

import psycopg
import pytest
from django.db import connection

from velory.settings import BASE_DIR

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles")


@pytest.fixture(scope="module")
def installation():
    """A database of its own with its three roles. Gives `run(arguments)`, whose environment may be changed."""
    where = connection.settings_dict
    name, password = f"velory_{secrets.token_hex(4)}", secrets.token_hex(8)
    server = psycopg.connect(
        host=where["HOST"],
        port=where["PORT"],
        user=where["USER"],
        password=where["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    )
    roles = [f"{name}_{part}" for part in ("owner", "app", "support")]
    for role in roles:
        server.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")
    server.execute(f"GRANT {roles[0]} TO {where['USER']}")
    server.execute(f"CREATE DATABASE {name} OWNER {roles[0]}")
    owner, app, support = (f"postgres://{role}:{password}@{where['HOST']}:{where['PORT']}/{name}" for role in roles)
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PYTEST")},
        "DJANGO_SETTINGS_MODULE": "tests.production.settings",
        "ALLOWED_HOSTS": "testserver,localhost",
        "DATABASE_URL": app,
        "DATABASE_SUPPORT_URL": support,
    }

    def run(*arguments, **changes):
        known = {"OWNER": owner, "APP": app, "SUPPORT": support}
        changes = {name: known[value] for name, value in changes.items()}
        return subprocess.run(
            [sys.executable, *arguments],
            env=environment | changes,
            cwd=BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    yield run
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    for role in roles:
        server.execute(f"DROP ROLE {role}")
    server.close()


def test_an_installation_from_the_first_migrate_to_a_device_that_is_back_from_repair(installation):
    refused = installation("manage.py", "migrate", "--verbosity", "0")
    assert "set DATABASE_OWNER_URL" in refused.stderr
    migrated = installation("manage.py", "migrate", "--verbosity", "0", DATABASE_OWNER_URL="OWNER")
    assert migrated.stderr == ""
    again = installation("manage.py", "migrate", "--verbosity", "0", DATABASE_OWNER_URL="OWNER")
    assert again.stderr == ""

    assert installation("manage.py", "check", "--database", "default").returncode == 0
    as_owner = installation("manage.py", "check", "--database", "default", DATABASE_URL="OWNER")
    assert "velory.E002" in as_owner.stderr
    as_support = installation("manage.py", "check", "--database", "default", DATABASE_URL="SUPPORT")
    assert "is support's role, which sees every company" in as_support.stderr

    nothing = installation("manage.py", "check_register")
    assert "0 rows read" in nothing.stderr
    made = installation("manage.py", "create_support", "siri@velory.example", "Siri Ahl")
    link = re.search(r"https?://\S+", made.stdout)
    assert link, made.stderr
    walked = installation("-m", "tests.production.walk", link.group())
    assert walked.stdout.endswith("walked\n"), walked.stderr
    checked = installation("manage.py", "check_register").stdout
    assert re.search(r"^acme: \d\d+ rows read", checked, re.MULTILINE)
    assert re.search(r"^globex: \d+ rows read", checked, re.MULTILINE)
    assert checked.endswith("rows read, no contradiction.\n")
