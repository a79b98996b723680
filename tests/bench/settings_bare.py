"""The least that a Django page of a table can be, to measure Velory's against: session, user, one query, the rows. The
database is asked as Django asks by itself, without plans that are kept."""

from pathlib import Path

from tests.production.settings import *  # noqa: F403
from tests.production.settings import DATABASES, TEMPLATES

ROOT_URLCONF = "tests.bench.bare"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # it refuses to be installed without
]
TEMPLATES = [TEMPLATES[0] | {"DIRS": [Path(__file__).parent / "templates"], "APP_DIRS": False, "OPTIONS": {}}]
for _database in DATABASES.values():
    for _option in ("server_side_binding", "prepare_threshold"):
        _database["OPTIONS"].pop(_option, None)
