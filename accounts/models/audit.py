"""The company's audit log: what isn't about a device. Append-only lines in a chain, as the event logs are."""

import uuid
from collections.abc import Mapping
from typing import Self

from django.db import models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.keys import SameCompany, company_row
from accounts.text import CONSOLE

from .chained import Chained, Plate, PlateKey
from .company import Company
from .payor import Payor
from .space import Space
from .user import User

# What an actor who is of no company is of.
SUPPORT = "Velory Support"


class AuditPlate(Plate):
    """A name on a line of the audit log."""

    class Kind(models.TextChoices):
        USER = "user", _("user")
        SPACE = "space", _("space")
        PAYOR = "payor", _("payor")
        TEXT = "text", _("text")

    company = models.ForeignKey("accounts.Company", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind)

    class Meta:
        verbose_name = _("audit nameplate")
        verbose_name_plural = _("audit nameplates")
        indexes = [models.Index(fields=["company", "kind", "reference"], name="audit_plate_of")]
        constraints = [company_row("audit_plate_company_row")]

    @classmethod
    def key_of(cls, thing: object) -> PlateKey:
        """What a plate has to say to name this person, space, payor or text."""
        if isinstance(thing, User):
            return cls.Kind.USER, thing.pk, thing.full_name
        if isinstance(thing, Space):
            return cls.Kind.SPACE, thing.pk, thing.name
        if isinstance(thing, Payor):
            return cls.Kind.PAYOR, thing.pk, thing.name
        return cls.Kind.TEXT, None, str(thing)

    @classmethod
    def keys_of(cls, person: User) -> list[str]:
        """Every plate of this person: each has a name that they have had."""
        plates = cls._default_manager.filter(company=person.company, kind=cls.Kind.USER, reference=person.pk)
        return list(plates.values_list("pk", flat=True))


class AuditChain(models.Model):
    """The head of a company's audit log. A row of its own: whoever saves a company doesn't touch it."""

    company = models.OneToOneField("accounts.Company", on_delete=models.PROTECT, related_name="audit_chain")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    log_sequence = models.PositiveIntegerField(default=0)
    log_digest = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        verbose_name = _("head of an audit log")
        verbose_name_plural = _("heads of audit logs")

    def __str__(self) -> str:
        return f"{self.company_id}: {self.log_sequence}"


def give_names(lines: "list[AuditLine]") -> "list[AuditLine]":
    """Put every plate into these lines, in one query."""
    keys = {key for line in lines for key in (line.actor_id, *line.plate_ids)}
    plates = {plate.pk: plate for plate in AuditPlate.objects.filter(pk__in=keys)}
    for line in lines:
        line.plates = plates
    return lines


class AuditQuerySet(models.QuerySet["AuditLine"]):
    def visible_to(self, user: User) -> Self:
        """The company's lines for its admins, the newest first; nobody else reads them."""
        lines = self.filter(company_id=user.company_id, company__isnull=False).order_by("-sequence")
        return lines if user.is_admin else lines.none()

    def about(self, person: User) -> Self:
        """Lines that this person wrote or whose subject they are."""
        keys = AuditPlate.keys_of(person)
        return self.filter(models.Q(actor__in=keys) | models.Q(details__person__in=keys))

    def telling_of(self, person: User) -> Self:
        """Lines whose subject they are, whoever wrote them."""
        return self.filter(details__person__in=AuditPlate.keys_of(person))

    def with_names(self) -> "list[AuditLine]":
        """The lines with every plate in them, in two queries."""
        return give_names(list(self))


class AuditLine(Chained, models.Model):
    """One line of a company's audit log. Never changed, never deleted: the database refuses both."""

    company = models.ForeignKey("accounts.Company", on_delete=models.PROTECT, related_name="audit_lines")
    sequence = models.PositiveIntegerField(_("sequence"))
    previous = models.CharField(_("previous digest"), max_length=64, blank=True)
    digest = models.CharField(_("digest"), max_length=64)
    actor = models.ForeignKey(AuditPlate, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    details = models.JSONField(default=dict)
    occurred_at = models.DateTimeField(_("occurred at"))
    recorded_at = models.DateTimeField(_("recorded at"))

    objects = AuditQuerySet.as_manager()

    # The plates by key; `AuditQuerySet.with_names` fills it.
    plates: Mapping[str, AuditPlate]

    class Meta:
        verbose_name = _("audit line")
        verbose_name_plural = _("audit lines")
        ordering = ["company", "-sequence"]
        constraints = [
            SameCompany(field="actor", name="audit_line_actor_same_company"),
            models.UniqueConstraint(fields=["company", "sequence"], name="audit_line_sequence_once"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind}"

    @property
    def actor_shown(self) -> str:
        """Who did it, in the reader's language. What is no person is the console."""
        actor = self.plates[self.actor_id]
        return gettext("Velory’s console") if actor.kind == AuditPlate.Kind.TEXT else actor.shown

    @property
    def sentence(self) -> str:
        """The line in the reader's language. Only on lines of `with_names()`."""
        from accounts.wording import sentence

        return sentence(self)


def record(company_id: int | None, kind: str, *, by: User | None, field: str = "", **names: object) -> None:
    """Append a line to the company's audit log: `kind` is one of `wording.SENTENCES`, `names` are people, spaces,
    payors or texts by their role in the sentence, None where there is none. Who has no company has no log. Of Velory
    Support the line says so, as the company does not know them. `by` is None for whoever runs the server, at its
    console.

    It takes the lock of the company's row to the end of the transaction. So it stands at the end of an act, after the
    rows that the act itself locks, people above all: two acts then wait for each other and never for ever. And nothing
    slow follows it: everybody else of the company waits.
    """
    from accounts.scope import company_scope

    if company_id is None:
        return
    if by is not None and by.is_staff:
        names["of"] = SUPPORT
    with transaction.atomic(), company_scope(company_id):
        Company.objects.select_for_update(no_key=True).get(pk=company_id)
        chain, _made = AuditChain.objects.get_or_create(company_id=company_id)
        _append(chain, kind, by, field, names)


def _append(chain: AuditChain, kind: str, by: User | None, field: str, names: Mapping[str, object]) -> None:
    named = {role: None if thing in (None, "") else AuditPlate.key_of(thing) for role, thing in names.items()}
    actor = AuditPlate.key_of(by or CONSOLE)
    plates = AuditPlate.stored_for(chain.company_id, {actor, *filter(None, named.values())})
    details = {role: plates[key] if key else None for role, key in named.items()}
    if field:
        details["field"] = field
    now = clock.now()
    line = AuditLine(
        company_id=chain.company_id,
        sequence=chain.log_sequence + 1,
        previous=chain.log_digest,
        actor_id=plates[actor],
        kind=kind,
        details=details,
        occurred_at=now,
        recorded_at=now,
    )
    line.digest = line.compute_digest(chain.uuid.hex)
    line.save(force_insert=True)
    chain.log_sequence, chain.log_digest = line.sequence, line.digest
    chain.save(update_fields=["log_sequence", "log_digest"])
