"""Who may open a page. LoginRequiredMiddleware sends whoever is signed out to sign in; the rest is decided here."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from .models import Company, User

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    class Member(User):
        """Somebody who belongs to a company."""

        company: Company
        company_id: int


View = Callable[..., HttpResponseBase]


class PersonRequest(HttpRequest):
    """A request of somebody who belongs to a company: what every view of the app gets."""

    user: "Member"
    htmx: "HtmxDetails"


def member_required(view: View) -> View:
    """For people of a company. Support staff have none: the app sends them to the Django admin."""

    @wraps(view)
    def wrapper(request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.company_id is None:
            return redirect("admin:index")
        return view(request, *args, **kwargs)

    return wrapper


def admin_required(view: View) -> View:
    """For IT admins: 403 for employees, whatever they ask for, so that the answer tells nothing."""

    @member_required
    @wraps(view)
    def wrapper(request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_admin:
            raise PermissionDenied(_("This page is for IT admins."))
        return view(request, *args, **kwargs)

    return wrapper
