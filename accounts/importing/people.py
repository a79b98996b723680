"""A list of people: rows, plan, store. The key is the email address; everybody comes as an employee."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Company, User
from accounts.models.closable import require_admin
from accounts.spreadsheets import NotATable, Row, Table

from . import cells
from .cells import BadCell
from .columns import Columns
from .directory import NewPerson
from .report import Remark, Report
from .storing import carry_out

# Each field's headers, as `columns.header_key` compares them.
ALIASES = {
    "email": ["email", "e mail", "email address", "mail", "user principal name", "upn"],
    "username": ["username", "user name", "login"],
    "full_name": ["full name", "name", "display name", "real name"],
    "first_name": ["first name", "given name", "firstname"],
    "last_name": ["last name", "surname", "family name", "lastname"],
    "activated": ["activated"],
    "role": ["role"],
}


@dataclass
class PersonRow:
    """A row of the file as it was read, and what is to become of it."""

    line: int
    email: str = ""
    full_name: str = ""
    could_sign_in: bool = True
    problems: list[Remark] = field(default_factory=list)
    # What the plan found out:
    known: User | None = None
    renamed: bool = False

    @property
    def outcome(self) -> str:
        if self.problems:
            return "refused"
        if self.known is None:
            return "created"
        return "changed" if self.renamed else "unchanged"


def import_people(
    table: Table,
    company: Company,
    *,
    by: User,
    dry_run: bool = False,
    skip_bad: bool = False,
) -> Report:
    """Make and rename people of a company as the table says: all or nothing, or the good rows with `skip_bad`.

    Nobody gets to sign in, becomes an admin, or is deactivated or reactivated by this; blank cells change nothing.
    Raises NotATable, and PermissionDenied unless `by` is an active admin of the company.
    """
    require_admin(by, company.pk)
    columns = Columns(table.headers, ALIASES)
    if "email" not in columns and "username" not in columns:
        raise NotATable(
            _("The file has no column for email addresses. Its columns: %(columns)s.")
            % {"columns": cells.shortened(", ".join(filter(None, table.headers)))}
        )
    rows = [read(row, columns) for row in table]
    if not rows:
        raise NotATable(_("The file has headers, but no rows below them."))
    with transaction.atomic():
        plan(rows, company, columns)
        accepted = carry_out(rows, lambda: store(rows, company), dry_run=dry_run, skip_bad=skip_bad)
    report = report_on(rows, columns)
    report.dry_run, report.accepted = dry_run, accepted
    return report


def read(row: Row, columns: Columns) -> PersonRow:
    """A row without a look at the database."""
    person = PersonRow(row.line)
    if row.problem:
        person.problems.append(Remark(row.line, row.column, row.problem))
        return person
    values = {name: cells.line(columns.cell(row.cells, name)) for name in ALIASES}
    both = f"{values['first_name']} {values['last_name']}".strip()
    person.full_name = values["full_name"] or both
    person.could_sign_in = values["activated"].casefold() not in {"false", "no", "0"}
    address = values["email"] or (values["username"] if "@" in values["username"] else "")
    column = columns.header("email", "username")
    try:
        if not address:
            raise BadCell(_("Without an email address a person can't be told from others."))
        person.email = cells.email(address)
        column = columns.header("full_name", "first_name", "last_name")
        if len(person.full_name) > 150:
            raise BadCell(_("The name has more than 150 characters."))
    except BadCell as problem:
        person.problems.append(Remark(row.line, column, str(problem)))
    return person


def plan(rows: Iterable[PersonRow], company: Company, columns: Columns) -> None:
    """Find out whom the company knows already, and refuse addresses that stand in the file twice."""
    # Locked in the order in which every act locks people; the file has another.
    users = company.users.order_by("pk").select_for_update(no_key=True)
    known = {person.email: person for person in users}
    places = defaultdict(list)
    for row in rows:
        row.known = known.get(row.email)
        row.renamed = row.known is not None and row.full_name not in ("", row.known.full_name)
        if row.email:
            places[row.email].append(row)
    for same in places.values():
        if len(same) > 1:
            for row in same:
                other = next(twin.line for twin in same if twin is not row)
                reason = _("Line %(line)d has the same address.") % {"line": other}
                row.problems.append(Remark(row.line, columns.header("email", "username"), reason))


def store(rows: Iterable[PersonRow], company: Company) -> None:
    """Carry the plan out. A row that the database refuses is refused in the report."""
    for row in rows:
        try:
            with transaction.atomic():
                if row.outcome == "created":
                    NewPerson(row.email, row.full_name).made(company)
                elif row.outcome == "changed" and row.known is not None:
                    row.known.full_name = row.full_name
                    row.known.save(update_fields=["full_name"])
        except (IntegrityError, ValidationError):
            reason = _("Somebody changed this in Velory at the same moment. Import the row again.")
            row.problems.append(Remark(row.line, "", reason))


def report_on(rows: list[PersonRow], columns: Columns) -> Report:
    """What became of the rows, or would become."""
    report = Report(rows=len(rows))
    report.count("people", (row.outcome for row in rows))
    report.refused.add(problem for row in rows for problem in row.problems)
    report.unused_columns = columns.unused
    if "role" in columns:
        report.notices.append(_("Role is not used: everybody new comes as an employee."))
    if locked_out := sum(not row.could_sign_in for row in rows if not row.problems):
        report.notices.append(
            ngettext(
                "Activated is not used: %(count)d person could not sign in where the list comes from. "
                "In Velory nobody can before they have chosen a password.",
                "Activated is not used: %(count)d people could not sign in where the list comes from. "
                "In Velory nobody can before they have chosen a password.",
                locked_out,
            )
            % {"count": locked_out}
        )
    return report
