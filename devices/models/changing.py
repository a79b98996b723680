"""The one way in which a device changes: its row locked, everything in one transaction, one save, its lines written."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import ClassVar, Self

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts import clock
from accounts.compiled import CompiledQuery
from accounts.models import User
from accounts.models.closable import Refused
from accounts.writing import update

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

    # Those of the change that is going on.
    lines: list[Line]

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
            device = self._locked().get(self.pk)
            if by.company_id != device.company_id:  # type: ignore[attr-defined]
                raise PermissionDenied
            device.require_revision(seen)
            with device.kept(by=by):
                yield device

    @classmethod
    @cache
    def _locked(cls) -> CompiledQuery[Self]:
        rows = cls._default_manager.select_for_update(no_key=True).order_by()
        return CompiledQuery(cls, lambda key: rows.filter(pk=key))

    def require_revision(self, seen: int | None) -> None:
        """Raises MoveRefused where it has been moved or assigned since somebody saw it."""
        if seen is not None and seen != self.revision:
            raise MoveRefused(
                _("%(device)s has changed since you opened the page: it is now %(status)s. Nothing was done.")
                % {"device": self, "status": self.get_status_display()}  # type: ignore[attr-defined]
            )

    @contextmanager
    def kept(self, *, by: User) -> Iterator[None]:
        """Within a transaction that holds the row, as `changing` does or whoever has just inserted it: at the end write
        the lines and save what changed."""
        before = self.begin_to_keep(by=by)
        yield
        self.refresh_keys_if_changed(before)
        write_lines(self, self.lines, clock.now())  # type: ignore[arg-type]
        if changed := self.changed_since(before):
            update(self, changed)

    # The parts of `kept`, for devices/models/many.py too

    def begin_to_keep(self, *, by: User) -> dict[str, object]:
        """No lines yet. Returns its columns as they are stored."""
        self.company = by.company  # the same row, and already loaded
        self.lines = []
        return self._stored()

    def refresh_keys_if_changed(self, before: Mapping[str, object]) -> None:
        if any(getattr(self, name) != before[name] for name in self.KEYED_BY):
            self.refresh_keys()

    def changed_since(self, before: Mapping[str, object]) -> list[str]:
        """The columns that are to be saved."""
        return [name for name, value in self._stored().items() if value != before[name]]

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
        self.lines.append(Line(kind, by, occurred_at or clock.now(), names, field, line))
