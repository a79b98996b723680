"""What Velory says to a company's provider by SAML 2.0: the question goes by redirect, the answer comes in a form that
the provider lets somebody's browser send.

python3-saml makes the question, reads XML without document types or entities, and verifies signature and conditions of
the answer. What the standard asks for and it lets pass, is asked for here. Nothing is fetched: all that is known of a
provider was read from its metadata.
"""

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.core import signing
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from lxml import etree
from onelogin.saml2.authn_request import OneLogin_Saml2_Authn_Request
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings, validate_url
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML
from onelogin.saml2.xmlparser import DTDForbidden

from accounts import clock
from accounts.models import SingleSignOn
from accounts.sealed import Unreadable, seal, unseal
from accounts.text import clean_email

from .protocols import Here, ProviderProblem, SignInEnded, entity_id, is_trusted, response_address

BYTES = 2**18  # of metadata and of an answer
SECONDS = 60  # from the provider's form to our page, which follows at once
REMEMBERED = 60 * 60  # seconds that a question is known to be answered: longer than any browser keeps it
RSA_BITS = 2048
CERTIFICATES = 10
SALT = "accounts.saml"

_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
# What providers call these, in lower case; the first that says something counts.
EMAIL = (
    "mail",
    "email",
    "emailaddress",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "urn:oid:1.2.840.113549.1.9.1",
    f"{_CLAIMS}emailaddress",
)
NAME = (
    "displayname",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "http://schemas.microsoft.com/identity/claims/displayname",
    "cn",
    "urn:oid:2.5.4.3",
)
GIVEN_NAME = ("givenname", "firstname", "urn:oid:2.5.4.42", f"{_CLAIMS}givenname")
SURNAME = ("surname", "sn", "lastname", "urn:oid:2.5.4.4", f"{_CLAIMS}surname")


# Metadata


class Metadata(NamedTuple):
    """What a provider says of itself: its entity ID, where people sign in, and the certificates (DER in base64) of the
    keys that it signs with; several, while one follows another."""

    issuer: str
    sign_in_address: str
    certificates: list[str]


def read_metadata(xml: bytes) -> Metadata:
    """Raises ValidationError, which says what is wrong with it."""
    if len(xml) > BYTES:
        raise ValidationError(_("This is too much. Take the metadata of your provider alone, of at most 256 KB."))
    try:
        root = OneLogin_Saml2_XML.to_etree(xml)
    except DTDForbidden as error:
        raise ValidationError(_("This has a document type (<!DOCTYPE), which metadata has not.")) from error
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ValidationError(
            _("This is no XML. Take the whole metadata, from its first character to its last.")
        ) from error
    providers = _find(root, "descendant-or-self::md:EntityDescriptor[md:IDPSSODescriptor]")
    if not providers:
        raise ValidationError(_("This describes no provider that people sign in at (IDPSSODescriptor)."))
    if len(providers) > 1:
        raise ValidationError(_("This describes several providers. Take the metadata of yours alone."))
    provider = providers[0]
    issuer = (provider.get("entityID") or "").strip()
    if not 0 < len(issuer) <= 500:
        raise ValidationError(_("Your provider has no entity ID in it, or one of more than 500 letters."))
    return Metadata(issuer, _sign_in_address(provider), _certificates(provider))


def _find(node: Any, path: str) -> list[Any]:
    return OneLogin_Saml2_XML.query(node, path)


def _sign_in_address(provider: Any) -> str:
    services = _find(provider, f"md:IDPSSODescriptor/md:SingleSignOnService[@Binding='{Names.BINDING_HTTP_REDIRECT}']")
    if not services:
        raise ValidationError(_("Your provider names no address for signing in by redirect (HTTP-Redirect)."))
    address = (services[0].get("Location") or "").strip()
    is_safe = is_trusted(address) and validate_url(address, allow_single_label_domain=True)
    if not is_safe or len(address) > 500 or urlsplit(address).username is not None or urlsplit(address).fragment:
        text = _("The address for signing in has to begin with https://: %(address)s")
        raise ValidationError(text % {"address": address[:100]})
    return address


def _certificates(provider: Any) -> list[str]:
    path = "md:IDPSSODescriptor/md:KeyDescriptor[not(@use) or @use='signing']/ds:KeyInfo/ds:X509Data/ds:X509Certificate"
    found = dict.fromkeys("".join((node.text or "").split()) for node in _find(provider, path))
    if not found:
        raise ValidationError(_("Your provider has no certificate for signatures in it."))
    if len(found) > CERTIFICATES:
        text = _("Your provider has more than %(number)d certificates in it.")
        raise ValidationError(text % {"number": CERTIFICATES})
    for text in found:
        try:
            key = _loaded(text).public_key()
        except (ValueError, UnsupportedAlgorithm) as error:
            raise ValidationError(_("One of its certificates can’t be read.")) from error
        if not isinstance(key, RSAPublicKey | EllipticCurvePublicKey):
            raise ValidationError(_("One of its certificates is neither for RSA nor for an elliptic curve."))
        if isinstance(key, RSAPublicKey) and key.key_size < RSA_BITS:
            text = _("The key of one of its certificates has fewer than %(number)d bits.")
            raise ValidationError(text % {"number": RSA_BITS})
    return list(found)


def _loaded(certificate: str) -> x509.Certificate:
    return x509.load_der_x509_certificate(base64.b64decode(certificate, validate=True))


class Certificate(NamedTuple):
    """A certificate as an admin compares it with what their provider shows."""

    fingerprint: str  # SHA-256
    ends: datetime

    @property
    def has_ended(self) -> bool:
        """Told and not enforced: the key counts, and providers go on signing with it."""
        return self.ends <= clock.now()


def certificates_of(sso: SingleSignOn) -> list[Certificate]:
    loaded = [_loaded(text) for text in sso.certificates]
    return [Certificate(one.fingerprint(hashes.SHA256()).hex(":").upper(), one.not_valid_after_utc) for one in loaded]


# Signing in. What is wrong with an answer is for the log alone, so it stays English.


class SAMLProvider:
    """A company's provider, as its metadata describes it."""

    def __init__(self, sso: SingleSignOn, here: Here) -> None:
        self.sso = sso
        self.entity_id = entity_id(sso.company_id, here)
        self.response_address = response_address(sso.company_id, here)
        try:
            self._settings = OneLogin_Saml2_Settings(self._described())
        except OneLogin_Saml2_Error as error:
            raise ProviderProblem(str(error)[:200]) from error

    def _described(self) -> dict[str, Any]:
        return {
            "strict": True,
            "sp": {"entityId": self.entity_id, "assertionConsumerService": {"url": self.response_address}},
            "idp": {
                "entityId": self.sso.issuer,
                # It is written into the question as it stands here.
                "singleSignOnService": {"url": escape(self.sso.sign_in_address)},
                "x509certMulti": {"signing": list(self.sso.certificates)},
            },
            "security": {
                "wantAssertionsSigned": True,
                "rejectDeprecatedAlgorithm": True,  # SHA-1
                "wantAttributeStatement": False,
                "requestedAuthnContext": False,  # how people sign in there is the company's business
                "allowRepeatAttributeName": True,
                "allowSingleLabelDomains": True,
            },
        }

    def begin(self) -> tuple[str, dict[str, str]]:
        question = OneLogin_Saml2_Authn_Request(self._settings)
        address = self.sso.sign_in_address
        query = urlencode({"SAMLRequest": question.get_request()})
        return f"{address}{'&' if '?' in address else '?'}{query}", {"request": question.get_id()}

    def sealed(self, response: str) -> str:
        """The answer that somebody's browser has sent, verified but for the question: `who_came` looks whether this
        very browser has asked it. For it came from the provider's page, so none of our cookies came with it
        (SameSite), and it may as well be somebody else's answer."""
        said = {"company": self.sso.company_id, **self._verified(response)}
        return seal(signing.dumps(said, salt=SALT, compress=True))

    def who_came(self, answer: Mapping[str, str], kept: Mapping[str, str]) -> dict[str, Any]:
        try:
            said = signing.loads(unseal(answer.get("answer", "")), salt=SALT, max_age=SECONDS)
        except (Unreadable, signing.BadSignature) as error:
            raise ProviderProblem("The answer is not what the provider sent, or too old.") from error
        is_ours = secrets.compare_digest(said["request"].encode(), kept["request"].encode())
        if said["company"] != self.sso.company_id or not is_ours:
            raise ProviderProblem("The answer belongs to another attempt to sign in.")
        if not cache.add(f"saml-{kept['request']}", True, REMEMBERED):
            raise ProviderProblem("The answer has been used already.")
        return said["claims"]

    def _verified(self, response: str) -> dict[str, Any]:
        """The question that is answered, and the claims. Raises ProviderProblem."""
        if len(response) > BYTES:
            raise ProviderProblem("The answer is too long.")
        parts = urlsplit(self.response_address)
        received = {
            "https": "on" if parts.scheme == "https" else "off",
            "http_host": parts.netloc,
            "script_name": parts.path,
        }
        try:
            answer = OneLogin_Saml2_Response(self._settings, response)
            answer.check_status()
            # It catches whatever goes wrong within, and keeps the reason.
            if not answer.is_valid(received):
                raise ProviderProblem(str(answer.get_error())[:200])
            return {"request": self._question(answer), "claims": _claims(answer)}
        except OneLogin_Saml2_ValidationError as error:
            ended = error.code == OneLogin_Saml2_ValidationError.STATUS_CODE_IS_NOT_SUCCESS
            raise (SignInEnded if ended else ProviderProblem)(str(error)[:200]) from error
        except OneLogin_Saml2_Error as error:
            raise ProviderProblem(str(error)[:200]) from error
        except (etree.XMLSyntaxError, ValueError) as error:
            raise ProviderProblem("The answer is no XML.") from error

    def _question(self, answer: Any) -> str:
        """Which question of ours the assertion answers, in its own signed words: those around it anybody can write.

        The standard has the audience, the recipient, the question and the end in each answer to a question. Where one
        is missing python3-saml does not miss it.
        """
        if self.entity_id not in answer.get_audiences():
            raise ProviderProblem("The answer is meant for somebody else (audience).")
        bearer = f"saml:SubjectConfirmation[@Method='{Names.CM_BEARER}']/saml:SubjectConfirmationData"
        confirmed = _find(answer.get_xml_document(), f"/samlp:Response/saml:Assertion/saml:Subject/{bearer}")
        if len(confirmed) != 1 or not confirmed[0].get("NotOnOrAfter"):
            raise ProviderProblem("The answer does not say until when it counts.")
        if confirmed[0].get("Recipient") != self.response_address:
            raise ProviderProblem("The answer is meant for another address (recipient).")
        if not (question := confirmed[0].get("InResponseTo")):
            raise ProviderProblem("Nobody asked: signing in begins at Velory.")
        return question


def _claims(answer: Any) -> dict[str, str]:
    """What a verified answer says about somebody. None longer than anything that could be kept, as it goes by an
    address."""
    if _find(answer.get_xml_document(), "//saml:EncryptedID"):
        raise ProviderProblem("The provider encrypts names, for which Velory has no key.")
    name_id = answer.get_nameid_data()
    form = name_id.get("Format")
    if form == Names.NAMEID_TRANSIENT:
        raise ProviderProblem("The provider names people anew each time (transient). Choose a name that lasts.")
    subject = name_id["Value"].strip()
    if form == Names.NAMEID_EMAIL_ADDRESS:
        subject = clean_email(subject)
    said = {name.lower(): values for name, values in answer.get_attributes().items()}
    email = _first(said, EMAIL) or (subject if form == Names.NAMEID_EMAIL_ADDRESS else "")
    name = _first(said, NAME) or f"{_first(said, GIVEN_NAME)} {_first(said, SURNAME)}".strip()
    return {"sub": subject[:256], "email": email[:256], "name": name[:150]}


def _first(said: Mapping[str, Sequence[Any]], names: Sequence[str]) -> str:
    values = (value for name in names for value in said.get(name, ()))
    return next((value for value in values if isinstance(value, str)), "")
