from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest, admin_required
from accounts.text import clean_search, search_key
from devices import categories, search_index
from devices.models import Device
from devices.searching import category_among, find

# How many of each are shown while somebody types, and on the page.
TYPING, ON_PAGE = 5, 20
# From how many letters on: while somebody types, from those that an index knows.
SHORTEST = 2


@require_safe
@admin_required
def search(request: PersonRequest) -> HttpResponse:
    """What the search above every page finds. htmx gets what stands below the field while somebody types; a serial
    number, asset tag or IMEI that one device has opens its page."""
    asked = clean_search(request.GET.get("q"))
    few, shortest = (TYPING, search_index.SHORTEST) if request.htmx else (ON_PAGE, SHORTEST)
    is_enough = any(len(word) >= shortest for word in search_key(asked).split())
    found = find(request.user, asked, few) if is_enough else None
    context = {"asked": asked, "found": found}
    if found is not None and (found.meant or not found):
        names = [*categories.known(asked), *([] if found.meant else categories.spelled(asked))]
        context["category"] = category_among(Device.objects.visible_to(request.user).in_use(), names)
    if request.htmx:  # without what stands around it, such as the menu's counts
        return HttpResponse(render_to_string("devices/_found.html", context))
    if found and found.only:
        return redirect("devices:overview", found.only.pk)
    return render(request, "devices/search.html", context)
