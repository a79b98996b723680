from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from repairs.drawing import drawing, redrawn


class Command(BaseCommand):
    """Draws the state machine from the code: prints it, or keeps docs/moves.md in step with it."""

    help = "Draws the moves of a device and what happens on each: a Mermaid diagram and a table."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        way = parser.add_mutually_exclusive_group()
        way.add_argument("--check", action="store_true", help="fail if docs/moves.md shows something else")
        way.add_argument("--write", action="store_true", help="put the drawing into docs/moves.md")

    def handle(self, *, check: bool, write: bool, **options: Any) -> None:
        if not (check or write):
            self.stdout.write(drawing())
            return
        page = Path(settings.BASE_DIR, "docs", "moves.md")
        text = page.read_text(encoding="utf-8")
        try:
            fresh = redrawn(text)
        except ValueError as problem:
            raise CommandError(f"docs/moves.md: {problem}") from problem
        if check and fresh != text:
            raise CommandError("docs/moves.md is not in step with the code. Run: python manage.py draw_moves --write")
        if write:
            page.write_text(fresh, encoding="utf-8")
