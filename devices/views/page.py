"""The device page: its tabs Overview and Event log. Support is repairs' own."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts import clock
from accounts.access import PersonRequest
from accounts.kept import refilled
from devices.access import device_view
from devices.chain import first_fault
from devices.forms import NoteForm
from devices.models import Device, Event
from devices.models.correcting import mark_corrected
from devices.past import read_past
from devices.signals import device_page
from devices.stays import times_of

LINES = 50
# A log of so many lines is verified whenever somebody looks at it (some 20 ms), a longer one when they ask for it.
VERIFIED_AT_ONCE = 500


def page_context(request: PersonRequest, device: Device) -> dict[str, Any]:
    """What the head of a device page and the other apps' parts of it need."""
    context: dict[str, Any] = {"device": device}
    answers: list[tuple[Any, Any]] = device_page.send(sender=Device, device=device, user=request.user)
    for _receiver, answer in answers:
        context |= answer
    return context


def overview_page(request: PersonRequest, device: Device, *, status: int = 200, **context: Any) -> HttpResponse:
    """Overview as it is now; `context` takes the place of what it would show, such as a form with its errors."""
    shown = page_context(request, device) | {"tab": "devices:overview"}
    if request.user.is_admin:
        shown["notes"], shown["assignments"] = read_past(device)
        shown["note_form"] = refilled(NoteForm(), request, reverse("devices:add_note", args=[device.pk]))
    return render(request, "devices/overview.html", shown | context, status=status)


@device_view("GET", "HEAD")
def overview(request: PersonRequest, device: Device) -> HttpResponse:
    """Overview: what the device is, who holds it, and for admins where it goes next."""
    return overview_page(request, device)


@device_view("GET", "HEAD")
def log(request: PersonRequest, device: Device) -> HttpResponse:
    """Event log: everything that has happened to the device, the newest first, by day."""
    page: Any = Paginator(Event.objects.visible_to(request.user, device), LINES).get_page(request.GET.get("page"))
    page.object_list = page.object_list.with_names()
    mark_corrected(page.object_list)
    context = page_context(request, device) | {"page": page}
    if request.user.is_admin:
        context["times"] = times_of(device)
    if request.user.is_admin and (device.log_sequence <= VERIFIED_AT_ONCE or "verify" in request.GET):
        context |= {"verified_at": clock.now(), "fault": first_fault(device)}
    return render(request, "devices/log.html", context)
