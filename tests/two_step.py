"""Factors of the people in the tests: an authenticator app, recovery codes, passkeys."""

import json
import secrets
import time

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.urls import reverse
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from tests.world import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_of(secret=SECRET, ahead=0):
    """What an authenticator app shows now, or so many periods ahead."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))


def give_app(person):
    """Set up an authenticator app, with recovery codes. Returns these."""
    TOTP.activate(person, SECRET)
    return RecoveryCodes.activate(person).get_unused_codes()


def give_passkey(person, name="Laptop"):
    """Set up a passkey. Returns it as the database has it."""
    return Passkey(person).stored(name)


class Passkey:
    """A passkey of this person, for http://localhost, whose finger is always on it."""

    SITE, HOST = "http://localhost", "localhost"

    def __init__(self, person):
        self.person = person
        self.id = secrets.token_bytes(16)
        self.key = ec.generate_private_key(ec.SECP256R1())

    def stored(self, name="Laptop"):
        credential = self.registration(secrets.token_bytes(32))
        data = {"name": name, "credential": credential}
        return Authenticator.objects.create(user=self.person, type=Authenticator.Type.WEBAUTHN, data=data)

    def registration(self, challenge):
        """What a browser sends when a passkey was made."""
        cose = ES256.from_cryptography_key(self.key.public_key())
        facts = AuthenticatorData.create(
            sha256(self.HOST.encode()),
            0x45,  # somebody is there, verified, and a key comes along
            1,
            AttestedCredentialData.create(Aaguid.NONE, self.id, cose),
        )
        client = CollectedClientData.create("webauthn.create", challenge, self.SITE)
        return self._sent(clientDataJSON=client, attestationObject=AttestationObject.create("none", facts, {}))

    def assertion(self, challenge, handle=None):
        """What a browser sends when it was used."""
        facts = AuthenticatorData.create(sha256(self.HOST.encode()), 0x05, 2)
        client = CollectedClientData.create("webauthn.get", challenge, self.SITE)
        signature = self.key.sign(facts + client.hash, ec.ECDSA(SHA256()))
        handle = user_pk_to_url_str(self.person) if handle is None else handle
        return self._sent(
            clientDataJSON=client, authenticatorData=facts, signature=signature, userHandle=handle.encode()
        )

    def _sent(self, **response):
        return {
            "type": "public-key",
            "id": websafe_encode(self.id),
            "rawId": websafe_encode(self.id),
            "response": {name: websafe_encode(part) for name, part in response.items()},
            "clientExtensionResults": {"credProps": {"rk": True}},
        }


def challenge_of(options):
    return websafe_decode(options["publicKey"]["challenge"])


# At a browser


def sign_in(client, person, password=PASSWORD):
    """The first step, by the form. Returns the answer."""
    client.logout()
    return client.post(reverse("account_login"), {"login": person.email, "password": password})


def is_signed_in(client):
    return "_auth_user_id" in client.session


def prove(client):
    """Type the password once more, as before factors are changed."""
    return client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def sign_in_by(client, passkey, **changes):
    """Sign in by a passkey alone, at localhost. Returns the answer."""
    address = reverse("mfa_login_webauthn")
    options = client.get(address, headers={"Accept": "application/json"}, HTTP_HOST="localhost").json()
    sent = passkey.assertion(challenge_of(options["request_options"]), **changes)
    return client.post(address, {"credential": json.dumps(sent)}, HTTP_HOST="localhost")
