"""An import in one transaction, for the commands."""

from django.db import transaction

from accounts import clock
from accounts.importing.report import Report
from accounts.models import Company, User
from accounts.models.closable import require_admin
from accounts.spreadsheets import Table
from devices.models import Import

from .bringing import Bringing
from .choices import Choices
from .of_devices import BringingDevices
from .values import DateOrder


def import_devices(
    table: Table, company: Company, *, dates: DateOrder | None = None, by: User, name: str = "", **how: bool
) -> Report:
    """Bring the table's devices into a company, with the people and spaces that have them. The same file again changes
    nothing. `dates` is how the file writes dates that are not in ISO form. The rest as `bring_at_once`."""
    bringing = BringingDevices(table, company, Choices(dates=dates))
    bringing.look()
    return bring_at_once(bringing, by=by, name=name, **how)


def bring_at_once(
    bringing: Bringing, *, by: User, dry_run: bool = False, skip_bad: bool = False, name: str = ""
) -> Report:
    """Store a list that was surveyed: all or nothing, or the good rows with `skip_bad`.

    `name` is what the list of imports calls it. Raises NotATable, and PermissionDenied unless `by` is an active admin
    of the company. Nobody gets a mail.
    """
    require_admin(by, bringing.company.pk)
    kind = bringing.kind
    report = _rehearsed(bringing)
    report.dry_run = dry_run
    report.accepted = report.may_be_stored(kind, skip_bad=skip_bad)
    something = report.number(kind, "created") + report.number(kind, "changed")
    if report.accepted and not dry_run and something:
        with transaction.atomic():
            report = _stored(bringing, by, name, skip_bad)
            report.accepted = report.may_be_stored(kind, skip_bad=skip_bad)
            transaction.set_rollback(not report.accepted)
    return report


def _rehearsed(bringing: Bringing) -> Report:
    report = bringing.report()
    bringing.begin()
    for _done, rows in bringing.batches():
        bringing.tally(report, bringing.plan(rows))
    return report


def _stored(bringing: Bringing, by: User, name: str, skip_bad: bool) -> Report:
    batch = Import.objects.create(
        company=bringing.company,
        kind=bringing.kind,
        who=by,
        name=name[:255],
        fields=bringing.columns.chosen,
        dates=bringing.choices.dates or "",
        statuses=bringing.choices.statuses or {},
        skip_bad=skip_bad,
    )
    report = bringing.report()
    bringing.begin()
    for _done, rows in bringing.batches():
        entries = bringing.plan(rows)
        bringing.store(entries, by=by, batch=batch)
        bringing.tally(report, entries)
    # The command tells what it did; kept are numbers, which name nobody.
    findings = report.numbers_alone().as_json()
    batch.change(stage=Import.Stage.STORED, finished_at=clock.now(), findings=findings, rows_done=report.rows)
    return report
