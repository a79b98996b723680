"""What the time of an answer tells about an address: `make addresses`.

Signs in with a wrong password, and asks for a new one, with addresses of every kind. The kinds take turns, so that
whatever else the machine does strikes all alike, and the database waits for its disk as on a server. Prints the time
of each kind beside that of an address that nobody has. Passwords are hashed by a hasher that takes no time, under which
nothing else can hide; and then as on a server, where a kind that is hashed twice or never shows. Fails where a kind
differs by more than a network hides, and where there is a hash by more than its own time does.
"""

import logging
import os
import random
import sys
from statistics import quantiles
from time import perf_counter, sleep

from django.db import connection
from django.test import Client
from django.test.utils import override_settings, setup_databases, setup_test_environment, teardown_databases
from django.urls import reverse

from accounts.background import LATER

ROUNDS = int(os.environ.get("ROUNDS", "100"))
HIDDEN = 0.001  # seconds: what a network hides
NOISE = 0.02  # of a hash, which takes some 200 ms and never takes the same
AS_ON_A_SERVER = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
IN_NO_TIME = ["django.contrib.auth.hashers.MD5PasswordHasher"]
PAUSE = LATER + 0.05  # seconds: what goes on in the background is over before the next begins
TIMES = 3
NOBODY = "nobody has it"


def main():
    logging.disable(logging.INFO)  # a line for each request would be all there is to see
    setup_test_environment()
    if connection.vendor == "sqlite":
        connection.settings_dict["OPTIONS"]["init_command"] += "PRAGMA synchronous=FULL;"
    databases = setup_databases(verbosity=0, interactive=False)
    as_on_a_server = override_settings(
        ACCOUNT_RATE_LIMITS=False,
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        WORK_IN_BACKGROUND=True,
    )
    try:
        with as_on_a_server:
            with override_settings(PASSWORD_HASHERS=IN_NO_TIME):
                emails = addresses()
                tell = [
                    *told("no hash", "account_login", emails, "login", password="wrong"),
                    *told("new password", "account_reset_password", emails, "email"),
                ]
            with override_settings(PASSWORD_HASHERS=AS_ON_A_SERVER):
                renew(emails)
                tell += told("wrong password", "account_login", emails, "login", password="wrong", noise=NOISE)
    finally:
        teardown_databases(databases, verbosity=0)
    print(f"{connection.vendor}, {ROUNDS} rounds: {len(tell)} tell an address by the time of the answer")
    return bool(tell)


def addresses():
    """An address of each kind."""
    from tests.factories import CompanyFactory, UserFactory
    from tests.world import PASSWORD

    here, elsewhere = CompanyFactory(), CompanyFactory()
    UserFactory(company=here, email="joined@example.com", password=PASSWORD)
    UserFactory(company=here, email="both@example.com", password=PASSWORD)
    UserFactory(company=elsewhere, email="both@example.com")
    UserFactory(company=here, email="invited@example.com")
    UserFactory(company=elsewhere, email="invited@example.com")
    UserFactory(company=here, email="left@example.com", password=PASSWORD, is_active=False)
    return {
        NOBODY: "nobody@example.com",
        "joined": "joined@example.com",
        "joined, invited elsewhere": "both@example.com",
        "invited by two": "invited@example.com",
        "deactivated": "left@example.com",
    }


def renew(emails):
    """Hash everybody's password anew, by the hasher of now."""
    from accounts.models import User
    from tests.world import PASSWORD

    for person in User.objects.filter(email__in=emails.values(), joined_at__isnull=False):
        person.set_password(PASSWORD)
        person.save(update_fields=["password"])


def told(what, *question, noise=0, **rest):
    """The kinds of addresses whose answer takes a time of its own: beside nobody's address, by more than HIDDEN and by
    more than this part of it. What differs is asked anew, up to twice: what an address really tells, it tells each
    time."""
    found = set(question[1])
    for _time in range(TIMES):
        times = ask(*question, **rest)
        usual = times[NOBODY]
        for kind, taken in times.items():
            print(f"{what:<16} {kind:<28} {taken * 1000:>8.2f} ms {(taken - usual) * 1000:>+7.2f} ms", flush=True)
        found &= {kind for kind, taken in times.items() if abs(taken - usual) > max(HIDDEN, noise * usual)}
        if not found:
            break
    return [(what, kind) for kind in found]


def ask(name, emails, field, **rest):
    """Ask with each address in turn, in another order each round. Returns for each kind the
    seconds under which a quarter of its answers stay: whatever else the machine does only makes some of them longer."""
    client, address = Client(), reverse(name)
    times = {kind: [] for kind in emails}
    for _round in range(ROUNDS):
        for kind in random.sample(list(emails), len(emails)):
            began = perf_counter()
            client.post(address, {field: emails[kind], **rest})
            times[kind].append(perf_counter() - began)
            sleep(PAUSE)
    return {kind: quantiles(taken, n=4)[0] for kind, taken in times.items()}


if __name__ == "__main__":
    sys.exit(main())
