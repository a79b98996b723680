"""What somebody may have meant who mistyped: of the words that there are, those that are written most alike.

Alike is what one slip leads to: a letter that is wrong, missing or too many, or two that have changed places; in a long
word two slips, but not in a number, whose neighbours are other things.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain, islice, product

from rapidfuzz import process
from rapidfuzz.distance import OSA

from .text import identifier_key, search_key

# Shorter words are like too many others; in longer ones than `LONG` there may be two slips.
SHORTEST, LONG = 4, 8
# What is longer is taken neither for a word nor for a number.
LONGEST = 24
# How many words of a search are looked at, and how many other searches are named.
WORDS, MOST = 4, 6


def key(text: str) -> str:
    """The text as a search compares it (`search_key`), at less cost for those that most are."""
    return text.lower() if text.isascii() else search_key(text)


def as_number(asked: str) -> str:
    """What was asked for as one serial number, however it is divided; blank where it can be none."""
    whole = key(identifier_key(asked))
    return whole if _may_be_mended(whole) and any(letter.isdigit() for letter in whole) else ""


def looked_for(asked: str) -> list[str]:
    """What of a search may be mistyped, as it is compared: its words, and what was asked for as one number."""
    words = [key(word) for word in asked.split()[:WORDS]]
    return list(filter(_may_be_mended, dict.fromkeys([*words, as_number(asked)])))


def may_have_two(word: str) -> bool:
    """Whether two slips are taken for one word, and not for another."""
    return len(word) >= LONG and word.isalpha()


def _may_be_mended(word: str) -> bool:
    return SHORTEST <= len(word) <= LONGEST


def alike(asked: str, texts: Sequence[str]) -> list[str]:
    """Other searches, the likeliest first: what was asked for, with each word that stands in none of the texts replaced
    by one that does. None where every word stands in one, or where a word is like none."""
    known = _Words(texts)
    number, words = as_number(asked), asked.split()[:WORDS]
    if number and number not in known and not known.has_together(words) and (numbers := known.nearest(number)):
        return numbers[:MOST]
    choices = [[word] if known.has(key(word)) else known.nearest(key(word)) for word in words]
    others = [ways for ways in islice(product(*choices), MOST**2) if list(ways) != words]
    if len(words) > 1:  # first those whose words stand beside each other somewhere
        others.sort(key=lambda ways: not known.has_together(ways))
    return [" ".join(ways) for ways in others[:MOST]]


class _Words:
    """The words of these texts, by the form in which they are compared."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._spelt: dict[str, str] = {}
        self._how_often: Counter[str] = Counter()
        for word, number in Counter(chain.from_iterable(map(str.split, texts))).items():
            self._spelt.setdefault(key(word), word)
            self._how_often[key(word)] += number
        self._all = "\n".join(self._spelt)

    def __contains__(self, fragment: str) -> bool:
        return fragment in self._all

    def has(self, fragment: str) -> bool:
        """Whether it stands in one of the texts, or is too short to tell."""
        return len(fragment) < SHORTEST or fragment in self

    def has_together(self, words: Sequence[str]) -> bool:
        """Whether one text has all of these words."""
        keys = [key(word) for word in words]
        return any(all(word in text for word in keys) for text in self._keys)

    @cached_property
    def _keys(self) -> list[str]:
        return list(map(key, self._texts))

    def nearest(self, word: str) -> list[str]:
        """The words as near to this one as any is, those that stand most often first; else those that begin so, as
        somebody may still be typing."""
        if not _may_be_mended(word):
            return []
        slips = 2 if may_have_two(word) else 1
        whole = self._near(word, {other: other for other in self._spelt}, slips)
        return whole or self._near(word, dict(self._beginnings(len(word))), 1)

    def _near(self, word: str, others: dict[str, str], slips: int) -> list[str]:
        """Of these, named by what is compared."""
        found = process.extract(word, others.keys(), scorer=OSA.distance, score_cutoff=slips, limit=None)
        least = min((distance for _other, distance, _place in found), default=0)
        near = dict.fromkeys(others[other] for other, distance, _place in found if distance == least)
        return [self._spelt[other] for other in sorted(near, key=lambda other: (-self._how_often[other], other))][:MOST]

    def _beginnings(self, length: int) -> Iterator[tuple[str, str]]:
        for other in self._spelt:
            for end in (length - 1, length, length + 1):
                if SHORTEST <= end < len(other):
                    yield other[:end], other
