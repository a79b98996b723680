"""Somebody of another company, or nobody, who tries real ids of Acme's (tests/test_strangers.py)."""

import logging
import re
import time
from typing import NamedTuple
from urllib.parse import quote_plus

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client, override_settings

from accounts.models import Payor, Space, User
from accounts.tokens import link_keys
from devices.models import Device
from repairs.models import MDMRelease, Repair
from tests.factories import DeviceFactory, PayorFactory, SpaceFactory, UserFactory
from tests.test_routes import IN_COOKIES, IN_ROWS, secrets_of, text_of
from tests.two_step import give_passkey
from velory.logs import JsonFormatter, WithinRequest

MISSING = 987_654_321
SELDOM = "Kalibreringsrigg"  # stands in what Acme's people wrote, and nowhere else


class Pair(NamedTuple):
    """Something of Acme's, and the like of it that nobody has."""

    foreign: str
    missing: str


class Foreign:
    """Something of everything that Acme has: `numbers` are pairs of ids, `words` pairs of texts, and `secrets` what
    nobody else may ever read."""

    def __init__(self, world):
        _keep_keys_apart()
        acme, admin = world.acme, world.admin
        self.user = UserFactory(company=acme, full_name=f"Vera {SELDOM}", email="vera@acme.example")
        link_keys.new(self.user)
        self.space = SpaceFactory(company=acme, name=f"Room {SELDOM}")
        self.payor = PayorFactory(company=acme, name=f"Payor {SELDOM}")
        self.passkey = give_passkey(self.user, f"Key {SELDOM}")
        name = f"Device {SELDOM}"  # a number more in it would be another company's "Device 21", too
        device = DeviceFactory(by=admin, name=name, holder=self.user, payor=self.payor, serial_number="KAL-0815")
        device = device.add_note(f"Note {SELDOM}", by=admin)
        device = device.move("report", by=admin, description=f"Why {SELDOM}")
        self.device = device.move("take_in", by=admin)
        self.repair = Repair.objects.get(device=device)
        self.release = MDMRelease.objects.get(repair=self.repair)
        acme.repair_instructions = f"Leave it {SELDOM}"
        acme.save()
        # By the names of the fields that take them, or nearly.
        self.numbers = {row._meta.model_name: Pair(str(row.pk), str(MISSING)) for row in self._rows()}
        self.numbers |= {
            "holder": Pair(f"user-{self.user.pk}", f"user-{MISSING}"),
            "shelf": Pair(f"space-{self.space.pk}", f"space-{MISSING}"),
            "token": Pair(str(self.device.uuid), "00000000-0000-4000-8000-000000000000"),
            "person": Pair(str(self.user.pk), str(MISSING)),
            "release": Pair(str(self.release.pk), str(MISSING)),
        }
        self.words = [
            Pair(self.user.email, "vexa@acme.example"),
            Pair("eva@acme.example", "exa@acme.example"),
            Pair("KAL-0815", "KAL-0816"),
            Pair(SELDOM, SELDOM[::-1]),
        ]
        self.secrets = {*secrets_of(acme), SELDOM, "KAL-0815", "KAL0815"}

    def _rows(self):
        return [self.device, self.user, self.space, self.payor, self.repair, self.release, self.passkey]

    def pairs_for(self, field, *, is_text, all_of_them):
        """What to try in this field: all of it, or what its name suggests."""
        if is_text:
            return (
                self.words
                if all_of_them
                else [pair for pair in self.words if field != "email" or "@" in pair.foreign][:2]
            )
        fitting = [pair for kind, pair in self.numbers.items() if kind in field]
        return list(self.numbers.values()) if all_of_them else fitting or [self.numbers["device"]]

    def state(self):
        """All of it as the database has it now, to see whether anything has changed."""
        return [type(row)._default_manager.filter(pk=row.pk).values().first() for row in self._rows()]


def _keep_keys_apart():
    """From here on no two rows of different kinds get the same key, so that a foreign one means nothing elsewhere."""
    for number, model in enumerate((User, Space, Payor, Device, Repair, MDMRelease, Authenticator), 2):
        with connection.cursor() as cursor:
            place = [number * 100_000, model._meta.db_table]
            if connection.vendor == "sqlite":
                cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", place)
                if not cursor.rowcount:
                    cursor.execute("INSERT INTO sqlite_sequence (seq, name) VALUES (%s, %s)", place)
            else:
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", place[::-1])


class Answer(NamedTuple):
    status: int
    location: str
    text: str
    read: str  # all that anybody got to read: headers, the page where they landed, and the log, too
    wrote: bool

    def without(self, *words):
        """What the answer says, but for these words, the token against forgery, and keys of new rows."""
        said = f"{self.status} {self.location} {self.text}"
        said = re.sub(r'name="csrfmiddlewaretoken" value="\w+"|/join/[\w-]+/', "", said)
        words = [form for word in words for form in (str(word), quote_plus(str(word)))]  # in links, too
        return re.sub(r"/\d+/", "/#/", re.sub("|".join(map(re.escape, words)), "X", said) if words else said)


class Stranger:
    """`tried` counts the requests by the view that answered."""

    def __init__(self, name, world):
        self.name, self.person = name, getattr(world, name, None)
        self.client = Client()
        self.cookie = self._signed_in() if self.person else None
        self.tried = []

    def _signed_in(self):
        """The session of somebody whose password was asked for a moment ago, so that every page opens."""
        with override_settings(SESSION_ENGINE=IN_COOKIES):
            self.client.force_login(self.person)
            session = self.client.session
            proof = {"method": "password", "at": time.time(), "reauthenticated": True}
            session[AUTHENTICATION_METHODS_SESSION_KEY] = [proof]
            session[f"{AUTHENTICATION_METHODS_SESSION_KEY}_user"] = user_pk_to_url_str(self.person)
            session.save()
            return session.session_key

    def ask(self, method, address, data=None):
        """GET or POST, after which nothing has happened. Returns an Answer."""
        cache.clear()  # counts of attempts
        self.client.cookies.clear()
        if self.cookie:
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.cookie
        written = []

        def watch(execute, sql, params, many, context):
            if sql.startswith(("INSERT", "UPDATE", "DELETE")):
                written.append(sql)
            return execute(sql, params, many, context)

        engine = override_settings(SESSION_ENGINE=IN_COOKIES if self.person else IN_ROWS)
        with transaction.atomic(), engine, _Log() as log:
            with connection.execute_wrapper(watch):
                response = getattr(self.client, method.lower())(address, data or {})
                text = text_of(response)
            self.tried.append(response.resolver_match.view_name if response.resolver_match else "-")
            said = [text, *(f"{name}: {value}" for name, value in response.headers.items()), response.cookies.output()]
            location = response.headers.get("Location", "")
            if location and not location.startswith(("/account/login/", "/admin/login/")):
                said.append(text_of(self.client.get(location, follow=True)))
            if written:
                connection.check_constraints()
            transaction.set_rollback(True)
        return Answer(response.status_code, location, text, "\n".join([*said, *log.lines]), bool(written))


class _Log(logging.Handler):
    """What Velory writes down meanwhile, as it would stand there."""

    def __init__(self):
        super().__init__()
        self.lines = []
        self.setFormatter(JsonFormatter())
        self.addFilter(WithinRequest())

    def emit(self, record):
        self.lines.append(self.format(record))

    def __enter__(self):
        for logger in (logging.getLogger(), logging.getLogger("velory.access")):
            logger.addHandler(self)
        return self

    def __exit__(self, *error):
        for logger in (logging.getLogger(), logging.getLogger("velory.access")):
            logger.removeHandler(self)
