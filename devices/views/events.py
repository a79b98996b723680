from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest, admin_required
from accounts.exporting import note_table
from devices.exports.download import download
from devices.exports.events import events_sheet
from devices.forms import EventsForm


@require_safe
@admin_required
def events(request: PersonRequest) -> HttpResponse | StreamingHttpResponse:
    """The event logs of all devices, for a range of days: the form, and once it is sent the file."""
    form = EventsForm(request.GET if "format" in request.GET else None)
    if not form.is_valid():
        return render(request, "devices/events.html", {"form": form})
    sheet = events_sheet(request.user.company, form.cleaned_data["since"], form.cleaned_data["until"])
    note_table(request, sheet.title)
    return download(request, sheet)
