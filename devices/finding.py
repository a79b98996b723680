"""Searching devices: every word is a fragment of the device's text, in any order.

Devices whose name begins with what was typed come first: an index has them in one piece. Of the others, a word that
many devices have is soon met by whoever reads them in order, and one that few have is looked up in an index.
"""

from django.db.models import Q, QuerySet
from django.utils.functional import cached_property

from accounts.text import identifier_key, search_key, sort_key

from . import search_index
from .models import Device

LONGEST = 8  # words
# Beyond, a page says "10,000+": counting would cost more than reading.
MOST_COUNTED = 10_000


class Search:
    """What was typed, and what it finds among the devices of a company: every word somewhere in what a device is
    called, in its serial number, asset tag or IMEI, or in the name of who holds it or else held it. A serial number may
    be typed with blanks."""

    # How far it is worth counting what was found.
    most_counted = MOST_COUNTED

    def __init__(self, company_id: int, text: str) -> None:
        self.company_id, self._begins = company_id, sort_key(text)
        self.words = search_key(text).split()[:LONGEST]
        whole = identifier_key(text).lower()
        # The words one by one, or all of them as one serial number.
        self._ways = [self.words] if len(self.words) < 2 else [self.words, [whole]]

    @property
    def _in_text(self) -> Q:
        match = Q(pk=None)
        for words in self._ways:
            match |= Q(*(Q(search_text__contains=word) for word in words))
        return match

    @cached_property
    def _looked_up(self) -> Q:
        """In which devices to look at all: those that the index names, or all of them."""
        keys: set[int] = set()
        for words in self._ways:
            fragments = [word for word in words if len(word) >= search_index.SHORTEST]
            if not fragments:
                return Q()
            try:
                found = search_index.found(self.company_id, fragments)
            except search_index.Broad as broad:
                self.most_counted = 10 * broad.met
                return Q()
            keys.update(found)
            if len(found) == search_index.MOST:
                return Q()
        return Q(pk__in=keys)

    @property
    def by_name(self) -> Q:
        """Devices whose name begins with what was typed."""
        return Q(name_key__startswith=self._begins)

    def filter(self, devices: QuerySet[Device]) -> QuerySet[Device]:
        """Those of these devices that match."""
        return devices.filter(self._looked_up, self._in_text) if self.words else devices
