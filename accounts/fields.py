"""Columns of ours."""

from collections.abc import Sequence
from typing import Any

from django.db import models

from .text import refuse_unseen


class NameField(models.CharField):
    """What people call something, and tell it by in lists and logs: so it holds nothing that can't be seen."""

    default_validators = [refuse_unseen]

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """To the database it is a CharField, and to its migrations."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs
