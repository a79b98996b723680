"""Which column of a file is which of our fields."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from accounts.text import LONGEST_COMPARED

from .cells import shortened

_NO_WORD = re.compile(r"[\W_]+")


def header_key(header: str) -> str:
    """A header as it is compared: letter case, punctuation and underscores don't matter."""
    return _NO_WORD.sub(" ", unicodedata.normalize("NFKC", header[:LONGEST_COMPARED]).casefold()).strip()


def guessed(headers: Sequence[str], aliases: Mapping[str, Sequence[str]]) -> list[str]:
    """The field of each column by its header, blank for none."""
    fields = {alias: field for field, names in aliases.items() for alias in names}
    return [fields.get(header_key(header), "") for header in headers]


class Columns:
    """The columns of one file by field. A field that two columns claim takes the first."""

    def __init__(
        self,
        headers: Sequence[str],
        aliases: Mapping[str, Sequence[str]],
        chosen: Sequence[str] | None = None,
    ) -> None:
        """`aliases` gives for each field the headers under which it is known, as `header_key` has them. `chosen` is the
        field of each column, blank for none, where somebody has said so."""
        self.headers = headers
        fields = list(chosen) if chosen is not None else guessed(headers, aliases)
        self._places: dict[str, int] = {}
        self.unused: list[str] = []
        for place, (header, field) in enumerate(zip(headers, fields, strict=True)):
            if field and field not in self._places:
                self._places[field] = place
            elif not header:
                self.unused.append(_("column %(number)d, without a header") % {"number": place + 1})
            elif field or header in headers[:place]:
                words = {"header": shortened(header), "number": place + 1}
                self.unused.append(_("%(header)s (again, column %(number)d)") % words)
            else:
                self.unused.append(shortened(header))

    @property
    def chosen(self) -> list[str]:
        """The field of each column, blank for those that are not used."""
        places = {place: field for field, place in self._places.items()}
        return [places.get(place, "") for place in range(len(self.headers))]

    def __contains__(self, field: str) -> bool:
        return field in self._places

    def header(self, *fields: str) -> str:
        """What messages call the column of the first of these fields that the file has: by the file's own header, or by
        its number where it has none."""
        place = next((self._places[field] for field in fields if field in self._places), None)
        if place is None:
            return ""
        return shortened(self.headers[place]) or _("column %(number)d") % {"number": place + 1}

    def own_header(self, field: str) -> str:
        """The field's header as it stands in the file, for what is stored: in no reader's language."""
        return self.headers[self._places[field]] if field in self._places else ""

    def cell(self, cells: Sequence[str], field: str) -> str:
        """The field's cell as it stands in the file; empty where there is no such column."""
        return cells[self._places[field]] if field in self._places else ""
