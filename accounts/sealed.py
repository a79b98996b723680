"""Secrets that the database has to keep and that nobody should read there: sealed with a key made from SECRET_KEY.

A dump, a take-out or a log of the database then holds nothing that could be used. What was sealed with an earlier key
can be read as long as that key stands in SECRET_KEY_FALLBACKS.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(Exception):
    """It was sealed with a key that Velory does not have any more."""


def seal(text: str) -> str:
    return _seals().encrypt(text.encode()).decode()


def unseal(text: str) -> str:
    """What was sealed. Raises Unreadable."""
    try:
        return _seals().decrypt(text.encode()).decode()
    except InvalidToken as error:
        raise Unreadable from error


def _seals() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(f"accounts.sealed{key}".encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
