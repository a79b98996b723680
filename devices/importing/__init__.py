"""A list of devices: columns and cells become rows (`rows`), rows a plan (`plan`), the plan devices (`storing`).

What each column means and what the rules are: docs/importing.md.
"""

from collections import Counter
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.importing.cells import shortened
from accounts.importing.columns import Columns
from accounts.importing.directory import NewPerson, NewSpace
from accounts.importing.report import Report
from accounts.importing.storing import carry_out
from accounts.models import Company, Space, User
from accounts.models.closable import require_admin
from accounts.spreadsheets import NotATable, Table

from .columns import ALIASES
from .plan import Entry, Planner
from .rows import RowReader
from .storing import store
from .values import DateOrder

__all__ = ["import_devices"]


def import_devices(
    table: Table,
    company: Company,
    *,
    by: User,
    dates: DateOrder | None = None,
    dry_run: bool = False,
    skip_bad: bool = False,
) -> Report:
    """Bring the table's devices into a company, with the people and spaces that have them: all or nothing, or the good
    rows with `skip_bad`. The same file again changes nothing.

    `dates` is how the file writes dates that are not in ISO form. Raises NotATable, and PermissionDenied unless `by` is
    an active admin of the company. Nobody gets a mail.
    """
    require_admin(by, company.pk)
    columns = Columns(table.headers, ALIASES)
    _refuse_without_key(columns)
    reader = RowReader(columns, dates)
    rows = [reader.read(row) for row in table]
    if not rows:
        raise NotATable(_("The file has headers, but no rows below them."))
    with transaction.atomic():
        entries = Planner(company, columns).plan(rows)
        accepted = carry_out(entries, lambda: store(entries, by=by), dry_run=dry_run, skip_bad=skip_bad)
    report = _report_on(entries, columns, company)
    report.dry_run, report.accepted = dry_run, accepted
    return report


def _refuse_without_key(columns: Columns) -> None:
    if "serial_number" not in columns and "asset_tag" not in columns:
        names = shortened(", ".join(filter(None, columns.headers)))
        raise NotATable(
            _("The file has no column for serial numbers or asset tags. Its columns: %(columns)s.") % {"columns": names}
        )


def _report_on(entries: list[Entry], columns: Columns, company: Company) -> Report:
    report = Report(rows=len(entries))
    report.count("devices", (entry.outcome for entry in entries))
    report.count("people", _outcomes_of(entries, User, NewPerson))
    report.count("spaces", _outcomes_of(entries, Space, NewSpace))
    report.refused = [problem for entry in entries for problem in entry.problems]
    report.left_alone = [remark for entry in entries if not entry.problems for remark in entry.left_alone]
    report.unused_columns = columns.unused
    if "company" in columns:
        words = {"column": columns.header("company"), "company": company}
        report.notices.append(_("%(column)s is not used: everything belongs to %(company)s.") % words)
    if statuses := Counter(entry.row.status for entry in entries if entry.row.status):
        numbers = ", ".join(f"{status} {count}" for status, count in statuses.most_common())
        words = {"column": columns.header("status"), "statuses": numbers}
        report.notices.append(_("%(column)s is not used yet: %(statuses)s.") % words)
    return report


def _outcomes_of(entries: Iterable[Entry], known: type, new: type) -> list[str]:
    """What became of the people or the spaces that the rows name, each once."""
    good = [entry for entry in entries if not entry.problems]
    created = {id(entry.hand_to) for entry in good if isinstance(entry.hand_to, new)}
    unchanged = {entry.holder for entry in good if isinstance(entry.holder, known)}
    return ["created"] * len(created) + ["unchanged"] * len(unchanged)
