"""The program that pysaml2 signs with. Velory itself does without it."""

import shutil

MISSING = "no xmlsec1 found (Debian: apt-get install xmlsec1)"


def find():
    """Its path, or None."""
    return shutil.which("xmlsec1")
