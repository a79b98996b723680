"""The Support tab: the request, the prompts, and exactly the moves that are allowed now."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.access import PersonRequest
from accounts.kept import keeps_typed, refilled, typed_before
from accounts.text import key_in
from devices.access import LONG_TEXTS, device_view
from devices.models import Device
from devices.views.page import page_context
from repairs import acts
from repairs.forms import BackupForm, MDMForm, RequestForm
from repairs.models import MDMRelease, Repair

Status = Device.Status


def support_page(request: PersonRequest, device: Device, *, status: int = 200, **context: Any) -> HttpResponse:
    """Support as it is now; `context` takes the place of what it would show, such as a form with its errors."""
    shown = page_context(request, device)
    user, repair = request.user, shown["repair"]()
    shown["may_switch"] = device.may("report", user) or (device.may("revert", user) and not user.is_admin)
    if shown["may_switch"]:
        shown["form"] = refilled(RequestForm(device=device, repair=repair), request)
    else:
        shown["typed"] = typed_before(request, LONG_TEXTS)
    shown["moves"] = {verb for verb in ("take_in", "revert", "finish", "recycle") if device.may(verb, user)}
    shown["support_contact"] = settings.SUPPORT_CONTACT
    shown["tab"] = "repairs:support"
    return render(request, "repairs/support.html", shown | context, status=status)


@keeps_typed
@device_view("GET", "HEAD", "POST", refused_on=support_page)
def support(request: PersonRequest, device: Device) -> HttpResponse:
    """Show the tab; POST is the switch "Device in need of repair?" with Save."""
    if request.method != "POST":
        return support_page(request, device)
    is_active = device.status == Status.ACTIVE  # and so has no open repair
    repair = None if is_active else Repair.objects.open().filter(device=device).first()
    form = RequestForm(request.POST, device=device, repair=repair)
    if not form.is_valid():
        return support_page(request, device, form=form)
    _save_request(request, device, repair, form.cleaned_data)
    return redirect(device.support_url)


def _save_request(request: PersonRequest, device: Device, repair: Repair | None, asked: dict[str, Any]) -> None:
    """On opens a request or changes what it says; off takes it back."""
    wanted, seen = asked.pop("needs_repair"), asked["seen"]
    if wanted and repair is not None and device.status == Status.NEEDS_REPAIR:
        acts.amend(repair, by=request.user, **asked)
        messages.success(request, _("Your request is saved."))
    elif wanted:
        device.move("report", by=request.user, **asked)
        if request.user.is_admin:
            text = _("Saved. %(device)s is now Active - needs repair.")
        else:
            text = _("Saved. %(device)s is now Active - needs repair, and your IT admins see it.")
        messages.success(request, text % {"device": device})
    elif device.status != Status.ACTIVE:
        device.move("revert", by=request.user, seen=seen)
        messages.success(request, _("Your request is taken back. %(device)s is Active.") % {"device": device})
    else:
        messages.info(request, _("The switch is off, so nothing was changed."))


@device_view("POST", refused_on=support_page)
def backup(request: PersonRequest, device: Device) -> HttpResponse:
    """Answer the backup prompt: it is done, or it can't be, as the device does not start."""
    repair = get_object_or_404(Repair, device=device, pk=key_in(request.POST.get("repair", "")))
    form = BackupForm(request.POST)
    if not form.is_valid():
        raise PermissionDenied(_("Answer with one of the two buttons."))
    acts.acknowledge_backup(repair, form.cleaned_data["how"], by=request.user)
    messages.success(
        request,
        _("Noted in the event log.") if request.user.is_admin else _("Thank you. Your IT admins see your answer."),
    )
    return redirect(device.support_url)


@device_view("POST", admin=True, refused_on=support_page)
def mdm(request: PersonRequest, device: Device) -> HttpResponse:
    """Answer the MDM release prompt: released, or it was not enrolled."""
    release = get_object_or_404(MDMRelease, repair__device=device, pk=key_in(request.POST.get("release", "")))
    form = MDMForm(request.POST)
    if not form.is_valid():
        raise PermissionDenied(_("Answer with one of the two buttons."))
    acts.close_mdm_release(release, form.cleaned_data["state"], by=request.user)
    messages.success(request, _("Noted in the event log."))
    return redirect(device.support_url)
