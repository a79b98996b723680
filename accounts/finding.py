"""Finding people, spaces and payors: every word is a fragment of what they are called, in any order."""

from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections, router
from django.db.models import BooleanField, CharField, ExpressionWrapper, F, Func, Q, QuerySet, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat

from .models import Company, Payor, Space, User
from .together import read_together

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
    """A person or a space, as a search shows it: `about` is an address or a description."""

    pk: int
    name: str
    about: str
    is_active: bool


def people_and_spaces(company: Company, text: str, most: int) -> tuple[list[Named], list[Named]]:
    """So many of the company's people and spaces that match, by one statement: who is active and what is open first."""
    people = with_words(company.users.known(), text).order_by("-is_active", "full_name", "pk")
    now_open = ExpressionWrapper(Q(closed_at=None), BooleanField())
    spaces = with_words(company.spaces.annotate(now_open=now_open), text).order_by("-now_open", "name", "pk")
    found = read_together(
        people.values_list("pk", "full_name", "email", "is_active")[:most],
        spaces.values_list("pk", "name", "description", "now_open")[:most],
    )
    return [Named(*row) for row in found[0]], [Named(*row) for row in found[1]]
