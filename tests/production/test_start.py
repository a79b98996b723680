"""What keeps an installation from starting, and that `migrate` brings it there again."""

import pytest
from django.db import connection

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles")

TAKE_DOWN = """
from django.db import connection
from accounts import triggers
with connection.cursor() as cursor:
    cursor.execute("ALTER POLICY company ON devices_device USING (true)")
    cursor.execute("GRANT DELETE ON accounts_company TO {app}")
triggers.take_down(connection)
"""


@pytest.fixture(scope="module")
def migrated(installation):
    migrate(installation)
    return installation


def migrate(installation):
    done = installation("manage.py", "migrate", "--verbosity", "0", DATABASE_OWNER_URL="OWNER")
    assert done.returncode == 0, done.stderr


def check(installation, **changes):
    done = installation("manage.py", "check", "--database", "default", **changes)
    return done.stdout + done.stderr


def test_walls_that_are_down_are_found_and_migrate_puts_them_up(migrated):
    assert "no issues" in check(migrated)
    app = migrated.app.partition("://")[2].partition(":")[0]
    done = migrated("manage.py", "shell", "--no-imports", "-c", TAKE_DOWN.format(app=app), DATABASE_URL="OWNER")
    assert done.returncode == 0, done.stderr
    found = check(migrated)
    for complaint in (
        "devices_device has another policy company",
        "the application has a right too many on accounts_company, DELETE",
        "trigger event_no_update does not stand",
    ):
        assert complaint in found
    migrate(migrated)
    assert "no issues" in check(migrated)


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        (lambda known: known.owner, "owns tables"),
        (lambda known: known.support.replace("@127.0.0.1", "@127.0.0.2"), "it does not answer"),
        (lambda known: known.support.rpartition("/")[0] + "/postgres", "it is another database"),
    ],
    ids=["the owner", "nobody", "another database"],
)
def test_an_address_that_can_not_serve_support_s_pages_is_refused(migrated, address, complaint):
    found = check(migrated, DATABASE_SUPPORT_URL=address(migrated))
    assert "velory.E003" in found
    assert complaint in found
