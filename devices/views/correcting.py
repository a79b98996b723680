"""What an admin adds to the event log by hand: a late entry, and the correction of a line."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.access import PersonRequest
from accounts.forms import posted
from accounts.kept import keeps_typed, refilled
from devices.access import device_view
from devices.forms import CorrectionForm, LateEntryForm
from devices.models import Device, Event


@keeps_typed
@device_view("GET", "HEAD", "POST", admin=True)
def late_entry(request: PersonRequest, device: Device) -> HttpResponse:
    """Window and act: what happened at a past moment, as a new line."""
    form = LateEntryForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            device.add_late_entry(**form.cleaned_data, by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Your entry is in the log."))
            return redirect("devices:log", device.pk)
    context = {"device": device, "form": refilled(form, request), "cancel_url": device.log_url}
    return render(request, "devices/late_entry.html", context)


@keeps_typed
@device_view("GET", "HEAD", "POST", admin=True)
def correct(request: PersonRequest, device: Device, sequence: int) -> HttpResponse:
    """Window and act: a new line that says what is wrong with this one."""
    lines = Event.objects.visible_to(request.user, device).filter(sequence=sequence).with_names()
    if not lines:
        raise Http404
    form = CorrectionForm(posted(request))
    if request.method == "POST" and form.is_valid():
        device.correct_line(sequence, form.cleaned_data["text"], by=request.user)
        messages.success(request, _("Your correction is in the log."))
        return redirect("devices:log", device.pk)
    context = {"device": device, "form": refilled(form, request), "line": lines[0], "cancel_url": device.log_url}
    return render(request, "devices/correct.html", context)
