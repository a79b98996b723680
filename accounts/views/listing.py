from collections.abc import Callable, Iterable
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import PersonRequest
from accounts.text import clean_search

ROWS_ON_A_PAGE = 50


def listing(
    request: PersonRequest,
    name: str,
    rows: QuerySet,
    *,
    search_in: Iterable[str],
    more: Callable[[Any], None] | None = None,
) -> HttpResponse:
    """A page of `rows`, those in which one of the fields `search_in` contains what was searched for.

    The template is accounts/<name>.html; htmx, which refreshes the table in place, gets its part accounts/_<name>.html.
    `more` adds to a row what only its page shows.
    """
    asked = clean_search(request.GET.get("q"))
    found = Q()
    for field in search_in if asked else ():
        found |= Q(**{f"{field}__icontains": asked})
    page = Paginator(rows.filter(found), ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    if more:
        for row in page.object_list:
            more(row)
    template = f"accounts/_{name}.html" if request.htmx else f"accounts/{name}.html"
    return render(request, template, {"page": page, "asked": asked})
