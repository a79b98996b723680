"""Searching devices: every word is a fragment of the device's text, in any order.

Devices whose name begins with what was typed come first: an index has them in one piece. Of the others, a word that
many devices have is soon met by whoever reads them in order, and one that few have is looked up in an index.
"""

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from django.utils.functional import cached_property

from accounts.keyset import MOST_COUNTED, begins_with
from accounts.text import identifier_key, search_key, sort_key

from . import search_index
from .models import Device

LONGEST = 8  # words
# How far it is worth counting what many devices have.
MOST_OF_BROAD = 100


class Search:
    """What was typed, and what it finds among the devices of a company: every word somewhere in what a device is
    called, in its serial number, asset tag or IMEI, or in the name of who holds it or else held it. A serial number may
    be typed with blanks."""

    # How far it is worth counting what was found.
    most_counted = MOST_COUNTED

    def __init__(self, company_id: int, text: str) -> None:
        self.company_id, self._begins = company_id, sort_key(text)
        self.words = search_key(text).split()[:LONGEST]
        # The words as they stand; each as a serial number is compared; or all of them as one.
        keys = [search_key(identifier_key(word)) for word in self.words]
        ways = (tuple(self.words), tuple(filter(None, keys)), ("".join(keys),))
        self._ways = [way for way in dict.fromkeys(ways) if any(way)]

    @property
    def _in_text(self) -> Q:
        """By position, not by LIKE: of that PostgreSQL expects next to nothing to match where it may not look into the
        statistics of a table with policies, and would fetch all devices of the company instead of the first ones."""
        match = Q(pk=None)
        for words in self._ways:
            match |= Q(*(GreaterThan(StrIndex("search_text", Value(word)), 0) for word in words))
        return match

    @cached_property
    def _keys(self) -> set[int] | None:
        """The devices that the index names; None where it names too many, or where a word is too short for it."""
        ways = [list(filter(search_index.is_indexed, words)) for words in self._ways]
        if not all(ways):
            return None
        try:
            found = search_index.found(self.company_id, ways)
        except search_index.Broad:
            self.most_counted = MOST_OF_BROAD
            return None
        if any(len(keys) == search_index.MOST for keys in found):
            return None
        return {key for keys in found for key in keys}

    @property
    def is_rare(self) -> bool:
        """Whether the devices in which to look are few, and known."""
        return self._keys is not None

    @property
    def finds_nothing(self) -> bool:
        """Whether the index knows of none, so that nothing has to be read."""
        return self._keys == set()

    @property
    def by_name(self) -> Q:
        """Those that match and whose name begins with what was typed."""
        return begins_with("name_key", self._begins) & self._in_text

    def filter(self, devices: QuerySet[Device]) -> QuerySet[Device]:
        """Those of these devices that match."""
        if not self.words:
            return devices
        return devices.filter(Q() if self._keys is None else Q(pk__in=self._keys), self._in_text)


# Where a word is looked for as it stands, by `search_few`.
_TEXTS = ("name", "manufacturer", "model", "imei", "holder_user__full_name", "holder_space__name")


def search_few(devices: QuerySet[Device], text: str) -> QuerySet[Device]:
    """Likewise, among the few devices that are somebody's own business, and without the text that admins search: it
    knows who held a device before."""

    def is_in_number(key: str) -> Q:
        return Q(serial_key__contains=key) | Q(asset_tag_key__contains=key)

    by_words = Q()
    for word in text.split()[:LONGEST]:
        match = Q()
        for field in _TEXTS:
            match |= Q(**{f"{field}__icontains": word})
        if key := identifier_key(word):
            match |= is_in_number(key)
        by_words &= match
    whole = identifier_key(text)
    return devices.filter(by_words | is_in_number(whole) if whole else by_words)
