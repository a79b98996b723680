from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.scope import every_company
from accounts.signing import NoKey
from devices.checkpoint import canonical, take


class Command(BaseCommand):
    """`manage.py sign_checkpoint --file /somewhere/else/checkpoints.jsonl`: docs/event-log.md."""

    help = (
        "Signs where the event log of every device stands, with the key of CHECKPOINT_KEY_FILE, and keeps it in a file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--company", metavar="SLUG", help="only this company, such as acme")
        parser.add_argument(
            "--file", type=Path, required=True, help="a file outside the database, to which the checkpoints are added"
        )

    def handle(self, *args: Any, company: str | None, file: Path, **options: Any) -> None:
        taken = 0
        try:
            with file.open("ab") as lines:
                for one in every_company(company):
                    checkpoint = take(one)
                    lines.write(canonical(checkpoint) + b"\n")
                    # What is printed stands for the whole: it can be kept by mail or on paper.
                    self.stdout.write(canonical({k: v for k, v in checkpoint.items() if k != "heads"}).decode())
                    taken += 1
        except NoKey as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The checkpoint could not be kept: {error}") from error
        if not taken:
            raise CommandError("0 companies read, so nothing is signed.")
