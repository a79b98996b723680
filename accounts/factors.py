"""Second factors, as the company's audit log tells of them: who sets up, gives up or lacks what they sign in with.

allauth announces most changes of a factor after the transaction that makes them, when a line could be lost. So what was
changed is read off the rows, and its line is stored with it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed
from django.db import transaction
from django.dispatch import receiver

from .models import User
from .receivers import tell
from .two_step import lock_factors

Type = Authenticator.Type
ADDED = {
    Type.TOTP: "sign_in_app_added",
    Type.WEBAUTHN: "sign_in_passkey_added",
    Type.RECOVERY_CODES: "sign_in_codes_made",
}
# Recovery codes go with the last of these, or as new ones are made.
REMOVED = {Type.TOTP: "sign_in_app_removed", Type.WEBAUTHN: "sign_in_passkey_removed"}


@contextmanager
def told(person: User) -> Iterator[None]:
    """Within the block, one transaction, this person changes their factors. The person's row is locked, so that of two
    clicks at the same moment the second finds what the first has done."""
    with transaction.atomic():
        lock_factors([person])
        User.objects.select_for_update(no_key=True).get(pk=person.pk)
        before = _factors(person)
        yield
        after = _factors(person)
        for gone in sorted(before.keys() - after.keys()):
            if kind := REMOVED.get(before[gone]):
                tell(person, kind)
        for new in sorted(after.keys() - before.keys()):
            tell(person, ADDED[after[new]])


def _factors(person: User) -> dict[int, str]:
    return dict(Authenticator.objects.filter(user_id=person.pk).values_list("pk", "type"))


@receiver(authentication_failed)
def wrong_code(user: User, reauthentication: bool, **kwargs: object) -> None:
    tell(user, "sign_in_again_code_failed" if reauthentication else "sign_in_code_failed", person=user)
