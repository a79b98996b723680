"""Assigning from Overview: back to the previous holder, to another user, or to a space. In repair it is the outcome."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.access import PersonRequest
from devices.access import device_view
from devices.models import Device
from devices.views.page import overview_page
from repairs import acts
from repairs.assigning import ASSIGN_FORMS, AssignForm, assign_forms


@device_view("POST", admin=True, refused_on=overview_page)
def assign(request: PersonRequest, device: Device) -> HttpResponse:
    """Give the device to somebody, and say who pays; while in repair this finishes the repair."""
    chosen = ASSIGN_FORMS.get(request.POST.get("way", ""))
    if chosen is None:
        raise PermissionDenied(_("Choose one of the ways on the page."))
    form = chosen(request.POST, device=device, company=request.user.company)
    if form.is_valid() and _assign(request, device, form):
        return redirect(device)
    forms = assign_forms(device, request.user) | {form.way: form}
    return overview_page(request, device, assign_forms=forms)


def _assign(request: PersonRequest, device: Device, form: AssignForm) -> bool:
    """Carry the form out. False when what was chosen can't be any more, with the error in the form."""
    payor, seen = form.cleaned_data["payor"], form.cleaned_data["seen"]
    try:
        if form.loan_for is not None:
            acts.lend(device, form.loan_for, payor, by=request.user, seen=seen)
        else:
            device.assign(form.to, payor, by=request.user, seen=seen)
    except ValidationError as error:
        for text in error.messages:
            form.add_error(None, text)
        return False
    messages.success(request, _("%(device)s is assigned to %(holder)s.") % {"device": device, "holder": form.to})
    return True
