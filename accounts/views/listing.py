from collections.abc import Callable
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import PersonRequest
from accounts.finding import texts_of, with_words
from accounts.keyset import MOST_COUNTED, KeysetPage, Order, Total
from accounts.likeness import alike
from accounts.text import clean_search

ROWS_ON_A_PAGE = 50
BY_NAME = Order(("found_by", "id"))


def listing(
    request: PersonRequest,
    name: str,
    rows: QuerySet,
    order: Order,
    *,
    first: Q | None = None,
    more: Callable[[Any], None] | None = None,
) -> HttpResponse:
    """A page of `rows`, those that have what was searched for in what they are called (accounts/finding.py); where none
    has, those that are called something alike. Those of which `first` is true stand before the others.

    The template is accounts/<name>.html; htmx, which refreshes the table in place, gets its part accounts/_<name>.html.
    `more` adds to a row what only its page shows.
    """
    asked = clean_search(request.GET.get("q"))
    found, meant = with_words(rows, asked), []
    total = Total.of(found, MOST_COUNTED)
    if asked and not total and (meant := alike(asked, [name for (name,) in texts_of(rows)])):
        found = with_words(rows, meant[0])
        total = Total.of(found, MOST_COUNTED)
    ways = [found.all] if first is None else [found.filter(first).all, found.exclude(first).all]
    page = KeysetPage(ways, order, ROWS_ON_A_PAGE, request.GET.get("page", ""))
    if more:
        for row in page.object_list:
            more(row)
    template = f"accounts/_{name}.html" if request.htmx else f"accounts/{name}.html"
    return render(request, template, {"page": page, "total": total, "asked": asked, "meant": meant})


def with_held(rows: QuerySet) -> QuerySet:
    """Each with the number of devices that it holds, counted for those that are shown, and not for all."""
    counted = rows.model._base_manager.filter(pk=OuterRef("pk")).annotate(number=Count("devices")).values("number")
    return rows.annotate(held=Subquery(counted))
