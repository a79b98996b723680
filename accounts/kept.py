"""What somebody had typed when their session ended. It comes back into the form once they have signed in again.

Their own browser keeps it meanwhile, sealed, in a cookie for half an hour: so the database holds nothing of somebody
who has not signed in, and it gets through every way of signing in. It can be opened here alone, for the person whose
session had ended and at the address of the same form; and it only fills the form, so nothing is done until they press
the button again. Another site can't plant anything: what is kept has passed the check against forgery before.
"""

import json
import zlib
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.forms import BaseForm
from django.forms.utils import ErrorDict
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from .lifetime import last_person
from .sealed import Unreadable, seal_bytes, unseal_bytes

SECONDS = 30 * 60
# A browser takes a cookie of 4096 bytes with its name, a server a line of about 8000 with all of them.
LONGEST = 3800

Form = TypeVar("Form", bound=BaseForm)
View = TypeVar("View", bound=Callable[..., Any])


def keeps_typed(view: View) -> View:
    """For views in whose forms people write: what they send is not lost with their session. The view shows its form
    `refilled`. Not for passwords and files."""
    view.keeps_typed = True  # type: ignore[attr-defined]
    return view


class SignInMiddleware(LoginRequiredMiddleware):
    """Leads to the sign-in page, as Django's does, and keeps what was typed. Stands behind the check for forgeries."""

    def process_view(self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any) -> Any:
        request.sends_again = request.method == "POST" and request.user.is_authenticated  # type: ignore[attr-defined]
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        answer = super().handle_no_permission(request, view_func)
        person = last_person(request)
        if request.method != "POST" or person is None or not getattr(view_func, "keeps_typed", False):
            return answer
        sealed = _sealed(request, person)
        if len(sealed) > LONGEST:
            return _to_copy(request, answer["Location"])
        messages.info(request, _("You were signed out meanwhile. Sign in, and what you typed is in the form again."))
        answer.set_cookie(
            settings.KEPT_COOKIE_NAME,
            sealed,
            max_age=SECONDS,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return answer

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Whoever sends a form again, or another one, is done with what was kept."""
        if settings.KEPT_COOKIE_NAME in request.COOKIES and getattr(request, "sends_again", False):
            response.delete_cookie(settings.KEPT_COOKIE_NAME)
        return response


def refilled(form: Form, request: HttpRequest, address: str = "") -> Form:
    """The form as its sender had filled it in when their session ended, if so; `address` is where it is sent, if not
    to the page that shows it. It comes last, for showing only: a form that was refilled is never valid."""
    typed = _kept(request, address or request.path) if request.method in ("GET", "HEAD") else None
    if typed is not None:
        form.data, form.is_bound = typed, True
        form._errors, form.cleaned_data = ErrorDict(), {}  # type: ignore[attr-defined]
        form.add_error(None, _("You had been signed out, so this is not saved yet. Look at it, and send it again."))
    return form


def typed_before(request: HttpRequest, names: tuple[str, ...]) -> list[str]:
    """What was typed into these fields when the session ended, for a page that does not have its form any more."""
    typed = _kept(request, request.path) if request.method in ("GET", "HEAD") else None
    return [text for name in names if (text := typed.get(name))] if typed is not None else []


def _fields(request: HttpRequest) -> list[tuple[str, list[str]]]:
    return [(name, values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"]


def _sealed(request: HttpRequest, person: str) -> str:
    kept = json.dumps([person, request.path, _fields(request)], ensure_ascii=False)
    return seal_bytes(zlib.compress(kept.encode(errors="replace"), 9))


def _kept(request: HttpRequest, address: str) -> QueryDict | None:
    """What this browser keeps for the signed-in person and this address."""
    sealed = request.COOKIES.get(settings.KEPT_COOKIE_NAME)
    if not sealed:
        return None
    try:
        person, sent_to, fields = json.loads(zlib.decompress(unseal_bytes(sealed, seconds=SECONDS)))
    except (Unreadable, zlib.error, ValueError):  # something else of ours, put there by hand
        return None
    if person != str(request.user.pk) or sent_to != address:
        return None
    typed = QueryDict(mutable=True)
    for name, values in fields:
        typed.setlist(name, values)
    return typed


def _to_copy(request: HttpRequest, sign_in: str) -> HttpResponse:
    """What is too long for a cookie is shown to whoever has just sent it, so that they can copy it."""
    texts = [text for _name, values in _fields(request) for text in values if "\n" in text or len(text) > 200]
    return render(request, "accounts/typed.html", {"texts": texts, "sign_in": sign_in}, status=403)
