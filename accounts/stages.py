from typing import Any

from allauth.mfa.stages import AuthenticateStage

from .two_step import needs_two_step


class SecondStep(AuthenticateStage):
    """The second step of a sign-in. Whoever comes from their company's provider has taken it there; it is asked for
    here all the same where the company requires it of them (docs/decisions.md)."""

    def handle(self) -> tuple[Any, bool]:
        came_by_provider = (self.login.signal_kwargs or {}).get("single_sign_on")
        if came_by_provider and not needs_two_step(self.login.user):
            return None, True
        return super().handle()
