"""What the commands have in common that bring along what has dates."""

from argparse import ArgumentParser

from accounts.importing.command import ImportCommand

from .values import DateOrder


class DatedImportCommand(ImportCommand):
    """An import whose file may write dates in more than one way."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--dates",
            type=DateOrder,
            choices=list(DateOrder),
            help="how the file writes dates that aren't like 2026-01-31: us is 1/31/2026, day-first is 31/1/2026",
        )
