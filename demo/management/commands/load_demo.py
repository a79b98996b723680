from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Company, User
from demo.companies import PASSWORD, STORIES, SUPPORT
from demo.player import play


class Command(BaseCommand):
    """Fills an empty database with the demo's companies, once, and says who can sign in.

    Keeps whatever is there on a second run. A run that is stopped half-way leaves nothing behind.
    """

    help = "Loads the demo companies, unless they are there already, and prints the sign-ins."

    def handle(self, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo's password is known to everybody. Use `make demo`.")
        if not Company.objects.filter(slug__in=[story.slug for story in STORIES]).exists():
            self.stdout.write("Playing some months in the life of three companies …")
            self.stdout.flush()
            play(STORIES, password=PASSWORD, support=SUPPORT)
        self.show_sign_ins()

    def show_sign_ins(self) -> None:
        site = f"http://127.0.0.1:{settings.PORT}/"
        self.stdout.write(f"\nVelory: {site}  Sign in with the password {PASSWORD} as\n")
        for story in STORIES:
            for person in story.people:
                if person.shown:
                    self.line(person.email, User.Role(person.role).label, story.summary)
        self.line(SUPPORT["email"], "Velory Support", f"in the Django admin, {site}admin/")
        self.stdout.write("")

    def line(self, email: str, role: object, where: str) -> None:
        self.stdout.write(f"  {email:<26}{role!s:<16}{where}")
