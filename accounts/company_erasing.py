"""Erasing a company: every row of it in one transaction, and nothing of any other.

The company's own row goes first: only then do the triggers of the event log (accounts/walls.py) let its lines go. The
keys between the tables are looked at when the transaction commits, so the order of the rest is free.
"""

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connections, models, transaction

from .models import Company, User
from .sessions import forget_sessions
from .tenants import hanging_models, tenant_models


def erase(company: Company, using: str) -> dict[str, int]:
    """Remove the company for good. Returns how many rows went, by table. `using` names a database connection that sees
    all rows. Raises IntegrityError, and removes nothing, where something is left that refers to it."""
    removed: dict[str, int] = {}
    with transaction.atomic(using=using), connections[using].cursor() as cursor:

        def delete(model: type[models.Model], condition: str) -> None:
            table = model._meta.db_table
            cursor.execute(f'DELETE FROM "{table}" WHERE {condition}', [company.pk])
            removed[table] = removed.get(table, 0) + cursor.rowcount

        # What names no company is found by what does, so it goes while that is there.
        people = User.objects.using(using).filter(company=company).values_list("pk", flat=True)
        removed[Session._meta.db_table] = forget_sessions(people, using)
        removed[LogEntry._meta.db_table] = _delete_remarks(company, using)
        for model in hanging_models():
            delete(model, _hangs_on_company(model))
        for model in tenant_models():
            delete(model, _is_of_company(model))
    return removed


def _is_of_company(model: type[models.Model]) -> str:
    return f'"{"id" if model is Company else "company_id"}" = %s'


def _hangs_on_company(model: type[models.Model]) -> str:
    field = hanging_models()[model]
    target: type[models.Model] = field.related_model
    condition = _hangs_on_company(target) if target in hanging_models() else _is_of_company(target)
    key = field.target_field.column
    return f'"{field.column}" IN (SELECT "{key}" FROM "{target._meta.db_table}" WHERE {condition})'


def _delete_remarks(company: Company, using: str) -> int:
    """What support staff did to its rows, which the Django admin keeps with their names."""
    removed = 0
    for model in tenant_models():
        kind = ContentType.objects.db_manager(using).get_for_model(model)
        rows = model._base_manager.using(using).filter(**{"pk" if model is Company else "company": company.pk})
        keys = rows.values(stored_key=models.functions.Cast("pk", models.TextField()))
        removed += LogEntry.objects.using(using).filter(content_type=kind, object_id__in=keys).delete()[0]
    return removed
