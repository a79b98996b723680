"""Where in a file something stands twice, however long the file is."""

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress

# A power of two. To sort takes many times the memory of what is sorted, so that is done by parts.
PARTS = 256
# So many keys of a part are looked through one by one before it is sorted again.
MOST_UNORDERED = 500


class Twins:
    """Keys and the lines on which they stand. Sixteen bytes each: of a key only its hash is kept, which two of a
    million keys share once in forty million files."""

    def __init__(self) -> None:
        self._parts: defaultdict[int, _Part] = defaultdict(_Part)

    def add(self, key: str, line: int) -> None:
        wanted = hash(key)
        self._parts[wanted % PARTS].add(wanted, line)

    def other(self, key: str, line: int | None = None) -> int | None:
        """The first line with this key that is not `line`; None where there is none."""
        wanted = hash(key)
        return self._parts[wanted % PARTS].first(wanted, but=line)

    def first(self, key: str, line: int) -> int:
        """The line with which this key was asked for first: `line`, where it never was."""
        wanted = hash(key)
        part = self._parts[wanted % PARTS]
        first = part.first(wanted)
        if first is None:
            part.add(wanted, line)
        return first or line


class _Part:
    """The keys whose hashes have the same last digits: in order but for the latest ones."""

    def __init__(self) -> None:
        self._hashes = array("q")
        self._lines = array("q")
        self._in_order = 0

    def add(self, wanted: int, line: int) -> None:
        self._hashes.append(wanted)
        self._lines.append(line)

    def first(self, wanted: int, but: int | None = None) -> int | None:
        """The line that came first with this hash, but for one."""
        if len(self._hashes) - self._in_order > MOST_UNORDERED:
            self._sort()
        return next((line for place in self._places(wanted) if (line := self._lines[place]) != but), None)

    def _places(self, wanted: int) -> Iterator[int]:
        place = bisect_left(self._hashes, wanted, hi=self._in_order)
        while place < self._in_order and self._hashes[place] == wanted:
            yield place
            place += 1
        place = self._in_order
        with suppress(ValueError):
            while True:
                place = self._hashes.index(wanted, place)
                yield place
                place += 1

    def _sort(self) -> None:
        order = sorted(range(len(self._hashes)), key=self._hashes.__getitem__)
        self._hashes = array("q", map(self._hashes.__getitem__, order))
        self._lines = array("q", map(self._lines.__getitem__, order))
        self._in_order = len(self._hashes)
