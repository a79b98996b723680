"""Who may open a page. LoginRequiredMiddleware sends whoever is signed out to sign in; the rest is decided here."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from .models import User

View = Callable[..., HttpResponse]


class PersonRequest(HttpRequest):
    """A request of somebody who belongs to a company: what every view of the app gets."""

    user: User


def member_required(view: View) -> View:
    """For people of a company. Support staff have none: the app sends them to the Django admin."""

    @wraps(view)
    def wrapper(request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.company_id is None:
            return redirect("admin:index")
        return view(request, *args, **kwargs)

    return wrapper


def admin_required(view: View) -> View:
    """For IT admins: 403 for employees, whatever they ask for, so that the answer tells nothing."""

    @member_required
    @wraps(view)
    def wrapper(request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_admin:
            raise PermissionDenied(_("This page is for IT admins."))
        return view(request, *args, **kwargs)

    return wrapper
