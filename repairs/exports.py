"""Repairs as a sheet: what the table shows of each, or everything that stands on it."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet

from accounts.access import PersonRequest
from accounts.keyset import Order
from devices.exports.sheet import Cell, Row, Sheet, among, in_chunks

from .models import MDMRelease, Repair

# What is read of a repair. Of a person whom somebody has erased the name says so.
FIELDS = (
    "pk",
    *("device__name", "device__serial_number", "device__asset_tag", "device__uuid", "device__registered_at"),
    *("opened_at", "reporter__full_name", "problem", "description"),
    *("holder_user__full_name", "holder_space__name", "payor__name"),
    *("backup", "backup_by__full_name", "backup_at"),
    *("taken_in_at", "taken_in_by__full_name"),
    *("mdm_release__state", "mdm_release__requested_of__full_name", "mdm_release__requested_at"),
    *("mdm_release__closed_by__full_name", "mdm_release__closed_at"),
    *("closed_at", "closed_by__full_name", "outcome"),
    *("replacement__name", "replacement__serial_number", "replacement__uuid", "may_order"),
    *("reference", "cost", "brought_in__name"),
)

# The headings of what the table shows, and of everything, each with what stands below it.
Columns = dict[str, Callable[[Any], Cell]]


def _if_known(row: Any, moment: Any) -> Any:
    """Nothing for the moment of an import that said of none (`Repair.is_undated`)."""
    return None if moment == row.device__registered_at else moment


def _shown() -> Columns:
    problem, outcome = _words(Repair.Problem), _words(Repair.Outcome)
    return {
        "Device": lambda row: row.device__name,
        "Holder": lambda row: row.holder_user__full_name or row.holder_space__name,
        "Reported": lambda row: _if_known(row, row.opened_at),
        "Reported by": lambda row: row.reporter__full_name,
        "What is wrong?": lambda row: ": ".join(filter(None, [problem[row.problem], row.description])),
        "Taken in": lambda row: _if_known(row, row.taken_in_at),
        "Closed": lambda row: row.closed_at,
        "Outcome": lambda row: outcome[row.outcome] or "Open",
        "Replacement": lambda row: row.replacement__name,
    }


def _all() -> Columns:
    problem, outcome, backup, state = map(_words, (Repair.Problem, Repair.Outcome, Repair.Backup, MDMRelease.State))
    return {
        "Repair": lambda row: row.pk,
        "Device": lambda row: row.device__name,
        "Serial number": lambda row: row.device__serial_number,
        "Asset tag": lambda row: row.device__asset_tag,
        "Velory ID": lambda row: row.device__uuid,
        "Reported": lambda row: _if_known(row, row.opened_at),
        "Reported by": lambda row: row.reporter__full_name,
        "Problem": lambda row: problem[row.problem],
        "Description": lambda row: row.description,
        "Holder": lambda row: row.holder_user__full_name,
        "Space": lambda row: row.holder_space__name,
        "Payor": lambda row: row.payor__name,
        "Backup": lambda row: backup[row.backup],
        "Backup by": lambda row: row.backup_by__full_name,
        "Backup at": lambda row: row.backup_at,
        "Taken in": lambda row: _if_known(row, row.taken_in_at),
        "Taken in by": lambda row: row.taken_in_by__full_name,
        "MDM": lambda row: state[row.mdm_release__state or ""],
        "MDM release asked of": lambda row: row.mdm_release__requested_of__full_name,
        "MDM release asked": lambda row: row.mdm_release__requested_at,
        "MDM release closed by": lambda row: row.mdm_release__closed_by__full_name,
        "MDM release closed": lambda row: row.mdm_release__closed_at,
        "Closed": lambda row: row.closed_at,
        "Closed by": lambda row: row.closed_by__full_name,
        "Outcome": lambda row: outcome[row.outcome] or "Open",
        "Replacement": lambda row: row.replacement__name,
        "Replacement serial number": lambda row: row.replacement__serial_number,
        "Replacement Velory ID": lambda row: row.replacement__uuid,
        "May order a new one": lambda row: "Yes" if row.may_order else "",
        "Reference": lambda row: row.reference,
        "Cost": lambda row: row.cost,
        "Brought by the list": lambda row: row.brought_in__name,
    }


def _words(choices: Any) -> dict[str, str]:
    """The words of each choice in the active language: looked up once for many rows."""
    return {"": "", **{choice.value: str(choice.label) for choice in choices}}


def repairs_sheet(repairs: QuerySet[Repair], order: Order, request: PersonRequest, *, all_columns: bool) -> Sheet:
    """These repairs in this order."""
    columns_of = _all if all_columns else _shown

    def read(keys: Sequence[int]) -> dict[int, Row]:
        columns = columns_of().values()
        rows = Repair.objects.visible_to(request.user).filter(pk__in=among(keys)).order_by()
        return {row.pk: [said(row) for said in columns] for row in rows.values_list(*FIELDS, named=True)}

    slug = "repairs-all-columns" if all_columns else "repairs"
    return Sheet(slug, "Repairs", list(columns_of()), in_chunks(request.user.company_id, repairs, order, read))
