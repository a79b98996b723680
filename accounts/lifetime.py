"""How long a sign-in lasts: until nothing was done in it for SESSION_IDLE_MINUTES, and for SESSION_DAYS at most.

When it began stands in the session. When something was done last is kept by the browser, in a signed cookie: a note of
ours would be a write on a GET. A browser can't make such a cookie, and whoever keeps an old one only shortens their own
time (docs/decisions.md).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from . import clock
from .middleware import COMPANY_KEY

BEGAN_KEY = "signed_in_at"
SALT = "accounts.lifetime"

NOBODY = (None, datetime.fromtimestamp(0, UTC))
# The cookie is made anew when it is older than this.
COARSE = timedelta(minutes=1)
# Whoever sees every company is asked again sooner. A visit (accounts/visits.py) is as long.
SUPPORT_IDLE = timedelta(hours=1)


def remember_beginning(sender: object, request: HttpRequest, **kwargs: object) -> None:
    """Receiver of `user_logged_in`."""
    request.session[BEGAN_KEY] = clock.now().timestamp()


class LifetimeMiddleware:
    """Ends a session whose time is over, before anybody asks who is there. Stands directly behind Django's sessions."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        before = request.session.get(SESSION_KEY)
        seen = _seen(request) if before is not None else NOBODY
        if before is not None and _is_over(request, before, *seen):
            request.session.flush()
            before = None
        response = self.get_response(request)
        person = request.session.get(SESSION_KEY)
        if person is not None:
            _note(response, person, *seen)
        elif before is not None:  # signed out
            response.delete_cookie(settings.SEEN_COOKIE_NAME)
        return response


def last_person(request: HttpRequest) -> str | None:
    """The key of whoever was signed in here last and has not signed out: their session may have ended meanwhile."""
    return _seen(request)[0]


def _is_over(request: HttpRequest, person: str, who: str | None, when: datetime) -> bool:
    session, now = request.session, clock.now()
    began = datetime.fromtimestamp(session.get(BEGAN_KEY, 0), UTC)
    last = max(began, when) if who == person else began
    idle = timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    if session.get(COMPANY_KEY) is None:
        idle = min(idle, SUPPORT_IDLE)
    return now - last > idle or now - began > timedelta(seconds=settings.SESSION_COOKIE_AGE)


def _seen(request: HttpRequest) -> tuple[str | None, datetime]:
    """Who did something in this browser last, and when."""
    try:
        person, moment = signing.loads(request.COOKIES.get(settings.SEEN_COOKIE_NAME, ""), salt=SALT)
    except signing.BadSignature:
        return NOBODY
    return person, datetime.fromtimestamp(moment, UTC)


def _note(response: HttpResponseBase, person: str, who: str | None, when: datetime) -> None:
    now = clock.now()
    if who == person and now - when < COARSE:
        return
    response.set_cookie(
        settings.SEEN_COOKIE_NAME,
        signing.dumps([person, int(now.timestamp())], salt=SALT),
        # Longer than any session, so that it can tell whose has ended (`last_person`).
        max_age=2 * settings.SESSION_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
