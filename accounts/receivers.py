"""Signing in and out, as the company's audit log tells it.

Support staff belong to no company, so their sign-ins stand in none. Nor does a try with an address that nobody of a
company has joined with: whose log should it be, and an address that somebody mistyped is nobody else's business.
"""

from collections.abc import Mapping
from typing import Any

from allauth.account.signals import password_changed, password_reset
from allauth.account.signals import user_logged_in as came_in
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from .models import User
from .models.audit import record
from .scope import look_for
from .sessions import BY_PROVIDER
from .text import clean_email


def tell(about: User | None, kind: str, **names: Any) -> None:
    """Put a line about this person into the log of their company, where they have one."""
    if about is not None:
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
    right, too, where its owner is deactivated."""
    email = clean_email(str(credentials.get("email", "")))
    with transaction.atomic():
        look_for(email)
        person = User.objects.filter(email=email, joined_at__isnull=False).first() if email else None
        tell(person, "sign_in_failed", person=person)


@receiver(password_changed)
def changed_password(user: User, **kwargs: Any) -> None:
    tell(user, "sign_in_password_changed")


@receiver(password_reset)
def reset_password(user: User, **kwargs: Any) -> None:
    tell(user, "sign_in_password_reset")
