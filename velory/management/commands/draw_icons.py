from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from velory.templatetags.icons import pictures


class Command(BaseCommand):
    """Draws the files that icons refer to."""

    help = "Draws static/img/icons.svg and static/img/icons/ from what velory/templatetags/icons.py names."
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        for path, picture in pictures().items():
            file = Path(settings.BASE_DIR, "static", path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(picture, encoding="utf-8")
