"""A company's provider as the views know it, whichever protocol it speaks: OpenID Connect (provider.py) or SAML
(saml.py). Each is an extra of its own, so this module needs neither."""

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import SingleSignOn

# The address of a page of ours as others know it (`request.build_absolute_uri`).
Here = Callable[[str], str]


class ProviderProblem(Exception):
    """The provider could not be asked, or must not be believed. `str()` says why: to the log, and to whoever tests."""


class ProviderAway(ProviderProblem):
    """It does not answer at the moment."""


class ProviderBusy(ProviderProblem):
    """It was not asked, as too many others are asking."""


class SignInEnded(ProviderProblem):
    """The provider did not let them in, or they turned back there."""


class Provider(Protocol):
    """Who speaks to a company's provider. Both methods raise ProviderProblem."""

    def begin(self) -> tuple[str, dict[str, str]]:
        """Where somebody goes to sign in, and what their browser keeps meanwhile, so that the answer can be tied to
        the question."""

    def who_came(self, answer: Mapping[str, str], kept: Mapping[str, str]) -> dict[str, Any]:
        """What the provider says about whoever comes back with this answer, in the words of OpenID Connect (`sub`,
        `email`, `email_verified`, `name`), verified: it is for us, now, and about what this browser has begun."""


def provider_of(sso: SingleSignOn, here: Here) -> Provider:
    """By OpenID Connect it is asked who it is. Raises ProviderProblem."""
    if sso.protocol not in settings.SSO_PROTOCOLS:
        raise ProviderProblem(_("%(protocol)s is not installed here.") % {"protocol": sso.get_protocol_display()})
    if sso.protocol == SingleSignOn.Protocol.SAML:
        from .saml import SAMLProvider

        return SAMLProvider(sso, here)
    from .provider import OpenIDProvider

    return OpenIDProvider(sso, here)


def callback_address(here: Here) -> str:
    """Where everybody comes back to; the same for every company."""
    return here(reverse("accounts:sso_callback"))


def entity_id(company_id: int, here: Here) -> str:
    """How a company's provider calls us by SAML: where our metadata is. Each company has a name of its own for us, so
    that nothing that one company's provider says can be meant for another."""
    return here(reverse("accounts:saml_metadata", args=[company_id]))


def response_address(company_id: int, here: Here) -> str:
    """Where a company's provider has browsers send its answers by SAML (the assertion consumer service)."""
    return here(reverse("accounts:saml_response", args=[company_id]))


def is_trusted(address: object) -> bool:
    """Whether people and secrets may go to this address: by https, or on an installation without HTTPS to this very
    machine."""
    try:
        parts = urlsplit(str(address))
        host = parts.hostname or ""
        return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)))
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    """A server in production has other things listening there, which its customers have no business with."""
    if settings.HTTPS:
        return False
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
