"""How a word may be written that somebody mistyped: what of it stands as it was typed, whatever the slip.

An index of trigrams then has the few texts in which it may stand, however many others there are.
"""

from collections.abc import Iterator
from typing import NamedTuple

# Of a longer word, what is left beside the slip tells enough: it need not be known which slip it was.
SHORT = 6
# How much of a longer word is taken out at once. Each two letters beside each other, which may have changed places, lie
# in one of the pieces.
PIECE = 3
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class Way(NamedTuple):
    """How a word may be written: what it begins and ends with, and so many letters in between that nobody knows; None
    where it isn't known how many."""

    before: str
    unknown: int | None
    after: str


def ways(word: str) -> Iterator[Way]:
    """The ways to write a word that was typed with one slip: a letter that is wrong, missing or too many, or two that
    have changed places."""
    if len(word) > SHORT:
        for start in range(0, len(word) - 1, PIECE - 1):
            yield Way(word[:start], None, word[start + PIECE :])
        return
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        yield Way(before, 1, after)
        if after:
            yield Way(before, 1, after[1:])
            yield Way(before, 0, after[1:])
        if len(after) > 1:
            yield Way(before + after[1] + after[0], 0, after[2:])


def keys(number: str) -> set[str]:
    """All numbers that this one may be, typed with one slip, as `identifier_key` writes them: some hundreds."""
    found = set()
    for place in range(len(number) + 1):
        before, after = number[:place], number[place:]
        found |= {before + letter + rest for letter in _LETTERS for rest in (after, after[1:])}
        found |= {before + after[1:], before + after[1:2] + after[:1] + after[2:]}
    return found
