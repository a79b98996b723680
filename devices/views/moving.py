"""Acts that devices know without repairs: unassigning, and restoring what was archived."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.access import PersonRequest
from accounts.forms import posted
from devices.access import device_view
from devices.forms import SeenForm
from devices.models import Device

from .page import overview_page, page_context


@device_view("GET", "HEAD", "POST", admin=True, refused_on=overview_page)
def unassign(request: PersonRequest, device: Device) -> HttpResponse:
    """Confirmation window and act: take the device back from whoever holds it."""
    form = SeenForm(posted(request), device=device)
    if request.method == "POST" and form.is_valid():
        device.unassign(by=request.user, **form.cleaned_data)
        messages.success(request, _("%(device)s is unassigned.") % {"device": device})
        return redirect(device)
    device.require_held()
    context = {"device": device, "form": form, "cancel_url": device.get_absolute_url()}
    return render(request, "devices/unassign.html", context)


@device_view("GET", "HEAD", "POST", admin=True, refused_on=overview_page)
def restore(request: PersonRequest, device: Device) -> HttpResponse:
    """Confirmation window and act: Recycled → Active, for what was removed by mistake."""
    form = SeenForm(posted(request), device=device)
    if request.method == "POST" and form.is_valid():
        device.move("restore", by=request.user, **form.cleaned_data)
        text = _("%(device)s is back in Hardware and unassigned.") % {"device": device}
        link = _("Assign it now")
        messages.success(request, format_html('{} <a href="{}">{}</a>', text, device.assign_url, link))
        return redirect(device)
    device.require("restore", request.user)
    context = page_context(request, device) | {"form": form, "cancel_url": device.get_absolute_url()}
    return render(request, "devices/restore.html", context)
