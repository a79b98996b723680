from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse


class AccountAdapter(DefaultAccountAdapter):
    """How Velory bends allauth: people are added by their company's admins, never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Support staff work in the Django admin, everybody else begins at My devices."""
        return reverse("admin:index" if getattr(request.user, "is_staff", False) else "devices:mine")

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing on signing in and out: the page shows it."""
        template = kwargs.get("message_template") or (args[2] if len(args) > 2 else "")
        if template not in (
            "account/messages/logged_in.txt",
            "account/messages/logged_out.txt",
        ):
            super().add_message(*args, **kwargs)
