"""Links that work once, for choosing a password: to join, or when the old one is forgotten."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils.http import base36_to_int, int_to_base36

from . import clock, scope
from .models import User


class LinkKeys(PasswordResetTokenGenerator):
    """A key is signed over the person's password, address and last sign-in, so it ends with whatever changes one of
    them, its own use first; over the moment at which it was made, so that a newer one or its withdrawal ends it; and
    after PASSWORD_RESET_TIMEOUT.

    Its salt is its own: no such key opens allauth's page for a forgotten password, which would give a password to
    somebody who has not joined.
    """

    key_salt = "accounts.tokens.LinkKeys"

    def new(self, person: User) -> str:
        """A key for this person; those made before open nothing any more."""
        person.link_made_at = clock.now()
        person.save(update_fields=["link_made_at"])
        return self.make_token(person)

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        made = user.link_made_at.timestamp() if user.link_made_at else ""
        return f"{super()._make_hash_value(user, timestamp)}{made}"

    def _now(self) -> datetime:
        return clock.now().astimezone(UTC).replace(tzinfo=None)


link_keys = LinkKeys()


def works_until(person: User) -> datetime | None:
    """When the link that was made for this person last ends by itself; None where there is none."""
    if person.link_made_at is None:
        return None
    return person.link_made_at + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)


def link_path(person: User, key: str) -> str:
    """The address of the page where this person chooses a password, from the root of the site."""
    return reverse("accounts:join", args=[int_to_base36(person.pk), key])


def person_of_link(uidb36: str, key: str) -> User | None:
    """Whose link this is, while it works: they are active, it is unused and not too old."""
    pk = base36_to_int(uidb36)
    scope.recognise(pk)
    person = User.objects.active().filter(pk=pk).first()
    if not link_keys.check_token(person, key):
        return None
    scope.recognise(pk, person.company_id)
    return person
