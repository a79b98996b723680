"""Signatures by a key that is kept outside the database: Ed25519, so that whoever has the public key can check them."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core import checks

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ALGORITHM = "Ed25519"


class NoKey(Exception):
    """The file of `CHECKPOINT_KEY_FILE` holds no key that signs. `str()` says how to mend it."""


@cache
def _read_key(path: str) -> "Ed25519PrivateKey":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(Path(path).read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise NoKey(f"CHECKPOINT_KEY_FILE: {path} can't be read as a key: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise NoKey(f"CHECKPOINT_KEY_FILE: {path} is no Ed25519 key. openssl genpkey -algorithm ed25519 makes one.")
    return key


def sign(content: bytes) -> dict[str, str] | None:
    """The signature of these bytes with what is needed to check it, in hex; None where no key is set. Raises NoKey."""
    if not settings.CHECKPOINT_KEY_FILE:
        return None
    key = _read_key(settings.CHECKPOINT_KEY_FILE)
    public = key.public_key().public_bytes_raw().hex()
    return {"algorithm": ALGORITHM, "public_key": public, "signature": key.sign(content).hex()}


def own_public_key() -> str | None:
    """The public key of this installation in hex; None where no key is set. Raises NoKey."""
    signature = sign(b"")
    return signature["public_key"] if signature else None


def is_signed(content: bytes, signature: str, public_key: str) -> bool:
    """Whether the signature of these bytes is that key's. Both in hex; nonsense is no signature."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(bytes.fromhex(signature), content)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


@checks.register
def check_key(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Refuse to start with a key that does not sign, which would only be found out at the first download."""
    try:
        own_public_key()
    except NoKey as error:
        return [checks.Error(str(error), id="velory.E010")]
    return []
