"""What a text may mean that somebody types into a field (accounts/choosing.py)."""

from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest, admin_required
from accounts.choosing import KINDS, Chooser, text_for
from accounts.text import clean_search


@require_safe
@admin_required
def suggestions(request: PersonRequest, kind: str) -> HttpResponse:
    """A few of the company's own people or spaces, as options of a list: a part of a page."""
    if kind not in KINDS:
        raise Http404
    text = clean_search(request.GET.get("q"))
    found = Chooser(KINDS[kind], request.user.company).found(text) if text else []
    # Without the request, whose menu would be counted.
    part = render_to_string("accounts/_suggestions.html", {"options": [(row, text_for(row)) for row in found]})
    return HttpResponse(part)
