"""A first reading of the whole file, before anything is planned: what stands in it twice, and what somebody has to
decide."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.importing import cells
from accounts.importing.columns import Columns
from accounts.spreadsheets import Table

from .rows import RowReader
from .twins import Twins
from .values import DateOrder, given_away, has_to_be_ordered

# How often a long reading says where it is, in rows.
TICK = 5000
DATES = ("purchase_date", "warranty_end", "renewal_date", "status_since")
# Dates of which somebody has to say how they are meant: so many are shown.
DATE_EXAMPLES = 5
# So many of a list's categories are compared with the company's.
MOST_CATEGORIES = 100
# Somebody is asked what so many texts in the column of statuses mean; further ones are undecided.
MOST_STATUSES = 50


@dataclass
class Survey:
    """What the first reading found: how many rows, and what somebody has to say how it is meant."""

    rows: int = 0
    # By their texts, as they are spelt first; and these by how they are compared.
    statuses: Counter[str] = field(default_factory=Counter)
    spellings: dict[str, str] = field(default_factory=dict)
    dates: list[str] = field(default_factory=list)
    date_order: DateOrder | None = None  # as one of the dates gives it away

    def note(self, status: str, dates: Iterable[str]) -> None:
        """Look at a row's status and dates."""
        status = cells.line(status)
        known = status.casefold()
        if status and (known in self.spellings or len(self.spellings) < MOST_STATUSES):
            self.statuses[self.spellings.setdefault(known, status)] += 1
        if len(self.dates) < DATE_EXAMPLES or self.date_order is None:
            for date in filter(has_to_be_ordered, dates):
                self._note_date(date)

    def _note_date(self, date: str) -> None:
        """Keep it as an example: the first ones, and one that gives the order away."""
        example = cells.shortened(cells.line(date))
        if self.date_order is None and (order := given_away(date)):
            self.date_order = order
            self.dates[DATE_EXAMPLES - 1 :] = [example]
        elif len(self.dates) < DATE_EXAMPLES and example not in self.dates:
            self.dates.append(example)


def undecided(text: str) -> str:
    """Why a row can't be taken whose status nobody was asked about."""
    return _(
        "It was not decided what “%(text)s” means, as the column has more than %(count)d different texts. "
        "Use fewer of them, or leave the column out."
    ) % {"text": cells.shortened(text), "count": MOST_STATUSES}


@dataclass
class DeviceSurvey(Survey):
    """And which device stands in it twice."""

    serials: Twins = field(default_factory=Twins)
    tags: Twins = field(default_factory=Twins)
    # Of the rows without a serial number.
    tags_alone: Twins = field(default_factory=Twins)
    uuids: Twins = field(default_factory=Twins)
    # As they are spelt.
    categories: Counter[str] = field(default_factory=Counter)
    # By column: how many of its numbers have so many digits, where they are digits alone.
    digits: dict[str, Counter[int]] = field(default_factory=dict)

    def notices(self, columns: Columns) -> Iterator[str]:
        """What looks as if a spreadsheet had taken zeros away: flagged, not guessed."""
        for name, lengths in self.digits.items():
            if not lengths:
                continue
            usual, count = lengths.most_common(1)[0]
            short = sum(number for length, number in lengths.items() if usual - 3 < length < usual)
            if short and count > 9 * short:
                yield ngettext(
                    "%(column)s: %(count)d number is shorter than the %(usual)d digits of the others. "
                    "Has a spreadsheet taken zeros away?",
                    "%(column)s: %(count)d numbers are shorter than the %(usual)d digits of the others. "
                    "Has a spreadsheet taken zeros away?",
                    short,
                ) % {"column": columns.header(name), "count": short, "usual": usual}


def survey(
    table: Table,
    columns: Columns,
    reader: RowReader,
    tick: Callable[[], object],
    is_left_out: Callable[[str], bool],
) -> DeviceSurvey:
    """Read the table once. `tick` is called now and then. A row with a status that is left out is
    nobody's twin. Raises NotATable."""
    found = DeviceSurvey(digits={name: Counter() for name in ("serial_number", "asset_tag", "imei") if name in columns})
    dates = [name for name in DATES if name in columns]
    for row in table:
        found.rows += 1
        if found.rows % TICK == 0:
            tick()
        if row.problem:
            continue
        status = columns.cell(row.cells, "status")
        found.note(status, (columns.cell(row.cells, name) for name in dates))
        if is_left_out(cells.line(status)):
            continue
        category = cells.line(columns.cell(row.cells, "category"))
        if category and (category in found.categories or len(found.categories) < MOST_CATEGORIES):
            found.categories[category] += 1
        serial, tag = reader.key(row, "serial_number"), reader.key(row, "asset_tag")
        if serial:
            found.serials.add(serial, row.line)
        if tag:
            found.tags.add(tag, row.line)
            if not serial:
                found.tags_alone.add(tag, row.line)
        if uuid := reader.uuid(row):
            found.uuids.add(uuid.hex, row.line)
        for name, lengths in found.digits.items():
            number = columns.cell(row.cells, name).strip()
            if number.isdecimal():
                lengths[len(number)] += 1
    return found
