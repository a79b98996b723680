from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from .models import User


class EmailBackend(AuthenticationBackend):
    """Signs in by email and password, and loads each request's person together with their company."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Active, and joined: who has an address that they have not claimed yet is nobody's account."""
        return super().user_can_authenticate(user) and user.has_joined

    def get_user(self, user_id: int) -> User | None:
        user = User.objects.select_related("company").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
