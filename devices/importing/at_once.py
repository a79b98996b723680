"""An import in one transaction, for the command."""

from django.db import transaction

from accounts import clock
from accounts.importing.report import Report
from accounts.models import Company, User
from accounts.models.closable import require_admin
from accounts.spreadsheets import Table
from devices.models import Import

from .bringing import Bringing
from .choices import Choices, headers_key
from .storing import store
from .values import DateOrder


def import_devices(
    table: Table,
    company: Company,
    *,
    by: User,
    dates: DateOrder | None = None,
    dry_run: bool = False,
    skip_bad: bool = False,
    name: str = "",
) -> Report:
    """Bring the table's devices into a company, with the people and spaces that have them: all or nothing, or the good
    rows with `skip_bad`. The same file again changes nothing.

    `dates` is how the file writes dates that are not in ISO form, `name` what the list of imports calls it. Raises
    NotATable, and PermissionDenied unless `by` is an active admin of the company. Nobody gets a mail.
    """
    require_admin(by, company.pk)
    bringing = Bringing(table, company, Choices(dates=dates))
    bringing.look()
    report = _rehearsed(bringing)
    report.dry_run = dry_run
    report.accepted = report.may_be_stored("devices", skip_bad=skip_bad)
    something = report.number("devices", "created") + report.number("devices", "changed")
    if report.accepted and not dry_run and something:
        with transaction.atomic():
            report = _stored(bringing, by, name, skip_bad)
            report.accepted = report.may_be_stored("devices", skip_bad=skip_bad)
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
        who=by,
        name=name[:255],
        headers_key=headers_key(bringing.table.headers),
        fields=bringing.columns.chosen,
        dates=bringing.choices.dates or "",
        skip_bad=skip_bad,
    )
    report = bringing.report()
    bringing.begin()
    for _done, rows in bringing.batches():
        entries = bringing.plan(rows)
        store(entries, by=by, batch=batch)
        bringing.tally(report, entries)
    batch.change(stage=Import.Stage.STORED, finished_at=clock.now(), findings=report.as_json(), rows_done=report.rows)
    return report
