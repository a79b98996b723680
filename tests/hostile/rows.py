"""Everything that is stored, to see that nothing was, and that what was is true."""

from django.apps import apps
from django.db import connection

from accounts.chain import AuditWalk
from accounts.models import Company
from devices.chain import Walk
from repairs.register import contradictions_between_rows

AUDIT = {"accounts.AuditLine", "accounts.AuditPlate", "accounts.AuditChain"}


def everything():
    """Each row of Velory's own tables, as (table, company, the whole row)."""
    models = [model for app in ("accounts", "devices", "repairs") for model in apps.get_app_config(app).get_models()]
    return {
        (model._meta.label, row[1], str(row))
        for model in models
        for row in model._base_manager.values_list("pk", _company_of(model), *_columns(model))
    }


def _company_of(model):
    return "company_id" if any(field.attname == "company_id" for field in model._meta.concrete_fields) else "pk"


def _columns(model):
    return [field.attname for field in model._meta.concrete_fields]


def untrue(before):
    """What contradicts itself in the register and in the logs of companies of which something has changed."""
    connection.check_constraints()
    changed = {company for _table, company, _row in everything() ^ before}
    for company in Company.objects.filter(pk__in=changed):
        yield from contradictions_between_rows(company)
        yield from (str(fault) for _device, fault in Walk(company).first_faults())
        if fault := AuditWalk(company).first_fault():
            yield str(fault)
