"""The settings of the test suites: Velory's own, with what is slow or shared between runs replaced.

`DATABASE_URL` decides the database; without one it is SQLite. Nothing else of the environment, and
no `.env`, reaches the tests.
"""

import os
import re
import tempfile
from pathlib import Path

# Files of this very process, which makes none before it needs one: runs side by side never meet.
_files = Path(tempfile.gettempdir(), f"velory-tests-{os.getpid()}")

os.environ.setdefault("DATABASE_URL", f"sqlite:///{_files}.sqlite3")
# Whatever Velory asks the environment for is explained in .env.example. What a test says stays (tests/server.py).
_example = Path(__file__).resolve().parent.parent / ".env.example"
_said = os.environ.get("TEST_SAYS", "").split()
for _name in set(re.findall(r"^#?([A-Z_]+)=", _example.read_text(), re.MULTILINE)) - {"DATABASE_URL", *_said}:
    os.environ.pop(_name, None)
os.environ.pop("DEMO", None)
os.environ |= {
    "ENV_FILE": "",
    "DEBUG": "false",
    "HTTPS": "false",
    "SECRET_KEY": "a-key-for-tests-that-nobody-would-use-for-anything-else",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "SUPPORT_CONTACT": "support@velory.example",
    "DATABASE_SUPPORT_URL": os.environ["DATABASE_URL"],
}

from velory.settings import *  # noqa: E402, F403
from velory.settings import DATABASES, STORAGES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in earnest: in memory, threads would share one connection and nothing could be locked.
    DATABASES["default"]["TEST"] = {"NAME": f"{_files}-test.sqlite3"}
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"

# On PostgreSQL the tests own the database and look at it with the owner's eyes; each request goes by the role that it
# has in earnest (conftest).
DATABASES = {"default": DATABASES["default"]}
DATABASE_ROLES = {"app": "velory_app", "support": "velory_support"}

# At once, so that a test sees what came of it.
WORK_IN_BACKGROUND = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# In memory: counts of sign-ins don't outlive `cache.clear()`, and cost no statement in a query count.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
# Static files straight from where they lie, so that no suite needs collectstatic.
STORAGES |= {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
