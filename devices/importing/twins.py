"""Where in a file something stands twice, however long the file is."""

from array import array
from bisect import bisect_left


class Twins:
    """Keys and the lines on which they stand. Sixteen bytes each: of a key only its hash is kept, which two of a
    million keys share once in forty million files."""

    def __init__(self) -> None:
        self._hashes = array("q")
        self._lines = array("q")
        self._is_sorted = True

    def add(self, key: str, line: int) -> None:
        self._hashes.append(hash(key))
        self._lines.append(line)
        self._is_sorted = False

    def other(self, key: str, line: int = 0) -> int | None:
        """A line with this key that is not `line`, the next one if there is one; None where there is none."""
        self._sort()
        wanted = hash(key)
        place = bisect_left(self._hashes, wanted)
        others = []
        while place < len(self._hashes) and self._hashes[place] == wanted:
            if self._lines[place] != line:
                others.append(self._lines[place])
            place += 1
            if len(others) > 1:
                break
        return next((other for other in others if other > line), others[0] if others else None)

    def _sort(self) -> None:
        if not self._is_sorted:
            order = sorted(range(len(self._hashes)), key=self._hashes.__getitem__)
            self._hashes = array("q", (self._hashes[place] for place in order))
            self._lines = array("q", (self._lines[place] for place in order))
            self._is_sorted = True
