from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from . import scope
from .compiled import CompiledQuery
from .models import User
from .text import clean_email

_PERSON = CompiledQuery(User, lambda key: User.objects.select_related("company").filter(pk=key).order_by())


class EmailBackend(AuthenticationBackend):
    """Signs in by email and password, and loads each request's person together with their company."""

    def _authenticate_by_email(self, email: str, password: str) -> Any:
        """By the one account with this address, never by a row of somebody who has not joined nor by an earlier
        address, as allauth would. So one password is hashed, whoever knows the address (allauth sees to it where
        nobody does), and the time tells nothing."""
        email = clean_email(email)
        scope.look_for(email)
        person = User.objects.filter(email=email, joined_at__isnull=False).first()
        return self._check_password(person, password)

    def user_can_authenticate(self, user: Any) -> bool:
        """Active, and joined: who has an address that they have not claimed yet is nobody's account."""
        return super().user_can_authenticate(user) and user.has_joined

    def get_user(self, user_id: int) -> User | None:
        try:
            user = _PERSON.get(user_id)
        except User.DoesNotExist:
            return None
        return user if self.user_can_authenticate(user) else None

    def _check_password(self, user: Any, password: str) -> Any:
        """A password that fits is hashed anew now and then, which writes the person's row. Nobody's address asks the
        database as often as somebody's."""
        scope.recognise(getattr(user, "pk", None), getattr(user, "company_id", None))
        signed_in = None if user is None else super()._check_password(user, password)
        if signed_in is None:
            scope.recognise(None)
        return signed_in
