"""Signing in and out, as the company's audit log tells it.

Support staff belong to no company, so their sign-ins stand in none. Nor does a try with an address that nobody of a
company has joined with: whose log should it be, and an address that somebody mistyped is nobody else's business.
"""

from collections.abc import Mapping
from typing import Any

from allauth.account.signals import password_changed, password_reset
from allauth.account.signals import user_logged_in as came_in
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.cache import cache
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from .background import soon
from .models import User
from .models.audit import record
from .scope import company_scope, look_for
from .sessions import BY_PROVIDER
from .text import clean_email

# Seconds in which somebody's further failures to sign in are no news. Strangers cause these lines, and a log forgets
# nothing: without a bound, whoever knows an address could let it grow without end.
QUIET = 60 * 60


def tell(about: User | None, kind: str, **names: Any) -> None:
    """Put a line about this person into the log of their company, where they have one.

    Their row is locked before the company's, as by every act on a person. What follows in the transaction would lock it
    too late: signing in stores when it was, signing out deletes a session.
    """
    if about is not None and about.company_id is not None:
        with transaction.atomic(), company_scope(about.company_id):
            list(User.objects.select_for_update(no_key=True).filter(pk=about.pk).values_list("pk"))
            record(about.company_id, kind, by=about, **names)


@receiver(user_logged_in)
def signed_in(user: User, request: HttpRequest | None = None, **kwargs: Any) -> None:
    came_by_provider = getattr(request, "came_by_provider", False)
    tell(user, "sign_in_sso_done" if came_by_provider else "sign_in_done")


@receiver(came_in)
def remember_way(request: HttpRequest, single_sign_on: bool = False, **kwargs: Any) -> None:
    """For the day on which the company's provider becomes the only way in."""
    request.session[BY_PROVIDER] = single_sign_on


@receiver(user_logged_out)
def signed_out(user: User | None, **kwargs: Any) -> None:
    tell(user, "sign_in_ended")


def not_signed_in(credentials: Mapping[str, Any]) -> None:
    """Somebody did not know the password: allauth tells our adapter. Django's own signal comes for a password that is
    right, too, where its owner is deactivated.

    In the background, for every address: whose it is, and whether there is a line to write, must not tell by the time
    of the answer.
    """
    email = clean_email(str(credentials.get("email", "")))
    soon(lambda: tell_of_failure(email))


def tell_of_failure(email: str) -> None:
    """A line about whoever has joined with this address, unless one of the last hour tells the same already."""
    with transaction.atomic():
        look_for(email)
        tell_now_and_then(User.objects.filter(email=email, joined_at__isnull=False).first() if email else None)


def tell_now_and_then(person: User | None, kind: str = "sign_in_failed") -> None:
    """`tell`, but one line of the kind for each person in an hour: others could make the log grow for ever, which
    forgets nothing."""
    if person is not None and cache.add(f"{kind}:{person.pk}", True, QUIET):
        tell(person, kind, person=person)


@receiver(password_changed)
def changed_password(user: User, **kwargs: Any) -> None:
    tell(user, "sign_in_password_changed")


@receiver(password_reset)
def reset_password(user: User, **kwargs: Any) -> None:
    tell(user, "sign_in_password_reset")
