"""Somebody who asks a server (tests/server.py) over one connection that stays open, and looks at the clock."""

import http.client
import json
import os
import re
import subprocess
import sys
from http.cookies import SimpleCookie
from time import perf_counter
from urllib.parse import urlencode

from tests.server import ROOT, as_owner, manage

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


class Asking:
    """`cookies` of somebody who has signed in; what comes back is kept, as a browser does. `headers` are those of the
    last answer."""

    def __init__(self, server, cookies):
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self._cookies = dict(cookies)

    def ask(self, address, fields=None):
        """GET, or POST of the fields with the token against forgery. Returns status, text, and the seconds it took."""
        headers, body = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}, None
        if fields is not None:
            body = urlencode({"csrfmiddlewaretoken": self._token(), **fields})
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = perf_counter()
        self._connection.request("GET" if fields is None else "POST", address, body, headers)
        response = self._connection.getresponse()
        text = response.read()
        took = perf_counter() - began
        self.headers = response.headers
        for line in response.headers.get_all("Set-Cookie", []):
            self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return response.status, text.decode(errors="replace"), took

    def forget_messages(self):
        """As after a page that has shown them."""
        self._cookies = {name: value for name, value in self._cookies.items() if not name.endswith("messages")}

    def _token(self):
        """Any that the cookie answers for; the cookie itself is one."""
        return next(value for name, value in self._cookies.items() if name.endswith("csrf"))


def migrated_file(folder):
    """An SQLite file in the folder, with all tables. Returns its installation."""
    address = f"sqlite:///{folder}/bench.sqlite3"
    where = {
        "DATABASE_URL": address,
        "DATABASE_OWNER_URL": address,
        "DJANGO_SETTINGS_MODULE": "tests.production.settings",
    }
    manage(where, "migrate", "--verbosity", "0")
    return where


def filled(where, module, call="fill()"):
    """Lets `module.fill()` put rows into that database, by the role that may, and returns what it says."""
    return told(as_owner(where), module, call)


def told(where, module, call):
    """What a function of the module returns in a process of its own, on that database."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE")}
    command = f"import django, json; django.setup(); import {module} as module; print(json.dumps(module.{call}))"
    answer = subprocess.run(
        [sys.executable, "-c", command],
        cwd=ROOT,
        env=environment | where,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(answer.stdout.splitlines()[-1])


def cookies_of(person):
    """The cookies of this person after signing in."""
    from django.conf import settings
    from django.middleware.csrf import _get_new_csrf_string
    from django.test import Client

    client = Client()
    client.force_login(person)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {settings.SESSION_COOKIE_NAME: session, settings.CSRF_COOKIE_NAME: _get_new_csrf_string()}
