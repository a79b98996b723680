"""The one shape of a view of a device: found among what the person may see, then the role, then the act."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import PersonRequest, member_required
from accounts.compiled import CompiledQuery
from accounts.models import User
from accounts.planning import plan_once

from .models import Device, FlowOff, MoveRefused
from .models.device import DeviceQuerySet

# Fields in which people write sentences, which a refusal must not lose.
LONG_TEXTS = ("description", "text")

DeviceView = Callable[..., HttpResponseBase]


def _visible(to_show: bool, by: User, key: int) -> DeviceQuerySet:
    devices = Device.objects.visible_to(by)
    return (devices.with_people() if to_show else devices).filter(pk=key).order_by()


def _to_admins(to_show: bool, company: int, key: int) -> DeviceQuerySet:
    return _visible(to_show, User(company_id=company, role=User.Role.ADMIN), key)


def _to_others(to_show: bool, company: int, person: int, key: int) -> DeviceQuerySet:
    return _visible(to_show, User(company_id=company, pk=person), key)


_TO_ADMINS = {to_show: CompiledQuery(Device, partial(_to_admins, to_show)) for to_show in (True, False)}
_TO_OTHERS = {to_show: CompiledQuery(Device, partial(_to_others, to_show)) for to_show in (True, False)}


def visible_device(request: PersonRequest, pk: int, *, to_show: bool = True) -> Device:
    """The device, `to_show` with its holders and payors, or 404: what you may not see does not exist."""
    by, company = request.user, request.user.company
    try:
        if by.is_admin:
            device = _TO_ADMINS[to_show].get(company.pk, pk)
        else:
            device = _TO_OTHERS[to_show].get(company.pk, by.pk, pk)
    except Device.DoesNotExist as error:
        raise Http404 from error
    device.company = company
    return device


def device_view(
    *methods: str, admin: bool = False, refused_on: DeviceView | None = None
) -> Callable[[DeviceView], DeviceView]:
    """Give the view the device of its address instead of a key.

    404 where the person may not see it, then 403 where `admin` is asked for and they are none. A MoveRefused answers
    409 with `refused_on(request, device, status=409)`: the current page, as it is now, with the message on top, and
    with what was `typed`, where there is no form for it any more. Where the flow was switched off meanwhile it is the
    same page, with 403.
    """

    def decorate(view: DeviceView) -> DeviceView:
        @require_http_methods(("GET", "HEAD", *methods))
        @member_required
        @plan_once
        @wraps(view)
        def wrapper(request: PersonRequest, pk: int, **kwargs: Any) -> HttpResponseBase:
            device = visible_device(request, pk, to_show=request.method != "POST")
            if request.method not in methods:
                return redirect(device)  # an address that only acts, left in the bar by a page with errors
            if admin and not request.user.is_admin:
                raise PermissionDenied(_("Only an IT admin may do this."))
            try:
                return view(request, device, **kwargs)
            except (MoveRefused, FlowOff) as refusal:
                if refused_on is None:
                    raise
                messages.error(request, str(refusal))
                typed = [text for name in LONG_TEXTS if (text := request.POST.get(name))]
                status = 409 if isinstance(refusal, MoveRefused) else 403
                return refused_on(request, visible_device(request, pk), status=status, typed=typed)

        return wrapper

    return decorate
