"""Row level security on PostgreSQL: the application's role sees the rows of the company that its transaction names
(accounts/scope.py), and none where it names none.

Three roles share the database. The owner has the tables and runs migrations; the application serves people; support's
role serves the Django admin and the commands that go from company to company. The application owns nothing, bypasses
nothing and is a member of neither of the others, so that a forgotten filter shows nothing.
"""

from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from .models.chained import Chained, Plate

# Tables without a policy, and why the application may read all of their rows.
WITHOUT_POLICY = {
    "django_session": "found by an unguessable key, before anybody is known",
    "django_content_type": "names of models",
    "auth_group": "empty: Velory keeps no groups",
    "auth_group_permissions": "empty: Velory keeps no groups",
    "auth_permission": "names of permissions",
}

# Lets the owner and support's role see every company.
MAINTENANCE = "maintenance"

_SETTING = "(SELECT nullif(current_setting('app.{}', true), ''))"
COMPANY = _SETTING.format("company_id") + "::bigint"
PERSON = _SETTING.format("user_id") + "::bigint"
EMAIL = _SETTING.format("email")
DOMAIN = _SETTING.format("domain")
PROVIDER_OF = _SETTING.format("provider_of") + "::bigint"

# Before anybody is known, an address leads to the provider of the company that has proved its domain, and an answer by
# SAML to the one that it was sent from. So that domain is seen, and that provider, and nothing else of the company.
_FOR_SIGNING_IN = {
    "accounts.Domain": f"name = {DOMAIN} AND proved_at IS NOT NULL",
    "accounts.SingleSignOn": f"""is_on AND (company_id = {PROVIDER_OF} OR EXISTS (SELECT 1 FROM accounts_domain d
        WHERE d.company_id = accounts_singlesignon.company_id AND d.name = {DOMAIN} AND d.proved_at IS NOT NULL))""",
}


def conditions(model: type[models.Model]) -> dict[str, tuple[str, str]]:
    """The policies of a model's table for the application's role, by name: the command, and the condition on a row."""
    columns = {field.column: field for field in model._meta.concrete_fields}
    person = get_user_model()
    if model is person:
        return {
            "company": ("ALL", f"company_id = {COMPANY}"),
            "oneself": ("SELECT", f"id = {PERSON}"),
            "oneself_kept": ("UPDATE", f"id = {PERSON}"),
            "signing_in": ("SELECT", f"email = {EMAIL} AND joined_at IS NOT NULL"),
        }
    if model._meta.label == "accounts.Company":
        return {"company": ("ALL", f"id = {COMPANY}")}
    if "company_id" in columns:
        policies = {"company": ("ALL", f"company_id = {COMPANY}")}
        if model._meta.label in _FOR_SIGNING_IN:
            policies["signing_in"] = ("SELECT", _FOR_SIGNING_IN[model._meta.label])
        return policies
    for column, field in columns.items():
        if field.related_model is person:  # follows the policies of the people's table
            return {"person": ("ALL", f"EXISTS (SELECT 1 FROM {person._meta.db_table} p WHERE p.id = {column})")}
    return {}


def refused_rights(model: type[models.Model]) -> str:
    """What the application's role may not do even to rows that it sees, and support's neither. Erasing a company is
    the owner's."""
    if issubclass(model, Chained):
        return "UPDATE, DELETE"
    return "DELETE" if issubclass(model, Plate) or model._meta.label == "accounts.Company" else ""


def guarded_models() -> Iterator[type[models.Model]]:
    """The models whose tables have policies."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy and model._meta.db_table not in WITHOUT_POLICY:
            yield model


def put_up(connection: BaseDatabaseWrapper) -> None:
    """Put up every policy and grant, as the owner. May run any number of times."""
    app, support = settings.DATABASE_ROLES["app"], settings.DATABASE_ROLES["support"]
    quote = connection.ops.quote_name
    existing = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        owner = cursor.fetchone()[0]
        for role in (app, support):
            _grant(cursor, quote(role))
        for model in guarded_models():
            table = model._meta.db_table
            if table in existing:
                _guard(cursor, table, conditions(model), quote(app), [quote(owner), quote(support)])
                if rights := refused_rights(model):
                    cursor.execute(f"REVOKE {rights} ON {table} FROM {quote(app)}, {quote(support)}")
        # Support founds companies.
        cursor.execute(f"REVOKE INSERT ON accounts_company FROM {quote(app)}")


def _grant(cursor, role: str) -> None:
    rights = "SELECT, INSERT, UPDATE, DELETE"
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT {rights} ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        # What is made later in this migrate, such as the cache's table.
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {rights} ON TABLES TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
    ):
        cursor.execute(statement)


def _guard(cursor, table: str, policies: dict[str, tuple[str, str]], app: str, others: list[str]) -> None:
    cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    cursor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    cursor.execute("SELECT policyname FROM pg_policies WHERE schemaname = 'public' AND tablename = %s", [table])
    for (name,) in cursor.fetchall():
        cursor.execute(f"DROP POLICY {name} ON {table}")
    for name, (command, condition) in policies.items():
        checked = "" if command == "SELECT" else f" WITH CHECK ({condition})"
        cursor.execute(f"CREATE POLICY {name} ON {table} FOR {command} TO {app} USING ({condition}){checked}")
    cursor.execute(f"CREATE POLICY {MAINTENANCE} ON {table} TO {', '.join(others)} USING (true) WITH CHECK (true)")


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """What of the policies does not stand in this database, one line each."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
              array(SELECT p.polname::text FROM pg_policy p WHERE p.polrelid = c.oid),
              EXISTS (SELECT 1 FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attname = 'company_id' AND NOT a.attisdropped)
            FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"""
        )
        tables = {name: (forced, set(policies), tenant) for name, forced, policies, tenant in cursor.fetchall()}
    wanted = {model._meta.db_table: set(conditions(model)) for model in guarded_models()}
    found = []
    for table, (forced, policies, has_company) in sorted(tables.items()):
        if table not in wanted and not has_company:
            continue
        if not forced:
            found.append(f"{table} has no forced row level security")
        # A table that no model knows any more is guarded by its company all the same.
        expected = wanted.get(table, {"company"})
        found += [f"{table} lacks the policy {name}" for name in sorted(expected - policies)]
        # Policies add up: one more shows more rows.
        found += [f"{table} has a policy too many, {name}" for name in sorted(policies - expected - {MAINTENANCE})]
    return found


def powers(connection: BaseDatabaseWrapper) -> list[str]:
    """Why the role of this connection could get past the policies, one line each. Empty for a fit application role."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        role, is_super, bypasses = cursor.fetchone()
        cursor.execute(
            """SELECT r.rolname FROM pg_roles r
            WHERE r.rolname <> current_user AND pg_has_role(current_user, r.oid, 'MEMBER')
              AND (r.rolsuper OR r.rolbypassrls OR r.rolname = %s OR EXISTS (
                SELECT 1 FROM pg_class c WHERE c.relowner = r.oid AND c.relnamespace = 'public'::regnamespace))
            ORDER BY 1""",
            [settings.DATABASE_ROLES["support"]],
        )
        memberships = [name for (name,) in cursor.fetchall()]
        cursor.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner "
            "WHERE r.rolname = current_user AND c.relnamespace = 'public'::regnamespace"
        )
        owned = cursor.fetchone()[0]
    found = []
    if is_super:
        found.append(f"{role} is a superuser")
    if bypasses:
        found.append(f"{role} may bypass row level security")
    if owned:
        found.append(f"{role} owns tables")
    if role == settings.DATABASE_ROLES["support"]:
        found.append(f"{role} is support's role, which sees every company")
    return found + [f"{role} is a member of {name}, which may see every company" for name in memberships]
