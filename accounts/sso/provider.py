"""What Velory says to a company's provider: OpenID Connect's authorization code flow, with state, nonce and PKCE.

Authlib makes and checks what the standards ask for. The addresses come from a company's admin and from the provider
itself, and so does whatever is said there: it is asked carefully (asking.py), and nothing that it says is an error of
ours (`_problems`).
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from time import monotonic
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2 import OAuth2Error
from authlib.oidc.core import CodeIDToken
from django.utils.translation import gettext as _
from joserfc import jwt
from joserfc.jwk import KeySet

from accounts.models import SingleSignOn
from accounts.sealed import Unreadable

from .asking import Careful
from .protocols import Here, ProviderAway, ProviderProblem, SignInEnded, callback_address, is_trusted

SECONDS = 8  # for all that a page of ours asks: coming back makes up to four requests
# Signed with the provider's private key. Not HS256, where the client secret would do, and never "none".
ALGORITHMS = [f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)]
CLOCKS_DIFFER = 60  # seconds


@dataclass(frozen=True)
class Attempt:
    """What a browser keeps while somebody is at the provider, so that the answer can be tied to the question."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> "Attempt":
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))

    as_dict = asdict


def _json(session: OAuth2Session, address: str) -> dict[str, Any]:
    """What the provider publishes at this address."""
    answer = session.get(address, withhold_token=True)
    answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


@contextmanager
def _problems() -> Iterator[None]:
    """Whatever goes wrong on the way to the provider and back is a ProviderProblem, told without what it said."""
    try:
        yield
    except ProviderProblem:
        raise
    except requests.exceptions.SSLError as error:
        text = _(
            "There is no safe connection to the provider. Its certificate may have ended, be for another name, or come "
            "from an authority that is not known here."
        )
        raise ProviderAway(text) from error
    except (requests.exceptions.ConnectionError, requests.exceptions.Timeout) as error:
        raise ProviderAway(_("The provider does not answer, or is not at a public address.")) from error
    except requests.exceptions.HTTPError as error:
        kind = ProviderAway if error.response.status_code >= 500 else ProviderProblem
        raise kind(_("The provider answers with %(status)s.") % {"status": error.response.status_code}) from error
    except (OAuthError, OAuth2Error) as error:
        word = error.error[:100] if isinstance(error.error, str) else type(error).__name__
        raise ProviderProblem(_("The provider refuses: %(error)s") % {"error": word}) from error
    except Exception as error:  # three libraries read what anybody may have written, a thousand brackets for example
        words = {"error": type(error).__name__}
        raise ProviderProblem(_("What the provider says can't be believed (%(error)s).") % words) from error


class OpenIDProvider:
    """A company's provider, as it describes itself. Making one asks it; raises ProviderProblem, as everything here."""

    @_problems()
    def __init__(self, sso: SingleSignOn, here: Here) -> None:
        self.sso = sso
        self._redirect_uri = callback_address(here)
        self._until = monotonic() + SECONDS
        self.metadata = _json(self._session(), sso.issuer.rstrip("/") + "/.well-known/openid-configuration")
        self.issuer = str(self.metadata.get("issuer"))
        if self.issuer.rstrip("/") != sso.issuer.rstrip("/"):
            raise ProviderProblem(_("The provider calls itself otherwise: %(issuer)s") % {"issuer": self.issuer[:200]})
        for endpoint in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not is_trusted(self.metadata.get(endpoint)):
                raise ProviderProblem(
                    _("The provider names no address with https:// for %(name)s.") % {"name": endpoint}
                )

    @_problems()
    def begin(self) -> tuple[str, dict[str, str]]:
        attempt = Attempt.new()
        address, _state = self._session().create_authorization_url(
            self.metadata["authorization_endpoint"],
            state=attempt.state,
            code_verifier=attempt.verifier,
            nonce=attempt.nonce,
        )
        return address, attempt.as_dict()

    @_problems()
    def who_came(self, answer: Mapping[str, str], kept: Mapping[str, str]) -> dict[str, Any]:
        attempt = Attempt(**kept)
        if not secrets.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise ProviderProblem(_("The answer belongs to another attempt to sign in."))
        if answer.get("iss", self.issuer) != self.issuer:  # RFC 9207
            raise ProviderProblem(_("The answer comes from another provider."))
        if "error" in answer or not answer.get("code"):
            raise SignInEnded(answer.get("error", "")[:100])
        session = self._session(token_endpoint_auth_method=self._auth_method())
        token = session.fetch_token(
            self.metadata["token_endpoint"],
            grant_type="authorization_code",
            code=answer["code"],
            code_verifier=attempt.verifier,
        )
        claims = self._verified(token, _json(session, self.metadata["jwks_uri"]), attempt)
        return claims if "email" in claims else self._asked(session, claims)

    def _session(self, **options: Any) -> OAuth2Session:
        try:
            secret = self.sso.client_secret
        except Unreadable as error:
            raise ProviderProblem(_("The client secret can't be read any more. Please enter it once more.")) from error
        session = OAuth2Session(
            self.sso.client_id,
            secret,
            scope="openid email profile",
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            **options,
        )
        session.max_redirects = 0
        for scheme in ("https://", "http://"):
            session.mount(scheme, Careful(self._until))
        return session

    def _auth_method(self) -> str:
        offered = self.metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"

    def _verified(self, token: dict[str, Any], keys: dict[str, Any], attempt: Attempt) -> dict[str, Any]:
        published: Any = keys
        signed = jwt.decode(token["id_token"], KeySet.import_key_set(published), algorithms=ALGORITHMS)
        client_id = self.sso.client_id
        expected = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": client_id},
        }
        about = {"nonce": attempt.nonce, "client_id": client_id, "access_token": token.get("access_token")}
        CodeIDToken(signed.claims, signed.header, options=expected, params=about).validate(leeway=CLOCKS_DIFFER)
        return signed.claims

    def _asked(self, session: OAuth2Session, claims: dict[str, Any]) -> dict[str, Any]:
        """Some providers tell an address only when asked once more."""
        address = self.metadata.get("userinfo_endpoint")
        if not is_trusted(address):
            return claims
        answer = session.get(address)
        answer.raise_for_status()
        more = answer.json()
        if more.get("sub") != claims["sub"]:
            raise ProviderProblem(_("The provider tells of somebody else."))
        return {**more, **claims}
