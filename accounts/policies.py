"""Row level security on PostgreSQL: the application's role sees the rows of the company that its transaction names
(accounts/scope.py), and none where it names none.

Three roles share the database. The owner has the tables and runs migrations; the application serves people; support's
role serves the Django admin and the commands that go from company to company. The application owns nothing, bypasses
nothing and is a member of neither of the others (accounts/roles.py), so that a forgotten filter shows nothing.

The conditions are written word for word as PostgreSQL writes them back. So what stands is compared with what should,
and one that somebody has altered is found.
"""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from .models import Company
from .tenants import hanging_models, names_company

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

# Within SELECT, so that a statement asks for the setting once and not for every row.
_SETTING = "( SELECT NULLIF(current_setting('app.{}'::text, true), ''::text) AS \"nullif\")"
COMPANY = f"({_SETTING.format('company_id')})::bigint"
PERSON = f"({_SETTING.format('user_id')})::bigint"
EMAIL = _SETTING.format("email")
DOMAIN = _SETTING.format("domain")
PROVIDER_OF = f"({_SETTING.format('provider_of')})::bigint"

OF_THE_COMPANY = f"(company_id = {COMPANY})"

# Before anybody is known, an address leads to the provider of the company that has proved its domain, and an answer by
# SAML to the one that it was sent from. So that domain is seen, and that provider, and nothing else of the company.
_FOR_SIGNING_IN = {
    "accounts.Domain": f"(((name)::text = {DOMAIN}) AND (proved_at IS NOT NULL))",
    "accounts.SingleSignOn": f"""(is_on AND ((company_id = {PROVIDER_OF}) OR (EXISTS ( SELECT 1 FROM accounts_domain d
        WHERE ((d.company_id = accounts_singlesignon.company_id) AND ((d.name)::text = {DOMAIN})
        AND (d.proved_at IS NOT NULL))))))""",
}


def _looked_at_last(condition: str) -> str:
    """So that PostgreSQL takes the condition for no way to find rows: of several it would look up each in an index,
    and, expecting next to nothing, read and sort all people of a large company for the first fifty."""
    return f"CASE WHEN {condition} THEN true ELSE false END"


class Policy(NamedTuple):
    """Whom it lets do what, to rows that are so before and so afterwards."""

    command: str
    roles: frozenset[str]
    using: str
    check: str


class Guarded(NamedTuple):
    """A table as it stands in the database."""

    owner: str
    is_forced: bool
    has_company: bool
    policies: dict[str, Policy]


def conditions(model: type[models.Model]) -> dict[str, tuple[str, str]]:
    """The policies of a model's table for the application's role, by name: the command, and the condition on a row."""
    if model is get_user_model():
        return {
            "company": ("ALL", OF_THE_COMPANY),
            "oneself": ("SELECT", _looked_at_last(f"(id = {PERSON})")),
            "oneself_kept": ("UPDATE", f"(id = {PERSON})"),
            "signing_in": ("SELECT", _looked_at_last(f"(((email)::text = {EMAIL}) AND (joined_at IS NOT NULL))")),
        }
    if model is Company:
        return {"company": ("ALL", f"(id = {COMPANY})")}
    if names_company(model):
        policies = {"company": ("ALL", OF_THE_COMPANY)}
        if model._meta.label in _FOR_SIGNING_IN:
            policies["signing_in"] = ("SELECT", _FOR_SIGNING_IN[model._meta.label])
        return policies
    if field := hanging_models().get(model):  # follows the policies of what it hangs on
        table, target = model._meta.db_table, field.related_model._meta.db_table
        seen = f"SELECT 1 FROM {target} p WHERE (p.{field.target_field.column} = {table}.{field.column})"
        return {"person": ("ALL", f"(EXISTS ( {seen}))")}
    return {}


def guarded_models() -> Iterator[type[models.Model]]:
    """The models whose tables have policies."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy and model._meta.db_table not in WITHOUT_POLICY:
            yield model


@cache  # models don't change under a process, and whoever watches Velory asks often
def _wanted() -> dict[str, dict[str, tuple[str, str]]]:
    return {model._meta.db_table: conditions(model) for model in guarded_models()}


def _policies(of_the_application: dict[str, tuple[str, str]], owner: str) -> dict[str, Policy]:
    app, support = settings.DATABASE_ROLES["app"], settings.DATABASE_ROLES["support"]
    policies = {
        name: Policy(command, frozenset({app}), _words(condition), "" if command == "SELECT" else _words(condition))
        for name, (command, condition) in of_the_application.items()
    }
    return policies | {MAINTENANCE: Policy("ALL", frozenset({owner, support}), "true", "true")}


def put_up(connection: BaseDatabaseWrapper) -> None:
    """Put up every policy that does not stand, as the owner and within a transaction. Locks no other tables."""
    with connection.cursor() as cursor:
        standing = _standing(cursor)
        for table, of_the_application in _wanted().items():
            if table in standing:
                _guard(cursor, table, standing[table], _policies(of_the_application, standing[table].owner))


def _guard(cursor, table: str, guarded: Guarded, policies: dict[str, Policy]) -> None:
    if not guarded.is_forced:
        cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        cursor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for name, standing in guarded.policies.items():
        if standing != policies.get(name):
            cursor.execute(f'DROP POLICY "{name}" ON {table}')
    for name, policy in policies.items():
        if policy != guarded.policies.get(name):
            roles = ", ".join(f'"{role}"' for role in sorted(policy.roles))
            check = f" WITH CHECK ({policy.check})" if policy.check else ""
            cursor.execute(
                f"CREATE POLICY {name} ON {table} FOR {policy.command} TO {roles} USING ({policy.using}){check}"
            )


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """What of the policies does not stand in this database, is another, or too many; one line each."""
    with connection.cursor() as cursor:
        standing = _standing(cursor)
    found = []
    for table, guarded in sorted(standing.items()):
        # A table that no model knows any more is guarded by its company all the same.
        of_the_application = _wanted().get(table, {"company": ("ALL", OF_THE_COMPANY)} if guarded.has_company else None)
        if of_the_application is None:
            continue
        if not guarded.is_forced:
            found.append(f"{table} has no forced row level security")
        policies = _policies(of_the_application, guarded.owner)
        for name in sorted(policies.keys() - guarded.policies.keys()):
            found.append(f"{table} lacks the policy {name}")
        for name, policy in sorted(guarded.policies.items()):
            if name not in policies:  # policies add up: one more shows more rows
                found.append(f"{table} has a policy too many, {name}")
            elif policy != policies[name]:
                found.append(f"{table} has another policy {name}")
    return found


def _standing(cursor) -> dict[str, Guarded]:
    cursor.execute(
        """SELECT c.relname, pg_get_userbyid(c.relowner), c.relrowsecurity AND c.relforcerowsecurity,
          EXISTS (SELECT FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attname = 'company_id' AND NOT a.attisdropped),
          p.polname, CASE p.polcmd WHEN '*' THEN 'ALL' WHEN 'r' THEN 'SELECT' WHEN 'w' THEN 'UPDATE' ELSE 'other' END,
          array(SELECT CASE r WHEN 0 THEN 'public' ELSE pg_get_userbyid(r)::text END FROM unnest(p.polroles) r),
          p.polpermissive, pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid)
        FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"""
    )
    tables: dict[str, Guarded] = {}
    for table, owner, is_forced, has_company, name, command, roles, is_permissive, using, check in cursor.fetchall():
        guarded = tables.setdefault(table, Guarded(owner, is_forced, has_company, {}))
        if name is not None:
            kind = command if is_permissive else f"restrictive {command}"
            guarded.policies[name] = Policy(kind, frozenset(roles), _words(using or ""), _words(check or ""))
    return tables


def _words(condition: str) -> str:
    """A condition without its line breaks."""
    return " ".join(condition.split())
