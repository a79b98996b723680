from collections.abc import Callable
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import PersonRequest
from accounts.finding import texts_of, with_words
from accounts.likeness import alike
from accounts.text import clean_search

ROWS_ON_A_PAGE = 50


def listing(
    request: PersonRequest, name: str, rows: QuerySet, *, more: Callable[[Any], None] | None = None
) -> HttpResponse:
    """A page of `rows`, those that have what was searched for in what they are called (accounts/finding.py); where none
    has, those that are called something alike.

    The template is accounts/<name>.html; htmx, which refreshes the table in place, gets its part accounts/_<name>.html.
    `more` adds to a row what only its page shows.
    """
    asked = clean_search(request.GET.get("q"))
    page, meant = _page(request, rows, asked), []
    if asked and not page.paginator.count and (meant := alike(asked, [name for (name,) in texts_of(rows)])):
        page = _page(request, rows, meant[0])
    if more:
        for row in page.object_list:
            more(row)
    template = f"accounts/_{name}.html" if request.htmx else f"accounts/{name}.html"
    return render(request, template, {"page": page, "asked": asked, "meant": meant})


def with_held(rows: QuerySet) -> QuerySet:
    """Each with the number of devices that it holds, counted for those that are shown, and not for all."""
    counted = rows.model._base_manager.filter(pk=OuterRef("pk")).annotate(number=Count("devices")).values("number")
    return rows.annotate(held=Subquery(counted))


def _page(request: PersonRequest, rows: QuerySet, asked: str) -> Page:
    return Paginator(with_words(rows, asked), ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
