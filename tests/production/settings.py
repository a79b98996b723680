"""Velory's own settings, but for static files, which no test collects, and hashing, which takes its time on purpose."""

from velory.settings import *  # noqa: F403
from velory.settings import STORAGES

STORAGES |= {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
