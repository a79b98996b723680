"""What each request passes: it sees one company, and whoever has to sign in by two steps sets that up first."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import BadRequest, MiddlewareNotUsed, PermissionDenied, SuspiciousOperation
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from . import planning, scope
from .sealed import Unreadable
from .two_step import owes_two_step

# What Django answers with a page that is no error of ours.
ANSWERED = (Http404, PermissionDenied, BadRequest, SuspiciousOperation, MultiPartParserError)

# In the session beside the person, so that both are known before either is read.
COMPANY_KEY = "company_id"


def remember_company(sender: object, request: HttpRequest, user: object, **kwargs: object) -> None:
    """Receiver of `user_logged_in`."""
    request.session[COMPANY_KEY] = getattr(user, "company_id", None)


class CompanyMiddleware:
    """On PostgreSQL each request is one transaction that sees the rows of the signed-in person's company. The pages of
    support staff go by support's own role.

    Stands directly behind the authentication: nothing may ask who is there before. The transaction exists for the
    policies alone (no ATOMIC_REQUESTS on SQLite: docs/decisions.md); whoever writes still opens their own.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if connection.vendor != "postgresql":
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.desk = reverse("admin:index")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        _receive(request)
        request.transaction = transaction.atomic()  # type: ignore[attr-defined]
        with request.transaction:  # type: ignore[attr-defined]
            _begin(request)
            is_staff = request.user.is_authenticated and request.user.is_staff
            if not (is_staff and request.path.startswith(self.desk)):
                return self.get_response(request)
            with scope.support():
                scope.limit_support()
                return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """What a view has written before it failed is not kept. (The pages of 403 and 404 ask the database still.)"""
        if not isinstance(exception, ANSWERED):
            for alias in {DEFAULT_DB_ALIAS, scope.alias_in_use() or DEFAULT_DB_ALIAS}:
                transaction.set_rollback(True, using=alias)


def _receive(request: HttpRequest) -> None:
    """Read what is sent to its end, however slowly it comes: no transaction waits for that, nor is cut off for it."""
    # Where whoever sent it is gone, Django tells so to what asks for it next.
    with suppress(UnreadablePostError):
        request.POST  # noqa: B018


def _begin(request: HttpRequest) -> None:
    session = request.session
    scope.begin_request(session.get(SESSION_KEY), session.get(COMPANY_KEY), planning.mode_for(request))


@contextmanager
def without_transaction(request: HttpRequest) -> Iterator[None]:
    """Within the block the request has no transaction, so whoever else is asked there may take their time. What was
    written before it stays, and afterwards another transaction begins as the request's did. (SQLite has none for a
    request.)"""
    of_request = getattr(request, "transaction", None)
    if of_request is None:
        yield
        return
    of_request.__exit__(None, None, None)
    try:
        yield
    finally:
        of_request.__enter__()
        _begin(request)


# Where whoever has to set up two-step sign-in may go meanwhile: to set it up, to choose a language or a password, out.
OPEN = {
    "accounts:join",
    "accounts:profile",
    "accounts:security",
    "account_change_password",
    "account_inactive",
    "account_login",
    "account_logout",
    "account_reauthenticate",
    "admin:logout",
}


class TwoStepMiddleware:
    """Leads an IT admin or support staff who must use two-step sign-in, and don't yet, to where they set it up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponseBase | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in OPEN or name.startswith("mfa_") or not owes_two_step(request.user):
            return None
        if request.method == "POST":
            messages.error(request, _("Nothing was saved: set up two-step sign-in first."))
        return redirect("accounts:security")

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """A factor that was sealed with a key which is lost opens nothing; it can be removed and set up anew."""
        if not isinstance(exception, Unreadable):
            return None
        if connection.vendor == "postgresql":  # this comes before CompanyMiddleware, which would keep nothing either
            transaction.set_rollback(True)
        messages.error(request, _("Velory has lost the key to your second step. Set it up anew, or have it reset."))
        return redirect("accounts:security")
