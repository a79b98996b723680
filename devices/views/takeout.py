from django.contrib import messages
from django.core.cache import cache
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import PersonRequest, admin_required
from accounts.exporting import note_export
from devices.takeout import file_name, take_out

PAUSE = 120  # seconds between two archives of a company: each reads all that it has, twice


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def takeout(request: PersonRequest) -> HttpResponseBase:
    """Everything that the company has, for its admin to keep."""
    if request.method == "POST":
        company = request.user.company
        if cache.add(f"takeout:{company.pk}", True, PAUSE):
            note_export(request, "data_taken_out")
            response = StreamingHttpResponse(take_out(company), content_type="application/zip")
            response["Content-Disposition"] = f'attachment; filename="{file_name(company)}"'
            return response
        messages.warning(request, _("Everything was taken out a moment ago. Please wait two minutes, then try again."))
        return render(request, "devices/takeout.html", status=429)
    return render(request, "devices/takeout.html")
