"""What the commands that import have in common."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.models import Company, User
from accounts.models.audit import record
from accounts.scope import companies, company_scope
from accounts.spreadsheets import NotATable, Table
from accounts.text import clean_email

from .report import Report


class ImportCommand(BaseCommand):
    """Reads a CSV file into a company and prints a report. Fails, with nothing stored, when rows were refused."""

    # The kind of thing that the file lists, as the report counts them.
    what = ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE.csv", help="the list, as CSV")
        parser.add_argument("--company", required=True, metavar="SHORT-NAME", help="the company's short name")
        parser.add_argument("--by", required=True, metavar="EMAIL", help="the IT admin who imports: stands in the log")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, store nothing")
        parser.add_argument("--skip-bad", action="store_true", help="store the good rows although others are refused")

    def bring(self, table: Table, company: Company, **options: Any) -> Report:
        """Import the table; `options` are by, dry_run, skip_bad and what the command adds."""
        raise NotImplementedError

    def handle(self, *, file: str, company: str, by: str, dry_run: bool, skip_bad: bool, **options: Any) -> None:
        try:
            with open(file, "rb") as stream:
                table = Table(stream)
                into = self._company(company)
                with company_scope(into.pk):
                    options |= {"by": self._admin(into, by), "dry_run": dry_run, "skip_bad": skip_bad, "file": file}
                    report = self.bring(table, into, **options)
                    if report.accepted and not dry_run:
                        result = report.summary(self.what)
                        record(into.pk, f"data_{self.what}_imported", by=options["by"], result=result)
        except OSError as error:
            raise CommandError(
                _("%(file)s can't be read: %(reason)s.") % {"file": file, "reason": error.strerror}
            ) from error
        except NotATable as error:
            raise CommandError(f"{file}: {error}") from error
        for line in report.lines():
            self.stdout.write(line)
        if not report.accepted:
            raise CommandError(
                _("Nothing was stored. Mend the refused rows, or store the others with --skip-bad.")
                if not skip_bad
                else _("Nothing was stored: every row was refused.")
            )

    def _company(self, slug: str) -> Company:
        found = companies(slug)
        if not found:
            raise CommandError(_("There is no company with the short name %(slug)s.") % {"slug": slug})
        return found[0]

    def _admin(self, company: Company, email: str) -> User:
        admin = company.users.admins().filter(email=clean_email(email)).first()
        if admin is None:
            raise CommandError(
                _("%(email)s is no active IT admin of %(company)s.") % {"email": email, "company": company}
            )
        admin.company = company
        return admin
