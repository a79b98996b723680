"""Three roles with logins of their own, as docs/deploy.md makes them: migrate, sign in, work, and be refused."""

import re

import pytest
from django.db import connection

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles")


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
    assert "_support is the role of support" in as_support.stderr

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
