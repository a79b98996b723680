"""Where somebody is signed in. allauth notes each session as it begins (`UserSession`); Django keeps them."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.internal.flows.login import _AUTHENTICATION_METHODS_USER_SESSION_KEY
from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.account.utils import url_str_to_user_pk
from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import DEFAULT_DB_ALIAS, transaction
from django.utils.crypto import constant_time_compare

from . import clock
from .batches import batched
from .browsers import browser_of
from .models import Company, User

# In a session that began at the provider of the person's company.
BY_PROVIDER = "by_provider"


@dataclass
class OpenSession:
    """One browser in which a person is signed in."""

    browser: str
    ip: str
    began_at: datetime
    is_this: bool


def open_sessions(person: User, this: str | None) -> list[OpenSession]:
    """Where they are signed in now, the latest first; `this` is the key of the session that asks. Two queries."""
    rows = list(UserSession.objects.filter(user_id=person.pk).order_by("-created_at", "-pk"))
    keys = [row.session_key for row in rows]
    stored = Session.objects.filter(session_key__in=keys, expire_date__gt=clock.now())
    alive = {session.session_key for session in stored if _goes_on(session, person)}
    return [
        OpenSession(browser_of(row.user_agent), row.ip, row.created_at, row.session_key == this)
        for row in rows
        if row.session_key in alive
    ]


def _goes_on(session: Session, person: User) -> bool:
    """A session ends with the password under which it began."""
    stored = session.get_decoded().get(HASH_SESSION_KEY, "")
    hashes: Iterable[str] = (person.get_session_auth_hash(), *person.get_session_auth_fallback_hash())
    return any(constant_time_compare(stored, one) for one in hashes)


def forget_sessions(people: Collection[int], using: str = DEFAULT_DB_ALIAS) -> int:
    """Delete every session that names one of these people, also where they have given their password and not yet the
    second step. Whom a session names stands inside of what is signed, so each of the installation is opened: this
    takes a while. Returns how many went."""
    wanted = {str(pk) for pk in people}
    rows = Session.objects.using(using)
    theirs = [row.pk for row in rows.iterator() if not wanted.isdisjoint(_people_in(row.get_decoded()))]
    for keys in batched(theirs, 500):
        rows.filter(pk__in=keys).delete()
    return len(theirs)


def _people_in(session: dict[str, Any]) -> Iterator[str]:
    """Who is signed in; and who has begun to, by allauth's two notes of it."""
    yield session.get(SESSION_KEY, "")
    yield session.get(_AUTHENTICATION_METHODS_USER_SESSION_KEY, "")
    if pending := session.get(LOGIN_SESSION_KEY, {}).get("user_pk"):
        yield str(url_str_to_user_pk(pending))


@transaction.atomic
def end_sessions(person: User, besides: str | None = None) -> None:
    """Sign somebody out at once, everywhere but in the session with the key `besides`."""
    rows = UserSession.objects.filter(user_id=person.pk).exclude(session_key=besides or "")
    Session.objects.filter(session_key__in=list(rows.values_list("session_key", flat=True))).delete()
    rows.delete()


@transaction.atomic
def end_sessions_past_provider(company: Company) -> None:
    """Where its provider is the only way in: sign out everybody of the company who came in another way, but for those
    who may."""
    rows = UserSession.objects.filter(user__in=company.users.filter(is_break_glass=False))
    for keys in batched(rows.values_list("session_key", flat=True), 500):
        stored = Session.objects.filter(session_key__in=keys)
        ended = [session.pk for session in stored if not session.get_decoded().get(BY_PROVIDER)]
        Session.objects.filter(session_key__in=ended).delete()
        UserSession.objects.filter(session_key__in=ended).delete()
