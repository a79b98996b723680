"""What an import did, or would do: numbers, what was refused and why, what the file holds that wasn't used."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

LONGEST_LIST = 200


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about one row: a reason to refuse it, or what was left as it is. `column` is the file's own header."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        words = {"line": self.line, "column": self.column, "reason": self.reason}
        if self.column:
            return _("Line %(line)d, %(column)s: %(reason)s") % words
        return _("Line %(line)d: %(reason)s") % words


@dataclass
class Report:
    """The outcome of one import, and of its dry run the same. `accepted` is false when rows were refused and nothing
    was stored for that; `refused` may hold two remarks on one row."""

    rows: int = 0
    dry_run: bool = False
    accepted: bool = False
    # Outcomes by kind of thing ("devices", "people", "spaces"): created, changed, unchanged, refused.
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    refused: list[Remark] = field(default_factory=list)
    left_alone: list[Remark] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    unused_columns: list[str] = field(default_factory=list)

    def count(self, kind: str, outcomes: Iterable[str]) -> None:
        """Add the things of one kind, by their outcomes."""
        self.counts[kind] = Counter(outcomes)

    def summary(self, kind: str) -> str:
        """What became of one kind of thing, in English, for the audit log."""
        return ", ".join(f"{self.counts[kind][outcome]} {outcome}" for outcome in ("created", "changed", "refused"))

    def lines(self) -> Iterator[str]:
        """The report in the reader's language, line by line."""
        if self.dry_run:
            yield _("Dry run: nothing is stored.")
        elif not self.accepted:
            yield _("Rows were refused, so nothing is stored. Without them it would be:")
        yield ngettext("%(count)d row read.", "%(count)d rows read.", self.rows) % {"count": self.rows}
        labels = {"devices": _("Devices"), "people": _("People"), "spaces": _("Spaces")}
        for kind, count in self.counts.items():
            numbers = {name: count[name] for name in ("created", "changed", "unchanged", "refused")}
            yield _(
                "%(kind)s: %(created)d created, %(changed)d changed, %(unchanged)d unchanged, %(refused)d refused."
            ) % {"kind": labels[kind], **numbers}
        yield from self.notices
        if self.unused_columns:
            columns = ", ".join(self.unused_columns)
            yield _("Columns not used: %(columns)s.") % {"columns": columns}
        yield from _listed(_("Left as it is in Velory:"), self.left_alone)
        yield from _listed(_("Refused:"), self.refused)


def _listed(title: str, remarks: list[Remark]) -> Iterator[str]:
    if not remarks:
        return
    yield title
    yield from (f"  {remark}" for remark in remarks[:LONGEST_LIST])
    if (more := len(remarks) - LONGEST_LIST) > 0:
        yield "  " + ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more}
