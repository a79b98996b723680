"""Secrets that the database has to keep and that nobody should read there: sealed with a key made from SECRET_KEY.

A dump, a take-out or a log of the database then holds nothing that could be used. What was sealed with an earlier key
can be read as long as that key stands in SECRET_KEY_FALLBACKS; `manage.py reseal` seals it anew. A column for such a
secret is named `sealed_…`, by which the command finds it.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(Exception):
    """It was sealed with a key that Velory does not have any more, too long ago, or never."""


def seal(text: str) -> str:
    return seal_bytes(text.encode())


def unseal(text: str) -> str:
    """What was sealed. Raises Unreadable."""
    return unseal_bytes(text).decode()


def seal_bytes(content: bytes) -> str:
    return _seals().encrypt(content).decode()


def unseal_bytes(text: str, *, seconds: int | None = None) -> bytes:
    """What was sealed, not longer ago than so many seconds where that is said. Raises Unreadable."""
    try:
        return _seals().decrypt(text.encode(), ttl=seconds)
    except InvalidToken as error:
        raise Unreadable from error


def reseal(text: str) -> str:
    """The same, sealed with SECRET_KEY itself. Raises Unreadable."""
    try:
        return _seals().rotate(text.encode()).decode()
    except InvalidToken as error:
        raise Unreadable from error


def _seals() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(f"accounts.sealed{key}".encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
