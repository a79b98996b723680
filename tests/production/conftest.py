"""A database with the three roles of docs/deploy.md, for the tests beside it."""

import os
import secrets
import subprocess
import sys

import psycopg
import pytest
from django.db import connection

from velory.settings import BASE_DIR


@pytest.fixture(scope="module")
def installation():
    """A database of its own with its three roles. Gives `run(arguments)`, whose environment may be changed:
    to another address, or to one of the three by the name of its part."""
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
        changes = {name: known.get(value, value) for name, value in changes.items()}
        return subprocess.run(
            [sys.executable, *arguments],
            env=environment | changes,
            cwd=BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    run.owner, run.app, run.support = owner, app, support
    yield run
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    for role in roles:
        server.execute(f"DROP ROLE {role}")
    server.close()
