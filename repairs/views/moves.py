"""The admin's moves, each through a confirmation window: a dialog, or without JavaScript a page."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.access import PersonRequest
from accounts.forms import posted
from accounts.kept import keeps_typed, refilled
from devices.access import device_view
from devices.forms import SeenForm
from devices.models import Device
from devices.views.page import page_context
from repairs import acts
from repairs.forms import RemoveForm, ReplaceForm

from .support import support_page


def confirm(request: PersonRequest, template: str, device: Device, verb: str, form: Any) -> HttpResponse:
    """The confirmation window: what will happen, with real names. A move that isn't possible now is refused before
    anybody is asked to confirm it."""
    device.require(verb, request.user)
    return window(request, template, device, form)


def window(request: PersonRequest, template: str, device: Device, form: Any, *, status: int = 200) -> HttpResponse:
    context = page_context(request, device) | {"form": form, "cancel_url": device.support_url, "tab": "repairs:support"}
    return render(request, f"repairs/{template}.html", context, status=status)


@device_view("GET", "HEAD", "POST", admin=True, refused_on=support_page)
def intake(request: PersonRequest, device: Device) -> HttpResponse:
    """Needs repair → In repair."""
    form = SeenForm(posted(request), device=device)
    if request.method == "POST" and form.is_valid():
        device.move("take_in", by=request.user, **form.cleaned_data)
        messages.success(
            request,
            _("%(device)s is now in repair. Release it from MDM before you send it away.") % {"device": device},
        )
        return redirect(device.support_url)
    return confirm(request, "intake", device, "take_in", form)


@device_view("GET", "HEAD", "POST", admin=True, refused_on=support_page)
def revert(request: PersonRequest, device: Device) -> HttpResponse:
    """Needs repair → Active: nothing is wrong after all."""
    form = SeenForm(posted(request), device=device)
    if request.method == "POST" and form.is_valid():
        device.move("revert", by=request.user, **form.cleaned_data)
        text = _("%(device)s is Active again.") % {"device": device}
        link = _("Reassign it or move it to a space")
        messages.success(request, format_html('{} <a href="{}">{}</a>', text, device.assign_url, link))
        return redirect(device.support_url)
    return confirm(request, "revert", device, "revert", form)


@device_view("GET", "HEAD", "POST", admin=True, refused_on=support_page)
def finish(request: PersonRequest, device: Device) -> HttpResponse:
    """In repair → Active, without an assignment: the message reminds of it at once."""
    form = SeenForm(posted(request), device=device)
    if request.method == "POST" and form.is_valid():
        device.move("finish", by=request.user, **form.cleaned_data)
        text = _("%(device)s is Active and unassigned. Assign it to a user or space, and do not forget the payor.") % {
            "device": device
        }
        link = _("Assign it now")
        messages.warning(request, format_html('{} <a href="{}">{}</a>', text, device.assign_url, link))
        return redirect(device)
    return confirm(request, "finish", device, "finish", form)


@device_view("GET", "HEAD", "POST", admin=True, refused_on=support_page)
def remove(request: PersonRequest, device: Device) -> HttpResponse:
    """In repair → Recycled: archived, as recycled or as replaced."""
    form = RemoveForm(posted(request), device=device)
    if request.method == "POST" and form.is_valid():
        device.move("recycle", by=request.user, **form.cleaned_data)
        messages.success(
            request,
            _("%(device)s is removed. It stays in Archived with its whole history.") % {"device": device},
        )
        return redirect(device.support_url)
    return confirm(request, "remove", device, "recycle", form)


def refused_replacement(request: PersonRequest, device: Device, *, status: int, **typed: Any) -> HttpResponse:
    """Beside the device as it is now, the form as somebody had filled it in; Support where there was none."""
    if request.method != "POST":
        return support_page(request, device, status=status)
    filled_in = request.POST.copy()
    filled_in["seen"] = str(device.revision)
    form = ReplaceForm(filled_in, device=device, company=request.user.company)
    return window(request, "replace", device, form, status=status)


@keeps_typed
@device_view("GET", "HEAD", "POST", admin=True, refused_on=refused_replacement)
def replace(request: PersonRequest, device: Device) -> HttpResponse:
    """In repair → Recycled, and the new device registered, assigned and linked in the same act."""
    form = ReplaceForm(posted(request), device=device, company=request.user.company)
    if request.method == "POST" and form.is_valid():
        cleaned = form.cleaned_data
        try:
            new = acts.replace(
                device,
                by=request.user,
                seen=cleaned["seen"],
                holder=cleaned["holder"],
                payor=cleaned["payor"],
                **form.description,
            )
        except ValidationError as error:
            form.add_refusal(error)
        else:
            messages.success(
                request,
                _("%(new)s is registered instead of %(old)s.") % {"new": new, "old": device},
            )
            return redirect(new)
    return confirm(request, "replace", device, "recycle", refilled(form, request))
