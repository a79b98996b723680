"""What an import did, or would do: numbers, what was refused and why, what the file holds that wasn't used.

Its size doesn't grow with the file: lists are cut, and say how many there were.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

LONGEST_LIST = 200
# What each kind of thing is called.
LABELS = {
    "devices": gettext_lazy("Devices"),
    "people": gettext_lazy("People"),
    "spaces": gettext_lazy("Spaces"),
    "repairs": gettext_lazy("Past repairs"),
}
OUTCOMES = ("created", "changed", "unchanged", "refused")


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
class Remarks:
    """The first few remarks, and how many there are."""

    first: list[Remark] = field(default_factory=list)
    count: int = 0

    def add(self, remarks: Iterable[Remark]) -> None:
        for remark in remarks:
            self.count += 1
            if len(self.first) < LONGEST_LIST:
                self.first.append(remark)

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.first)

    def as_json(self) -> dict[str, Any]:
        return {"first": [[one.line, one.column, one.reason] for one in self.first], "count": self.count}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Remarks":
        return cls([Remark(*one) for one in data["first"]], data["count"])


@dataclass
class Report:
    """The outcome of one import, and of its dry run the same. `accepted` is false when rows were refused and nothing
    was stored for that; `refused` may hold two remarks on one row."""

    rows: int = 0
    dry_run: bool = False
    accepted: bool = False
    # Outcomes by kind of thing ("devices", "people", "spaces"): created, changed, unchanged, refused, left out.
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    refused: Remarks = field(default_factory=Remarks)
    left_alone: Remarks = field(default_factory=Remarks)
    # What is to be said of the list as a whole.
    notices: list[str] = field(default_factory=list)
    # New devices that the list does not name.
    nameless: int = 0
    unused_columns: list[str] = field(default_factory=list)
    # What changes: the line, what it is called, the field, what is and what is to be.
    changes: list[list[str]] = field(default_factory=list)
    # How many changes there are besides, which are not shown.
    more_changes: int = 0

    def count(self, kind: str, outcomes: Iterable[str]) -> None:
        """Add things of one kind, by their outcomes."""
        self.counts.setdefault(kind, Counter()).update(outcomes)

    def number(self, kind: str, outcome: str) -> int:
        """How many things of the kind came to this."""
        return self.counts.get(kind, Counter())[outcome]

    def change(self, line: int, what: str, field: str, before: str, after: str) -> None:
        """Note a change: of too many how many they are."""
        if len(self.changes) < LONGEST_LIST:
            self.changes.append([str(line), what, field, before, after])
        else:
            self.more_changes += 1

    def may_be_stored(self, kind: str, *, skip_bad: bool) -> bool:
        """Whether nothing of the kind was refused; or something was good, where the bad may be left out."""
        bad = self.number(kind, "refused")
        return not bad or (skip_bad and bad < sum(self.counts[kind].values()))

    @property
    def told_once(self) -> list[str]:
        """The notices, and how many devices are called by something else than a name."""
        if not self.nameless:
            return self.notices
        words = ngettext(
            "%(count)d new device has no name in the list. It is called by its model, else by its number.",
            "%(count)d new devices have no name in the list. They are called by their models, else by their numbers.",
            self.nameless,
        )
        return [*self.notices, words % {"count": self.nameless}]

    def summary(self, kind: str) -> str:
        """What became of one kind of thing, in English, for the audit log."""
        return ", ".join(f"{self.number(kind, outcome)} {outcome}" for outcome in ("created", "changed", "refused"))

    def lines(self) -> Iterator[str]:
        """The report in the reader's language, line by line."""
        if self.dry_run:
            yield _("Dry run: nothing is stored.")
        elif not self.accepted:
            yield _("Rows were refused, so nothing is stored. Without them it would be:")
        yield ngettext("%(count)d row read.", "%(count)d rows read.", self.rows) % {"count": self.rows}
        for kind, count in self.counts.items():
            numbers = {name: count[name] for name in OUTCOMES}
            yield _(
                "%(kind)s: %(created)d created, %(changed)d changed, %(unchanged)d unchanged, %(refused)d refused."
            ) % {"kind": LABELS[kind], **numbers}
        yield from self.told_once
        if self.unused_columns:
            columns = ", ".join(self.unused_columns)
            yield _("Columns not used: %(columns)s.") % {"columns": columns}
        yield from _listed(_("Left as it is in Velory:"), self.left_alone)
        yield from _listed(_("Refused:"), self.refused)

    def numbers_alone(self) -> "Report":
        """What of it quotes nothing of the list."""
        return Report(rows=self.rows, counts=self.counts, nameless=self.nameless)

    # Kept between two steps of an import, and for its page

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "counts": self.counts,
            "refused": self.refused.as_json(),
            "left_alone": self.left_alone.as_json(),
            "notices": self.notices,
            "nameless": self.nameless,
            "unused_columns": self.unused_columns,
            "changes": self.changes,
            "more_changes": self.more_changes,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Report":
        """The report of `as_json`."""
        counts = {kind: Counter(numbers) for kind, numbers in data["counts"].items()}
        plain = ("rows", "notices", "nameless", "unused_columns", "changes", "more_changes")
        # One that an earlier version has kept lacks what it did not know.
        fields: dict[str, Any] = {name: data[name] for name in plain if name in data}
        fields |= {name: Remarks.from_json(data[name]) for name in ("refused", "left_alone")}
        return cls(counts=counts, **fields)


def _listed(title: str, remarks: Remarks) -> Iterator[str]:
    if not remarks.count:
        return
    yield title
    yield from (f"  {remark}" for remark in remarks.first)
    if remarks.more:
        yield "  " + ngettext("and %(count)d more", "and %(count)d more", remarks.more) % {"count": remarks.more}
