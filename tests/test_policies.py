"""Row level security on PostgreSQL: what keeps Velory from starting, and what `migrate` puts up again."""

from contextlib import contextmanager

import pytest
from django.core import checks
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from accounts import roles, walls
from tests.conftest import role

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has neither roles nor policies")


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits for the commit stands in the way of ALTER TABLE
        cursor.execute(statement)


# Walls that are down

# What somebody does to the database; what is said of it.
MENDED = {
    "ALTER TABLE devices_device NO FORCE ROW LEVEL SECURITY": "devices_device has no forced row level security",
    "ALTER TABLE accounts_user DISABLE ROW LEVEL SECURITY": "accounts_user has no forced row level security",
    # A policy too few, one too many, one that is another.
    "DROP POLICY company ON repairs_repair": "repairs_repair lacks the policy company",
    "DROP POLICY maintenance ON devices_note": "devices_note lacks the policy maintenance",
    "CREATE POLICY everything ON devices_device USING (true)": "devices_device has a policy too many, everything",
    "ALTER POLICY company ON devices_device USING (true)": "devices_device has another policy company",
    "ALTER POLICY company ON devices_device WITH CHECK (true)": "devices_device has another policy company",
    "ALTER POLICY company ON devices_device TO public": "devices_device has another policy company",
    "ALTER POLICY maintenance ON devices_device TO public": "devices_device has another policy maintenance",
    "ALTER POLICY maintenance ON devices_device TO velory_app": "devices_device has another policy maintenance",
    "ALTER POLICY signing_in ON accounts_user USING (email IS NOT NULL)": "accounts_user has another policy signing_in",
    "ALTER POLICY person ON mfa_authenticator USING (true)": "mfa_authenticator has another policy person",
    """DROP POLICY oneself ON accounts_user; CREATE POLICY oneself ON accounts_user FOR UPDATE TO velory_app
        USING (id = ( SELECT nullif(current_setting('app.user_id', true), ''))::bigint)""": (
        "accounts_user has another policy oneself"
    ),
    # The logs' triggers.
    "ALTER TABLE devices_event DISABLE TRIGGER event_no_update": "trigger event_no_update does not stand",
    "ALTER TABLE devices_event ENABLE REPLICA TRIGGER event_no_update": "trigger event_no_update does not stand",
    """DROP TRIGGER event_no_update ON devices_event; CREATE TRIGGER event_no_update BEFORE UPDATE ON devices_note
        FOR EACH ROW EXECUTE FUNCTION velory_append_only()""": "trigger event_no_update does not stand",
    """DROP TRIGGER event_no_update ON devices_event; CREATE TRIGGER event_no_update BEFORE UPDATE ON devices_event
        FOR EACH ROW WHEN (false) EXECUTE FUNCTION velory_append_only()""": "trigger event_no_update does not stand",
    """DROP TRIGGER event_no_update ON devices_event; CREATE TRIGGER event_no_update BEFORE UPDATE ON devices_event
        FOR EACH ROW EXECUTE FUNCTION velory_only_erased()""": "trigger event_no_update does not stand",
    """CREATE TRIGGER another BEFORE INSERT ON devices_event
        FOR EACH ROW EXECUTE FUNCTION velory_append_only()""": "devices_event has a trigger too many, another",
    """CREATE OR REPLACE FUNCTION velory_append_only() RETURNS trigger LANGUAGE plpgsql
        SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS 'BEGIN RETURN NEW; END'""": (
        "function velory_append_only is another"
    ),
    "ALTER FUNCTION velory_append_only() SECURITY INVOKER": "function velory_append_only is another",
    # Rights.
    "GRANT DELETE ON accounts_company TO velory_app": (
        "the application has a right too many on accounts_company, DELETE"
    ),
    "GRANT INSERT ON accounts_company TO velory_app": (
        "the application has a right too many on accounts_company, INSERT"
    ),
    "GRANT DELETE ON devices_event TO velory_support": "support has a right too many on devices_event, DELETE",
    "GRANT UPDATE ON accounts_auditline TO PUBLIC": "support has a right too many on accounts_auditline, UPDATE",
    "GRANT UPDATE (kind) ON devices_event TO velory_app": (
        "the application has a right too many on devices_event, UPDATE"
    ),
    "GRANT TRUNCATE ON devices_device TO velory_app": (
        "the application has a right too many on devices_device, TRUNCATE"
    ),
    "GRANT INSERT ON django_migrations TO velory_app": (
        "the application has a right too many on django_migrations, INSERT"
    ),
    "REVOKE SELECT ON devices_device FROM velory_app": "the application lacks a right on devices_device, SELECT",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO velory_app": (
        "what is made later is open to the application at once"
    ),
}
# What isn't Velory's, so nobody but its owner may take it away.
NAMED = {
    """GRANT CREATE ON SCHEMA public TO velory_app;
        ALTER FUNCTION velory_append_only() OWNER TO velory_app""": "function velory_append_only is another",
    "CREATE TABLE left_over (id int, company_id bigint)": "left_over has no forced row level security",
    "CREATE VIEW report AS SELECT * FROM devices_device; GRANT SELECT ON report TO velory_app": (
        "the application may read public.report"
    ),
    "CREATE VIEW report AS SELECT name FROM devices_device; GRANT SELECT (name) ON report TO PUBLIC": (
        "the application may read public.report"
    ),
    "CREATE MATERIALIZED VIEW report AS SELECT 1 AS one; GRANT SELECT ON report TO velory_app": (
        "the application may read public.report"
    ),
    """CREATE FUNCTION every_device() RETURNS SETOF devices_device LANGUAGE sql SECURITY DEFINER
        AS 'SELECT * FROM devices_device'""": "the application may call public.every_device, which sees what its owner",
}
HARMLESS = (
    "CREATE VIEW report AS SELECT * FROM devices_device",
    "CREATE VIEW report WITH (security_invoker) AS SELECT * FROM devices_device; GRANT SELECT ON report TO PUBLIC",
    "CREATE TABLE note_of_the_owner (id int)",
)


def complaints():
    return "\n".join(error.msg for error in checks.run_checks(databases=["default"], tags=[checks.Tags.database]))


@contextmanager
def tried(*statements):
    """The database after these, until the block ends."""
    with transaction.atomic():
        for statement in statements:
            run(statement)
        yield
        transaction.set_rollback(True)


def test_a_wall_that_is_down_is_found(world, subtests):
    assert walls.missing(connection) == []
    for statement, complaint in {**MENDED, **NAMED}.items():
        with subtests.test(statement), tried(statement):
            assert complaint in "; ".join(walls.missing(connection))
            assert complaint in complaints()


def test_migrate_puts_it_up_again(world, subtests):
    for statement in MENDED:
        with subtests.test(statement), tried(statement):
            walls.put_up(connection)
            assert walls.missing(connection) == []


def test_what_shows_the_application_nothing_is_nobody_s_concern(world, subtests):
    for statement in HARMLESS:
        with subtests.test(statement), tried(statement):
            assert walls.missing(connection) == []


@pytest.mark.parametrize("unknown", ["app", "support"])
def test_a_role_that_does_not_exist_is_named(world, settings, unknown):
    settings.DATABASE_ROLES = settings.DATABASE_ROLES | {unknown: "velory_nobody"}
    assert any("lacks a right on devices_device" in line for line in walls.missing(connection))


# Putting them up


def test_only_what_is_down_is_touched(world):
    """A server that serves people meanwhile waits for no other lock."""
    with tried():
        walls.put_up(connection)
        assert others_wait_for() == set()
    with tried("DROP POLICY company ON devices_note"):
        walls.put_up(connection)
        assert others_wait_for() == {"devices_note"}
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("10s",)


def others_wait_for():
    """The tables that nobody else can use until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT relation::regclass::text FROM pg_locks WHERE pid = pg_backend_pid()
            AND locktype = 'relation' AND mode = 'AccessExclusiveLock'"""
        )
        return {name for (name,) in cursor.fetchall()}


def test_a_migrate_that_fails_half_way_leaves_the_walls_as_they_were(transactional_db, settings):
    before = rights()
    settings.DATABASE_ROLES = {"app": "velory_app", "support": "velory_typing_error"}
    with pytest.raises(DatabaseError, match="velory_typing_error"):
        call_command("migrate", verbosity=0)
    assert rights() == before
    settings.DATABASE_ROLES = {"app": "velory_app", "support": "velory_support"}
    assert walls.missing(connection) == []


def rights():
    """What the application may do to which table."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT table_name, privilege_type FROM information_schema.role_table_grants
            WHERE grantee = 'velory_app' AND table_schema = 'public'"""
        )
        return set(cursor.fetchall())


# Roles that see too much


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        (None, None),
        ("GRANT velory_support TO velory_app", "velory_app is a member of velory_support"),
        ("ALTER TABLE devices_note OWNER TO velory_app", "velory_app owns tables"),
        ("ALTER ROLE velory_app CREATEROLE", "velory_app may make roles"),
    ],
)
def test_a_role_that_could_get_past_the_walls_is_found(world, statement, complaint):
    if statement:
        if "OWNER" in statement:
            run("GRANT CREATE ON SCHEMA public TO velory_app")
        run(statement)
    with role("velory_app"):
        found = roles.powers(connection, "app")
    assert (complaint in " ".join(found)) if complaint else found == []


def test_support_s_role_is_none_to_serve_people_with(world):
    with role("velory_support"):
        assert roles.powers(connection, "support") == []
        assert "velory_support is the role of support" in roles.powers(connection, "app")
    with role("velory_app"):
        assert "velory_app is the role of the application" in roles.powers(connection, "support")


def test_the_owner_s_role_is_none_for_support(world):
    assert any("owns tables" in line for line in roles.powers(connection, "support"))
