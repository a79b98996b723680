import sys
from getpass import getpass
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.notices import notify
from accounts.scope import support
from accounts.text import clean_email
from accounts.tokens import link_keys, link_path


class Command(BaseCommand):
    help = (
        "Adds somebody to Velory's support staff, who work in the Django admin. Asks for a password; where none is "
        "given, and for somebody who is support staff already or was before, it prints a link that works once for "
        "choosing one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address that they sign in with")
        parser.add_argument("full_name", nargs="?", default="", help='in quotes: "Siri Ahl"; for a new one')
        parser.add_argument(
            "--reset-two-step",
            action="store_true",
            help="takes two-step sign-in away from somebody of the support staff who has lost their phone",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with support():
            self.add_or_remind(options["email"], options["full_name"], options["reset_two_step"])

    def add_or_remind(self, email: str, full_name: str, reset_two_step: bool) -> None:
        email = clean_email(email)
        wanted = User(email=email, full_name=" ".join(full_name.split()), is_staff=True)
        try:
            wanted.clean_fields(exclude=["password"] if wanted.full_name else ["password", "full_name"])
        except ValidationError as error:
            raise CommandError(error.messages) from error
        person = User.objects.filter(email=email, is_staff=True).first()
        if person is None:
            person = self.add(wanted)
            self.stdout.write(f"{person} ({email}) was added to the support staff.")
            if person.has_joined:
                return
        elif not person.is_active:
            person.is_active = True
            person.save(update_fields=["is_active"])
            self.stdout.write(f"{person} ({email}) is of the support staff again.")
        if reset_two_step:
            with transaction.atomic():
                person.forget_factors()
                notify(person, "two_step_reset")
        path = link_path(person, link_keys.new(person))
        self.stdout.write(f"With this link, which works once, {person} chooses a password:\n{site()}{path}")

    def add(self, person: User) -> User:
        """Store a new person of the support staff, joined if a password is given. Raises CommandError."""
        if not person.full_name:
            raise CommandError(
                f"Nobody of the support staff has the address {person.email}. To add them, give a name, too."
            )
        try:
            password = ask_for_password(person)
            with transaction.atomic():
                return User.objects.create_user(person.email, password, full_name=person.full_name, is_staff=True)
        except ValidationError as error:
            raise CommandError(error.messages) from error
        except EOFError as error:
            raise CommandError("Nobody was added: no password was typed.") from error
        except IntegrityError as error:
            raise CommandError(f"Somebody signs in with {person.email} already.") from error


def ask_for_password(person: User) -> str | None:
    """None where there is nobody to ask, or they give none. Raises ValidationError for one that is easy to guess."""
    if not sys.stdin.isatty():
        return None
    password = getpass("Password (leave it empty for a link): ")
    if not password:
        return None
    validate_password(password, person)
    if password != getpass("Once more: "):
        raise ValidationError("The two passwords differ.")
    return password


def site() -> str:
    """Where this installation is reached, as far as its settings tell."""
    host = settings.ALLOWED_HOSTS[0].lstrip(".")
    return f"https://{host}" if settings.HTTPS else f"http://{host}:{settings.PORT}"
