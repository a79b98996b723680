from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import User
from accounts.scope import support
from accounts.text import clean_email


class Command(BaseCommand):
    """`manage.py deactivate_support siri@velory.example`: docs/deploy.md."""

    help = (
        "Shuts somebody out who has left Velory's support staff: they are signed out everywhere, and neither password "
        "nor two-step sign-in opens the account. What they did stays under their name. create_support brings them back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address that they sign in with")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        with support(), transaction.atomic():
            person = User.objects.active().filter(email=clean_email(email), is_staff=True).first()
            if person is None:
                raise CommandError(f"Nobody of the support staff signs in with {email}.")
            person.leave_support()
        self.stdout.write(f"{person} is of the support staff no more, and signed out everywhere.")
