"""Where in a file something stands twice, however long the file is."""

from array import array
from bisect import bisect_left

# A power of two. To sort takes many times the memory of what is sorted, so that is done by parts.
PARTS = 256


class Twins:
    """Keys and the lines on which they stand. Sixteen bytes each: of a key only its hash is kept, which two of a
    million keys share once in forty million files."""

    def __init__(self) -> None:
        self._parts = [_Part() for _number in range(PARTS)]

    def add(self, key: str, line: int) -> None:
        wanted = hash(key)
        self._parts[wanted % PARTS].add(wanted, line)

    def other(self, key: str, line: int = 0) -> int | None:
        """A line with this key that is not `line`, the next one if there is one; None where there is none."""
        wanted = hash(key)
        others = self._parts[wanted % PARTS].others(wanted, line)
        return next((other for other in others if other > line), others[0] if others else None)


class _Part:
    """The keys whose hashes have the same last digits."""

    def __init__(self) -> None:
        self._hashes = array("q")
        self._lines = array("q")
        self._is_sorted = True

    def add(self, wanted: int, line: int) -> None:
        self._hashes.append(wanted)
        self._lines.append(line)
        self._is_sorted = False

    def others(self, wanted: int, line: int) -> list[int]:
        """Up to two lines with this hash, but `line`."""
        self._sort()
        place = bisect_left(self._hashes, wanted)
        others: list[int] = []
        while place < len(self._hashes) and self._hashes[place] == wanted and len(others) < 2:
            if self._lines[place] != line:
                others.append(self._lines[place])
            place += 1
        return others

    def _sort(self) -> None:
        if not self._is_sorted:
            order = sorted(range(len(self._hashes)), key=self._hashes.__getitem__)
            self._hashes = array("q", map(self._hashes.__getitem__, order))
            self._lines = array("q", map(self._lines.__getitem__, order))
            self._is_sorted = True
