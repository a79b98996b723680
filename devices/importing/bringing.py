"""One list on its way into one company: surveyed, planned some rows at a time, stored, and told of in a report.

What a list may be of is a subclass of Bringing each: devices (`of_devices`), and what other apps register with
`kind_of_list`.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, TypeVar

from django.utils.translation import gettext as _

from accounts.batches import batched
from accounts.importing.cells import shortened
from accounts.importing.columns import Columns
from accounts.importing.report import LABELS, Report
from accounts.models import Company, User
from accounts.spreadsheets import NotATable, Row, Table
from devices.models import Device, Import

from .choices import LEFT_OUT, Choices
from .survey import Survey

# Rows that are planned and stored at once: on SQLite others wait as long as this takes.
BATCH = 500
# A device that is there already takes statements of its own where somebody else gets it, and more where one of the step
# is refused. On SQLite others wait as long as a step takes, and not for longer than 20 seconds.
CHANGES = 100

T = TypeVar("T")


def portion(things: list[T], is_slow: Callable[[T], bool]) -> list[T]:
    """The first of these, as many as one step may take."""
    slow = 0
    for place, thing in enumerate(things):
        slow += is_slow(thing)
        if slow > CHANGES:
            return things[:place]
    return things


class Bringing(ABC):
    """Reads the table as often as it needs to; its memory does not grow with the rows, but for what names them."""

    # What the list is of, as the database, the report (which knows its words) and the audit log have it.
    kind: ClassVar[str]
    # The headers under which each field is known, and what the field is called where somebody chooses.
    aliases: ClassVar[Mapping[str, Sequence[str]]]
    labels: ClassVar[Mapping[str, Any]]
    # Fields whose empty cells may be chosen to empty the field.
    may_be_emptied: ClassVar[Sequence[str]] = ()
    # Lists that are known: the headers, as `header_key` has them, that tell each from all others.
    shapes: ClassVar[Mapping[str, set[str]]]
    # Velory's own list: its headers, and a row that shows what goes where.
    template: ClassVar[Mapping[str, str]]
    # Said of a file whose columns don't suffice, and of a choice of columns that doesn't.
    lacking: ClassVar[Any]
    choose: ClassVar[Any]
    # Said above the texts that stand in its column of statuses, of which somebody says what they mean.
    deciding: ClassVar[Any]
    # What else its rows name and may bring along, by kind, and the field of Imported that holds it.
    named: ClassVar[Mapping[str, str]] = {}
    # The address of the table that has a filter for what an import brought, and the words of the link to it.
    found_in: ClassVar[str]
    show: ClassVar[Any]
    # What undoing it does, line by line, for the confirmation window.
    undoing: ClassVar[Sequence[Any]]

    survey: Survey

    def __init__(self, table: Table, company: Company, choices: Choices) -> None:
        """Raises NotATable where no column could tell one thing from another."""
        self.table, self.company, self.choices = table, company, choices
        self.columns = Columns(table.headers, self.aliases, choices.fields)
        if not self.suffice(self.columns.chosen):
            raise NotATable(self.lacking % {"columns": shortened(", ".join(filter(None, table.headers)))})

    def look(self, tick: Callable[[], object] = lambda: None) -> None:
        """The first reading. `tick` is called now and then. Raises NotATable."""
        self.survey = self.surveyed(tick)
        if not self.survey.rows:
            raise NotATable(_("The file has headers, but no rows below them."))

    def batches(self, after: int = 0) -> Iterator[tuple[int, list[Any]]]:
        """The rows behind the first `after`, some at a time, each time with how many were read by then."""
        done = 0
        for rows in batched(self.table, BATCH):
            if done + len(rows) > after:
                yield done + len(rows), [self.read(row) for row in rows[max(after - done, 0) :]]
            done += len(rows)

    # What a kind says of itself

    @classmethod
    @abstractmethod
    def suffice(cls, fields: Sequence[str]) -> bool:
        """Whether columns of these fields can be a list of this kind."""

    @abstractmethod
    def surveyed(self, tick: Callable[[], object]) -> Survey:
        """Read the table once. Raises NotATable."""

    @abstractmethod
    def read(self, row: Row) -> Any:
        """The row, without a look at the database."""

    @abstractmethod
    def begin(self) -> None:
        """Read who and what is there already, as the database has it now."""

    @abstractmethod
    def plan(self, rows: Sequence[Any]) -> list[Any]:
        """What is to become of these rows: entries with `row`, `problems` and `outcome`. Changes nothing."""

    @abstractmethod
    def store(self, entries: Sequence[Any], *, by: User, batch: Import) -> None:
        """Carry out what was planned. An entry that can't be, as the register has changed since, is refused: it gets a
        problem. Belongs inside a transaction."""

    @abstractmethod
    def report(self) -> Report:
        """One in which nothing is counted yet."""

    @abstractmethod
    def tally(self, report: Report, entries: Sequence[Any]) -> None:
        """Add these entries to the report, as they were planned or stored."""

    def named_in(self, report: Report) -> dict[str, int]:
        """Of a rehearsal's report what `settle` will want to know."""
        return {kind: report.number(kind, "unchanged") for kind in self.named}

    def settle(self, report: Report, batch: Import) -> None:
        """Correct what an attempt miscounts that goes on behind another one: it does not know whom that has named."""
        for kind, field in self.named.items():
            report.counts[kind]["created"] = batch.things.exclude(**{field: None}).count()
            report.counts[kind]["unchanged"] = batch.findings["rehearsed"][kind]

    # The table in which somebody says what each text of the list means

    @property
    def status_header(self) -> str:
        """The list's own header of the column whose texts stand in it."""
        return self.columns.header("status")

    def left_out_by_status(self) -> Iterator[str]:
        """Says once which texts leave rows out, and how many."""
        texts = self.survey.statuses.items()
        if left_out := Counter({text: n for text, n in texts if self.meaning_of(text) == LEFT_OUT}):
            words = {"column": self.status_header, "statuses": numbers_of(left_out)}
            yield _("Rows that are not imported, by %(column)s: %(statuses)s.") % words

    def meaning_of(self, text: str) -> str:
        """What the text stands for, as it was decided, if that can be meant in this company, else as it is proposed; a
        blank for Active, as for every text where they aren't used."""
        if self.choices.statuses is None:
            return ""
        decided = self.choices.meanings.get(text.casefold())
        return decided if decided is not None and decided in self._offered else self.likely_meaning(text)

    @cached_property
    def _offered(self) -> set[str]:
        values = (value for value, _label in self.meanings(self.company))
        return {"" if value == Device.Status.ACTIVE else value for value in values}

    def meanings_found(self) -> dict[str, str]:
        """What each text of the survey stands for; what was decided of others stays for lists that have them."""
        found = {text: self.meaning_of(text) for text in self.survey.statuses}
        others = (self.choices.statuses or {}).items()
        return {text: meaning for text, meaning in others if text.casefold() not in self.survey.spellings} | found

    @abstractmethod
    def likely_meaning(self, text: str) -> str:
        """What the text stands for, as a proposal for somebody to look at."""

    @classmethod
    @abstractmethod
    def meanings(cls, company: Company) -> list[tuple[str, Any]]:
        """What a text may mean in this company; the first is meant where nothing else was said."""

    # On its page

    @staticmethod
    @abstractmethod
    def start_words(good: int, *, are_all: bool) -> str:
        """What the button says that stores so many, all of the list or those that aren't refused."""

    # Undoing

    @staticmethod
    @abstractmethod
    def in_the_way(batch: Import) -> tuple[list[Device], int]:
        """Devices for whose sake it can't be undone any more: the first ones, and how many there are."""

    @staticmethod
    @abstractmethod
    def left(batch: Import) -> int:
        """How many things there are to be taken back."""

    @staticmethod
    @abstractmethod
    def take_back(batch: Import, *, by: User, most: int) -> int:
        """Take some of them back, in the opposite order. Returns how many; 0 at the end. Belongs inside a
        transaction."""


def numbers_of(statuses: Counter[str]) -> str:
    return ", ".join(f"{shortened(status)} {count}" for status, count in statuses.most_common())


_kinds: dict[str, type[Bringing]] = {}


def kind_of_list(bringing: type[Bringing]) -> type[Bringing]:
    """Decorator: lists may be of this kind."""
    _kinds[bringing.kind] = bringing
    return bringing


def kinds() -> list[type[Bringing]]:
    """All that lists may be of, devices first."""
    return list(_kinds.values())


def kinds_in_words() -> list[tuple[str, Any]]:
    """Likewise, as choices."""
    return [(name, LABELS[name]) for name in _kinds]


def kind_named(name: str) -> type[Bringing]:
    return _kinds[name]
