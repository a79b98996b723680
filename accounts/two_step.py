"""Two-step sign-in: who uses it, who has to, and what each of their factors is.

allauth keeps the factors (`Authenticator`), one row each: an authenticator app, the recovery codes, any number of
passkeys. Its models load after ours, so this module is imported where it is needed and not by our models.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from .models import User
from .sealed import Unreadable

Type = Authenticator.Type
# What somebody can do the second step with. Recovery codes only stand in for one of these.
SECOND_STEPS = (Type.TOTP, Type.WEBAUTHN)
# What of a factor is secret, and sealed. (A passkey's secret is never here.)
SECRETS = {Type.TOTP: "secret", Type.RECOVERY_CODES: "seed"}


@dataclass
class Factors:
    """What somebody signs in with beside their password."""

    app: Authenticator | None = None
    codes: Authenticator | None = None
    passkeys: list[Authenticator] = field(default_factory=list)

    @property
    def are_there(self) -> bool:
        return self.app is not None or bool(self.passkeys)

    @property
    def codes_left(self) -> int:
        """None are left, either, where they were sealed with a key that is lost."""
        with suppress(Unreadable):
            return len(self.codes.wrap().get_unused_codes()) if self.codes else 0
        return 0


def lock_factors(people: Iterable[User]) -> None:
    """Before the people themselves, as whoever signs in by a factor locks it first. Within a transaction."""
    rows = Authenticator.objects.filter(user__in=[person.pk for person in people]).order_by("pk")
    list(rows.select_for_update(of=("self",)).values_list("pk"))


def factors_of(person: User) -> Factors:
    """All factors of a person, in one query."""
    factors = Factors()
    for row in Authenticator.objects.filter(user_id=person.pk).order_by("created_at", "pk"):
        if row.type == Type.TOTP:
            factors.app = row
        elif row.type == Type.WEBAUTHN:
            factors.passkeys.append(row)
        else:
            factors.codes = row
    return factors


def uses_two_step(person: User) -> bool:
    return Authenticator.objects.filter(user_id=person.pk, type__in=SECOND_STEPS).exists()


def needs_two_step(person: User) -> bool:
    """Whether their company wants it of its IT admins, or the installation of its support staff."""
    if person.company is None:
        return settings.SUPPORT_NEEDS_TWO_STEP
    return person.is_admin and person.company.admins_need_two_step


def owes_two_step(person: User | AnonymousUser) -> bool:
    """Whether somebody who is signed in has to set it up before anything else."""
    return isinstance(person, User) and needs_two_step(person) and not uses_two_step(person)


def remove_factors(person: User) -> None:
    """From now on a password is enough for this person."""
    Authenticator.objects.filter(user_id=person.pk).delete()
