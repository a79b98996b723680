"""Velory's own settings, but for static files, which no test collects, and hashing, which takes its time on purpose.
`TEST_HASHER` names another hasher."""

import os

from velory.settings import *  # noqa: F403
from velory.settings import STORAGES

STORAGES |= {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = [os.environ.get("TEST_HASHER") or "django.contrib.auth.hashers.MD5PasswordHasher"]
