"""Registering a device, editing what it is, and noting something about it."""

from copy import copy
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import PersonRequest, admin_required
from accounts.forms import posted
from accounts.kept import keeps_typed, refilled
from devices.access import device_view
from devices.forms import DeviceForm, NoteForm, RegisterForm
from devices.models import Device

from .page import overview_page


@keeps_typed
@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def register(request: PersonRequest) -> HttpResponse:
    """A new device, with its holder and payor if it has them already."""
    company = request.user.company
    form = RegisterForm(posted(request), company=company)
    if request.method == "POST" and form.is_valid():
        wanted = {name: form.cleaned_data[name] for name in ("holder", "payor", "token")}
        try:
            device = Device.objects.register(company, by=request.user, **wanted, **form.description)
        except ValidationError as error:
            form.add_refusal(error)
        else:
            messages.success(request, _("%(device)s is registered.") % {"device": device})
            return redirect(device)
    return render(request, "devices/register.html", {"form": refilled(form, request)})


def edit_form(request: PersonRequest, device: Device) -> DeviceForm:
    """The form, over a copy: it writes into its instance, and the page's head shows the device as it is."""
    return DeviceForm(posted(request), instance=copy(device), company=request.user.company)


def refused_edit(request: PersonRequest, device: Device, *, status: int, **typed: Any) -> HttpResponse:
    """Beside the device as it is now, the form as somebody had filled it in; Overview where there was none."""
    if request.method != "POST":
        return overview_page(request, device, status=status)
    context = {"device": device, "form": edit_form(request, device), "tab": "devices:overview"}
    return render(request, "devices/edit.html", context, status=status)


@keeps_typed
@device_view("GET", "HEAD", "POST", admin=True, refused_on=refused_edit)
def edit(request: PersonRequest, device: Device) -> HttpResponse:
    """What the device is: each field that changes has its line in the event log."""
    if request.method != "POST":
        device.require_editable()
    form = edit_form(request, device)
    if request.method == "POST" and form.is_valid():
        changed = {name: value for name, value in form.description.items() if name in form.changed_data}
        try:
            device.edit(by=request.user, **changed)
        except ValidationError as error:
            form.add_refusal(error)
        else:
            messages.success(request, _("Saved."))
            return redirect(device)
    context = {"device": device, "form": refilled(form, request), "tab": "devices:overview"}
    return render(request, "devices/edit.html", context)


@keeps_typed
@device_view("POST", admin=True, refused_on=overview_page)
def add_note(request: PersonRequest, device: Device) -> HttpResponse:
    """A note for the company's admins."""
    form = NoteForm(request.POST)
    if not form.is_valid():
        return overview_page(request, device, note_form=form)
    device.add_note(form.cleaned_data["text"], by=request.user)
    messages.success(request, _("Your note is added."))
    return redirect(device)
