"""The event log: append-only lines in a chain, and the plates that carry the names in them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.keys import SameCompany, company_row
from accounts.models import Payor, Space, User
from accounts.models.chained import Chained, Plate, PlateKey
from accounts.writing import insert

from . import discretion
from .assignment import Assignment

if TYPE_CHECKING:
    from .device import Device


class Nameplate(Plate):
    """A name on a line of a device's log."""

    class Kind(models.TextChoices):
        USER = "user", _("user")
        SPACE = "space", _("space")
        PAYOR = "payor", _("payor")
        DEVICE = "device", _("device")
        TEXT = "text", _("text")

    company = models.ForeignKey("accounts.Company", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind)

    class Meta:
        verbose_name = _("nameplate")
        verbose_name_plural = _("nameplates")
        indexes = [models.Index(fields=["company", "kind", "reference"], name="nameplate_of")]
        constraints = [company_row("nameplate_company_row")]


class Line:
    """A line of the log before it is written: what happened, who did it, and the names in it."""

    def __init__(
        self,
        kind: str,
        by: User,
        occurred_at: datetime,
        names: Mapping[str, object],
        field: str,
        line: int | None = None,
        since: datetime | None = None,
    ) -> None:
        self.kind = kind
        self.by = by
        self.occurred_at = occurred_at
        self.names = names
        self.field = field
        self.line = line
        self.since = since


def _key_of(thing: object) -> PlateKey:
    """What a plate has to say to name this thing."""
    if isinstance(thing, str):
        return Nameplate.Kind.TEXT, None, thing
    if isinstance(thing, User):
        return Nameplate.Kind.USER, thing.pk, thing.full_name
    if isinstance(thing, Space):
        return Nameplate.Kind.SPACE, thing.pk, thing.name
    if isinstance(thing, Payor):
        return Nameplate.Kind.PAYOR, thing.pk, thing.name
    return Nameplate.Kind.DEVICE, thing.pk, thing.name  # type: ignore[attr-defined]


def write_lines(device: "Device", lines: Iterable[Line], recorded_at: datetime) -> None:
    """Append the lines to the device's log and move its chain's head, which the caller saves. The caller holds the
    device's row lock: two writers at once would give two lines the same place."""
    if lines := list(lines):
        events = _chained(device, lines, _plates_for(device.company_id, lines), recorded_at)
        if len(events) == 1:
            insert(events[0])
        else:
            Event.objects.bulk_create(events)


def lines_of_many(devices: "Sequence[tuple[Device, list[Line]]]", recorded_at: datetime) -> "list[Event]":
    """The lines of several devices of one company, to be stored; moves the heads, which the caller saves. It holds the
    rows' locks, unless the devices aren't stored yet."""
    plates = _plates_for(devices[0][0].company_id, [line for _device, lines in devices for line in lines])
    return [event for device, lines in devices for event in _chained(device, lines, plates, recorded_at)]


def _chained(
    device: "Device", lines: Iterable[Line], plates: Mapping[PlateKey, str], recorded_at: datetime
) -> "list[Event]":
    events = []
    for line in lines:
        details: dict[str, str | int | None] = {
            role: None if thing in (None, "") else plates[_key_of(thing)] for role, thing in line.names.items()
        }
        if line.field:
            details["field"] = line.field
        if line.line is not None:
            details["line"] = line.line
        if line.since is not None:
            details["since"] = line.since.astimezone(UTC).isoformat(timespec="microseconds")
        event = Event(
            company_id=device.company_id,
            device=device,
            sequence=device.log_sequence + 1,
            previous=device.log_digest,
            actor_id=plates[_key_of(line.by)],
            kind=line.kind,
            details=details,
            occurred_at=line.occurred_at,
            recorded_at=recorded_at,
        )
        event.digest = event.compute_digest(device.uuid.hex)
        device.log_sequence, device.log_digest = event.sequence, event.digest
        events.append(event)
    return events


def _plates_for(company_id: int, lines: list[Line]) -> dict[PlateKey, str]:
    """The key of a plate for each name in the lines."""
    wanted = {_key_of(line.by) for line in lines}
    wanted |= {_key_of(thing) for line in lines for thing in line.names.values() if thing not in (None, "")}
    return Nameplate.stored_for(company_id, wanted)


# Lines that name who got or gave up a device.
_NAMES_A_HOLDER = ("assigned", "assigned_repaired", "unassigned", "replacement_assigned")


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, user: User, device: "Device") -> Self:
        """A device's lines, as far as this person may read them. An admin reads all. An employee reads what happened
        while the device was theirs or away from them: not who else had it, and nothing of notes, costs and payors."""
        lines = self.filter(device=device, company_id=device.company_id).order_by("-sequence")
        if user.company_id != device.company_id:
            return lines.none()
        if user.is_admin:
            return lines
        # A time begins with a stay of theirs and ends with the next one of somebody else.
        stays = Assignment.objects.filter(device=device).order_by("started_at", "pk")
        begun = [(own, next(run).started_at) for own, run in groupby(stays, lambda stay: stay.user_id == user.pk)]
        theirs = models.Q(pk=None)
        for (own, start), (_own, end) in zip_longest(begun, begun[1:], fillvalue=(False, None)):
            if own:
                theirs |= models.Q(occurred_at__gte=start) & (models.Q(occurred_at__lt=end) if end else models.Q())
        plates = list(
            Nameplate.objects.filter(
                company_id=user.company_id, kind=Nameplate.Kind.USER, reference=user.pk
            ).values_list("pk", flat=True)
        )
        names_me = models.Q(details__holder__in=plates) | models.Q(details__user__in=plates)
        return (
            lines.filter(theirs, ~models.Q(kind__in=_NAMES_A_HOLDER) | names_me)
            .exclude(kind__in=discretion.LINES)
            .exclude(kind="field_changed", details__field__in=discretion.FIELDS)
        )

    def with_names(self) -> "list[Event]":
        """The events with every plate in them, in two queries."""
        events: list[Event] = list(self)
        keys = {event.actor_id for event in events}
        for event in events:
            keys |= event.plate_ids
        plates = {plate.pk: plate for plate in Nameplate.objects.filter(pk__in=keys)}
        for event in events:
            event.plates = plates
        return events


class Event(Chained, models.Model):
    """One line of a device's event log. Never changed, never deleted: the database refuses both."""

    # Undoing an import deletes what it made (devices/models/letting_go.py): the log itself says that an import made the
    # device, that import is being undone, and nothing was written since.
    LET_GO_BY = "device_id"
    LET_GO = """EXISTS (SELECT 1 FROM devices_imported m
        JOIN devices_import i ON i.id = m.batch_id AND i.company_id = m.company_id
        JOIN devices_device d ON d.id = m.device_id AND d.log_sequence = m.log_sequence
        WHERE m.device_id = OLD.device_id AND m.company_id = OLD.company_id AND m.is_new AND i.stage = 'undoing')
      AND (OLD.sequence = 1 AND OLD.kind IN {kinds} OR OLD.sequence > 1 AND EXISTS (SELECT 1 FROM devices_event e
        WHERE e.device_id = OLD.device_id AND e.sequence = 1 AND e.kind IN {kinds}))""".format(
        kinds="('imported', 'imported_in_repair', 'imported_needs_repair')"
    )

    company = models.ForeignKey(
        "accounts.Company", on_delete=models.PROTECT, related_name="+", verbose_name=_("company")
    )
    device = models.ForeignKey(
        "devices.Device", on_delete=models.PROTECT, related_name="events", verbose_name=_("device")
    )
    sequence = models.PositiveIntegerField(_("sequence"))
    previous = models.CharField(_("previous digest"), max_length=64, blank=True)
    digest = models.CharField(_("digest"), max_length=64)
    actor = models.ForeignKey(Nameplate, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    details = models.JSONField(default=dict)
    occurred_at = models.DateTimeField(_("occurred at"))
    recorded_at = models.DateTimeField(_("recorded at"))

    objects = EventQuerySet.as_manager()

    # The plates by key; `EventQuerySet.with_names` fills it.
    plates: Mapping[str, Nameplate]
    # The numbers of the lines that have corrected this one; `mark_corrected` fills it.
    corrected_by: list[int]

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["device", "-sequence"]
        constraints = [
            SameCompany(field="device", name="event_device_same_company"),
            SameCompany(field="actor", name="event_actor_same_company"),
            models.UniqueConstraint(fields=["device", "sequence"], name="event_sequence_once"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind}"

    @property
    def is_late(self) -> bool:
        """Whether it was recorded more than a minute after it happened."""
        return self.recorded_at - self.occurred_at > timedelta(minutes=1)

    @property
    def sentence(self) -> str:
        """The line in the reader's language. Only on events of `with_names()`."""
        from devices.wording import sentence

        return sentence(self)
