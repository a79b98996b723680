"""What every log is made of: plates that carry the names, and lines in a chain. docs/event-log.md has both in full.

The logs of devices and the audit log of a company each have tables of their own for them.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Self

from django.db import connections, models, router
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from .payor import Payor

# kind, reference, name: what a plate has to say to name a thing.
PlateKey = tuple[str, int | None, str]

# What in a line's details is no plate.
PLAIN = ("field", "line", "since")


class Plate(models.Model):
    """A name as it stood on a line of a log. Its key is a salted commitment to the name: the chain holds the key, so
    the name can be erased (name and salt blanked) and the chain still holds."""

    # A plain number, not a key: the plate outlives what it names.
    reference = models.BigIntegerField(null=True)
    id = models.CharField(primary_key=True, max_length=64)
    name = models.TextField(blank=True)
    salt = models.CharField(max_length=32, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def seal(salt: str, name: str) -> str:
        """The key of a plate: SHA-256 over salt, NUL and name, in hex."""
        return hashlib.sha256(f"{salt}\0{name}".encode()).hexdigest()

    @classmethod
    def engrave(cls, company_id: int, kind: str, reference: int | None, name: str) -> Self:
        """A new plate, not stored yet."""
        salt = secrets.token_hex(16)
        fields: dict[str, Any] = {"company_id": company_id, "kind": kind, "reference": reference}
        return cls(id=cls.seal(salt, name), name=name, salt=salt, **fields)

    @classmethod
    def stored_for(cls, company_id: int, wanted: set[PlateKey]) -> dict[PlateKey, str]:
        """The key of a plate for each of these, stored: those that stand already, and new ones. A text always gets a
        new one."""
        plates = cls._standing(company_id, wanted)
        new = {key: cls.engrave(company_id, *key) for key in wanted - plates.keys()}
        cls._default_manager.bulk_create(new.values())
        return plates | {key: plate.pk for key, plate in new.items()}

    @classmethod
    def _standing(cls, company_id: int, wanted: set[PlateKey]) -> dict[PlateKey, str]:
        """By hand, since it is asked for by every line, and Django takes longer to write this than to have it answered.
        The company stands in it (accounts/planning.py)."""
        references: dict[str, list[int]] = {}
        for kind, reference, _name in wanted:
            if reference is not None:
                references.setdefault(kind, []).append(reference)
        if not references:
            return {}
        which = " OR ".join(
            f"(kind = %s AND reference IN ({', '.join(['%s'] * len(those))}))" for those in references.values()
        )
        connection = connections[router.db_for_write(cls)]
        adapted = connection.ops.adapt_integerfield_value  # of one type, so that one statement is prepared
        parameters: list[Any] = []
        for kind, those in references.items():
            parameters += [kind, *(adapted(one, "BigIntegerField") for one in those)]
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT kind, reference, name, id FROM {cls._meta.db_table} "
                f"WHERE company_id = {int(company_id)} AND salt <> '' AND ({which})",
                parameters,
            )
            return {(kind, reference, name): key for kind, reference, name, key in cursor}

    @property
    def is_whole(self) -> bool:
        """The name is the one that was sealed, or it was erased together with its salt."""
        return self.pk == self.seal(self.salt, self.name) if self.salt else not self.name

    @property
    def shown(self) -> str:
        """The name in the reader's language, or that it was erased."""
        kind = self.kind  # type: ignore[attr-defined]
        if not self.salt:
            return pgettext("a text", "(erased)") if kind == "text" else str(_("(erased)"))
        return Payor.label(self.name) if kind == "payor" else self.name


class Chained:
    """A line of a log, whatever the log is of."""

    # When a line may be deleted although its company is there, as a condition in SQL on OLD; never, where it is blank.
    LET_GO = ""
    # The column by whose values they are.
    LET_GO_BY = ""

    sequence: Any
    previous: Any
    actor_id: Any
    kind: Any
    details: Any
    occurred_at: Any
    recorded_at: Any

    def canonical(self, log_uuid: str) -> str:
        """The line as it is hashed: a JSON list of strings and integers, without blanks, times in UTC to the
        microsecond. The log goes in by a uuid, which an export and import keep."""
        times: Iterable[datetime] = (self.occurred_at, self.recorded_at)
        line = [
            self.previous,
            log_uuid,
            self.sequence,
            self.actor_id,
            self.kind,
            self.details,
            *(moment.astimezone(UTC).isoformat(timespec="microseconds") for moment in times),
        ]
        return json.dumps(line, ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    def compute_digest(self, log_uuid: str) -> str:
        """SHA-256 in hex over the canonical line in UTF-8."""
        return hashlib.sha256(self.canonical(log_uuid).encode()).hexdigest()

    @property
    def plate_ids(self) -> set[str]:
        """The plates that the details refer to; as far as they can be read, where somebody has tampered with them."""
        details = self.details if isinstance(self.details, dict) else {}
        return {key for role, key in details.items() if role not in PLAIN and isinstance(key, str) and key}
