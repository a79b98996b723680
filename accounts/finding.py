"""Finding people, spaces and payors: every word is a fragment of what they are called, in any order."""

from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections, router
from django.db.models import Case, CharField, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from .models import Company, User
from .text import search_key

LONGEST = 8  # words
# How many of each the words are gathered of that somebody may have meant.
MOST_READ = 3000


def with_words(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Those of these people, spaces or payors that match (accounts/models/named.py)."""
    words = search_key(text).split()[:LONGEST]
    connection = connections[router.db_for_read(rows.model) or DEFAULT_DB_ALIAS]
    if words and rows.model is User and connection.vendor == "postgresql":
        patterns = [f"%{connection.ops.prep_for_like_query(word)}%" for word in words]
        return rows.filter(pk__in=RawSQL("SELECT velory_people_found(%s)", [patterns]))
    return rows.filter(*(Q(found_by__contains=word) for word in words))


def texts_of(rows: QuerySet[Any]) -> QuerySet[Any]:
    """What the first `MOST_READ` of these are called."""
    return rows.order_by().values_list(rows.model.named_by[0])[:MOST_READ]


class Named(NamedTuple):
    """A person or a space, as a search shows it: `about` is an address or a description. `left` is blank but for who is
    deactivated and what is closed."""

    pk: int
    name: str
    about: str
    left: str

    @property
    def is_active(self) -> bool:
        return not self.left


def people_and_spaces(company: Company, text: str, most: int) -> list[QuerySet[Any]]:
    """So many of the company's people, and of its spaces, that match, for `read_together`, each to be a Named: who is
    active and what is open first."""
    people = with_words(company.users.known().annotate(left=_left(is_active=False)), text)
    spaces = with_words(company.spaces.annotate(left=_left(closed_at__isnull=False)), text)
    return [
        people.order_by("left", "full_name", "pk").values_list("pk", "full_name", "email", "left")[:most],
        spaces.order_by("left", "name", "pk").values_list("pk", "name", "description", "left")[:most],
    ]


def _left(**condition: Any) -> Case:
    return Case(When(**condition, then=Value("left")), default=Value(""), output_field=CharField())
