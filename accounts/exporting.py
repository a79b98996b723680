"""Data that leaves Velory in somebody's hands has its line in the company's audit log. Looking at a page has none; an
export is a GET all the same, as it changes nothing of what it shows."""

from typing import Any

from django.http import QueryDict

from .access import PersonRequest
from .models import Company, User
from .models.audit import record
from .text import clean_search

# What an address carries that is no filter.
_NO_FILTERS = ("sort", "page", "format", "all", "filters")
# Of a filter with more values, such as ticked rows, a line names the first.
NAMED = 5


def note_export(request: PersonRequest, kind: str, **names: str) -> None:
    """A line for a download, unless it was only asked whether there is one."""
    if request.method != "HEAD":
        by = request.user if request.user.pk else None  # at the console nobody is signed in
        record(request.user.company_id, kind, by=by, **names)


def console_request(company: Company, query: str) -> PersonRequest:
    """What a command asks of a table, as an IT admin of the company would. `query` is what stands in the table's
    address behind the question mark."""
    request = PersonRequest()
    request.method, request.GET = "GET", QueryDict(query)
    admin: Any = User(company=company, role=User.Role.ADMIN)
    request.user = admin
    return request


def note_table(request: PersonRequest, table: str) -> None:
    """A line for the export of a table, with what it was filtered by, in English as every export."""
    given = {name: _in_words(list(filter(None, values))) for name, values in request.GET.lists()}
    asked = {name: value for name, value in given.items() if value and name not in _NO_FILTERS}
    if asked:
        words = ", ".join(f"{name}={clean_search(value)[:100]}" for name, value in sorted(asked.items())[:20])
        note_export(request, "data_exported_in_part", table=table, filter=words)
    else:
        note_export(request, "data_exported", table=table)


def _in_words(values: list[str]) -> str:
    if len(values) <= NAMED:
        return " ".join(values)
    return f"{' '.join(values[:NAMED])} … ({len(values)} in all)"
