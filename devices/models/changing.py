"""The one way in which a device changes: its row locked, everything in one transaction, one save, its lines written."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import ClassVar, Self

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts import clock
from accounts.models import User
from accounts.models.closable import Refused

from .event import Line, write_lines

HOLDERS_AND_PAYORS = (
    "holder_user",
    "holder_space",
    "payor",
    "last_holder_user",
    "last_holder_space",
    "last_payor",
)


class MoveRefused(Refused):
    """The device's status, or what has happened since the page was opened, forbids the act. Nothing was changed.

    `str()` is a sentence for the person who tried.
    """


class FlowOff(PermissionDenied):
    """The company's repair flow is not activated. `str()` says so."""


class Changing(models.Model):
    """A device's revision and log head, and the frame round every change."""

    # Counts moves and assignments. A form carries the revision that it saw, so a page left over from before can't act.
    revision = models.PositiveIntegerField(default=0, editable=False)
    log_sequence = models.PositiveIntegerField(default=0, editable=False)
    log_digest = models.CharField(max_length=64, blank=True, default="", editable=False)

    # What its keys are made of (devices/models/sorting.py).
    KEYED_BY: ClassVar[tuple[str, ...]] = ()

    _lines: list[Line]

    class Meta:
        abstract = True

    @contextmanager
    def changing(self, *, by: User, seen: int | None = None) -> Iterator[Self]:
        """Lock the row, give out the fresh device, and at the end write its lines and save what changed.

        `by` is the acting person, of the device's company. `seen` is the revision that their page showed, where there
        was a page. Raises MoveRefused when it is an older one, PermissionDenied for somebody of another company.
        On SQLite the IMMEDIATE transaction is the lock.
        """
        with transaction.atomic():
            # The row alone: joined, whoever had to wait for it would get the row of now beside the people of before.
            device = type(self)._default_manager.select_for_update(no_key=True).get(pk=self.pk)
            if by.company_id != device.company_id:  # type: ignore[attr-defined]
                raise PermissionDenied
            if seen is not None and seen != device.revision:
                raise MoveRefused(
                    _("%(device)s has changed since you opened the page: it is now %(status)s. Nothing was done.")
                    % {"device": device, "status": device.get_status_display()}  # type: ignore[attr-defined]
                )
            with device.kept(by=by):
                yield device

    @contextmanager
    def kept(self, *, by: User) -> Iterator[None]:
        """Within a transaction that holds the row, as `changing` does or whoever has just inserted it: at the end write
        the lines and save what changed."""
        self.company = by.company  # the same row, and already loaded
        self._lines = []
        before = self._stored()
        yield
        if any(getattr(self, name) != before[name] for name in self.KEYED_BY):
            self.refresh_keys()
        write_lines(self, self._lines, clock.now())  # type: ignore[arg-type]
        if changed := [name for name, value in self._stored().items() if value != before[name]]:
            self.save(update_fields=changed)

    def refresh_keys(self) -> None:
        """What the tables sort and search by follows what was changed (devices/models/sorting.py)."""
        raise NotImplementedError

    def _stored(self) -> dict[str, object]:
        return {field.attname: getattr(self, field.attname) for field in self._meta.concrete_fields}

    def record(
        self,
        kind: str,
        *,
        by: User,
        field: str = "",
        line: int | None = None,
        occurred_at: datetime | None = None,
        **names: object,
    ) -> None:
        """Put a line into the log; it is written when the change ends. `kind` is one of `wording.SENTENCES`; `names`
        are people, spaces, payors, devices or texts, by their role in the sentence; None is shown as "none". `line` is
        the number of an earlier line that it refers to; `occurred_at` a moment in the past, else it happens now."""
        self._lines.append(Line(kind, by, occurred_at or clock.now(), names, field, line))
