"""Finding people, spaces and payors: every word is a fragment of what they are called, in any order."""

from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections, router
from django.db.models import Case, CharField, F, Func, QuerySet, TextField, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat

from .models import Company, Payor, Space, User

LONGEST = 8  # words

# Where a word is looked for. accounts/search_index.py has an index of the people's.
SEARCHED: dict[Any, tuple[str, ...]] = {
    User: ("full_name", "email"),
    Space: ("name", "description"),
    Payor: ("name",),
}
# How many of each the words are gathered of that somebody may have meant.
MOST_READ = 3000


class SearchKey(Func):
    """A text as a search compares it, made by the database."""

    function = "velory_search_key"
    output_field = TextField()


def with_words(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Those of these people, spaces or payors that match."""
    words = text.split()[:LONGEST]
    connection = connections[router.db_for_read(rows.model) or DEFAULT_DB_ALIAS]
    if words and rows.model is User and connection.vendor == "postgresql":
        patterns = [f"%{connection.ops.prep_for_like_query(word)}%" for word in words]
        return rows.filter(pk__in=RawSQL("SELECT velory_people_found(%s)", [patterns]))
    first, *others = SEARCHED[rows.model]
    parts = [part for field in others for part in (Value(" "), F(field))]
    searched = Concat(first, *parts, output_field=CharField()) if parts else F(first)
    for word in words:
        rows = rows.alias(searched=SearchKey(searched)).filter(searched__contains=SearchKey(Value(word)))
    return rows


def texts_of(rows: QuerySet[Any]) -> QuerySet[Any]:
    """What the first `MOST_READ` of these are called."""
    return rows.order_by().values_list(SEARCHED[rows.model][0])[:MOST_READ]


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
