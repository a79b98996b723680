"""Does a log prove itself? Each line beside the one before, the head that is kept apart, and the names on it.

Lines are read as a stream and forgotten again, so memory does not grow with the log. docs/event-log.md describes the
chain for those who check it without Velory.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from .batches import batched
from .models import AuditChain, AuditLine, AuditPlate, Company

CHUNK = 1000


WORDS = {
    "missing": _("line %(line)d of the log is missing"),
    "does not follow": _("line %(line)d of the log does not follow the one before"),
    "changed": _("line %(line)d of the log has been changed"),
    "no plate": _("line %(line)d of the log names a plate that is not there"),
    "another name": _("line %(line)d of the log holds a name that is not the one that was sealed"),
    "tail": _("the log ends with line %(line)d, its head says %(head)d"),
    "another head": _("line %(line)d, the last of the log, is not the one that its head names"),
}


class Fault(NamedTuple):
    """What is wrong with a line: its number, a key of `WORDS`, and the number of the last one by the head."""

    line: int
    kind: str
    head: int = 0

    def __str__(self) -> str:
        return str(WORDS[self.kind]) % self._asdict()


class Chain:
    """The walk along one log: `follow` each line from the first on, then `end` it at the head."""

    def __init__(self, log_uuid: str) -> None:
        self.log_uuid = log_uuid
        self.sequence, self.digest = 0, ""

    def follow(self, event: Any) -> Iterator[Fault]:
        """What is wrong with the next line. It comes from `with_plates`."""
        if event.sequence != self.sequence + 1:
            yield Fault(self.sequence + 1, "missing")
        elif event.previous != self.digest:
            yield Fault(event.sequence, "does not follow")
        if event.digest != event.compute_digest(self.log_uuid):
            yield Fault(event.sequence, "changed")
        plates = [event.plates.get(key) for key in (event.actor_id, *sorted(event.plate_ids))]
        if None in plates:
            yield Fault(event.sequence, "no plate")
        if not all(plate.is_whole for plate in plates if plate is not None):
            yield Fault(event.sequence, "another name")
        self.sequence, self.digest = event.sequence, event.digest

    def end(self, sequence: int, digest: str) -> Iterator[Fault]:
        """What is wrong with the end: `sequence` and `digest` are the head, kept apart from the lines. Every log begins
        with a line, so none has none."""
        if self.sequence == sequence == 0:
            yield Fault(1, "missing")
        elif self.sequence != sequence:
            yield Fault(self.sequence, "tail", sequence)
        elif self.digest != digest:
            yield Fault(self.sequence, "another head")


def with_plates(events: Iterable[Any], plates_of: type[Any], company_id: int) -> Iterator[Any]:
    """The lines of a log, each with the plates that it names: one query for a thousand lines."""
    for some in batched(events, CHUNK):
        keys = {key for event in some for key in (event.actor_id, *event.plate_ids)}
        plates = plates_of._default_manager.filter(company_id=company_id).in_bulk(keys)
        for event in some:
            event.plates = plates
            yield event


class AuditWalk:
    """The audit log of a company, within one snapshot. `lines` counts what was read."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.lines = 0

    def first_fault(self) -> Fault | None:
        """The first broken line, or None: it is intact."""
        return next(self._faults(), None)

    def _faults(self) -> Iterator[Fault]:
        head = AuditChain.objects.filter(company=self.company).first()
        if head is None:
            if AuditLine.objects.filter(company=self.company).exists():
                yield Fault(0, "tail")
            return
        walk, end = Chain(head.uuid.hex), (head.log_sequence, head.log_digest)
        for line in audit_lines_with_head(self.company):
            self.lines += 1
            end = line.head_sequence, line.head_digest
            yield from walk.follow(line)
        yield from walk.end(*end)


def audit_lines_with_head(company: Company) -> Iterator[Any]:
    """A company's audit lines from the first on, each with its plates and with the head as `head_sequence` and
    `head_digest`. One statement reads both, so whoever writes a line meanwhile does not break what is read."""
    lines = AuditLine.objects.filter(company=company).order_by("sequence")
    head = F("company__audit_chain__log_sequence"), F("company__audit_chain__log_digest")
    lines = lines.annotate(head_sequence=head[0], head_digest=head[1])
    return with_plates(lines.iterator(chunk_size=CHUNK), AuditPlate, company.pk)
