from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.erasing import erase, refuse_unless_gone
from accounts.models.closable import Refused
from accounts.scope import every_company
from accounts.text import clean_email

WHAT = """{person} ({email}) of {company} will be erased, for good.
  Goes: name, address and sign-in; the name in every event log; the words of their requests, notes, late entries and
  corrections.
  Stays: that somebody did it and when; names in what others wrote and in the names of devices; older backups and
  downloads."""


class Command(BaseCommand):
    """`manage.py erase_person --company acme eva@acme.example --yes`: docs/event-log.md."""

    help = "Erases a person who is deactivated and holds nothing: their name goes everywhere, what they did stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the person's address")
        parser.add_argument("--company", metavar="SLUG", required=True, help="the company that they belong to")
        parser.add_argument("--yes", action="store_true", help="do it; without this it only says what would go")

    def handle(self, *args: Any, email: str, company: str, yes: bool, **options: Any) -> None:
        found = False
        for one in every_company(company):  # to its end: leaving the loop early would take back what was done in it
            found = True
            person = one.users.known().filter(email=clean_email(email)).first()
            if person is None:
                raise CommandError(f"Nobody at {one} has the address {email}.")
            try:
                refuse_unless_gone(person)
                self.stdout.write(WHAT.format(person=person, email=person.email, company=one))
                if not yes:
                    raise CommandError("Nothing was done. Add --yes to do it.")
                erase(person, by=None)
            except Refused as reason:
                things = [str(thing) for thing in getattr(reason, "things", ())]
                raise CommandError("\n  ".join([str(reason), *things])) from reason
        if not found:
            raise CommandError(f"There is no company {company}.")
        self.stdout.write("Done.")
