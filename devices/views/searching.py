from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest, admin_required
from accounts.text import clean_search
from devices.searching import find

# How many of each are shown while somebody types, and on the page; from how many letters on.
TYPING, ON_PAGE = 5, 20
SHORTEST = 2


@require_safe
@admin_required
def search(request: PersonRequest) -> HttpResponse:
    """What the search above every page finds. htmx gets what stands below the field while somebody types; a serial
    number, asset tag or IMEI that one device has opens its page."""
    asked = clean_search(request.GET.get("q"))
    few = TYPING if request.htmx else ON_PAGE
    found = find(request.user, asked, few) if len(asked) >= SHORTEST else None
    context = {"asked": asked, "found": found}
    if request.htmx:  # without what stands around it, such as the menu's counts
        return HttpResponse(render_to_string("devices/_found.html", context))
    if found and found.only:
        return redirect("devices:overview", found.only.pk)
    return render(request, "devices/search.html", context)
