"""What the time of an answer tells about an address: `make addresses`.

Signs in with a wrong password, and asks for a new one, with addresses of every kind; passwords are hashed as on a
server. The kinds take turns, so that whatever else the machine does strikes all alike. Prints the median of each kind
beside that of an address that nobody has, and fails where they differ by more than the limit and by more than a
network hides.
"""

import os
import sys
from statistics import median
from time import perf_counter, sleep

from django.conf import settings
from django.test import Client
from django.test.utils import override_settings, setup_databases, setup_test_environment, teardown_databases
from django.urls import reverse

from accounts.background import LATER

ROUNDS = int(os.environ.get("ROUNDS", "100"))
LIMIT = 0.05
HIDDEN = 0.001  # seconds
PAUSE = LATER + 0.05  # seconds: what goes on in the background is over before the next begins
NOBODY = "nobody has it"


def main():
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    setup_test_environment()
    databases = setup_databases(verbosity=0, interactive=False)
    as_on_a_server = override_settings(
        ACCOUNT_RATE_LIMITS=False,
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        WORK_IN_BACKGROUND=True,
    )
    try:
        with as_on_a_server:
            emails = addresses()
            differences = [
                *compare("wrong password", "account_login", emails, "login", password="wrong"),
                *compare("new password", "account_reset_password", emails, "email"),
            ]
    finally:
        teardown_databases(databases, verbosity=0)
    print(f"{ROUNDS} rounds; largest difference of more than a millisecond {max(differences):.1%}, allowed {LIMIT:.0%}")
    return max(differences) > LIMIT


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


def compare(what, name, emails, field, **rest):
    """Ask with each address in turn. Returns how far each kind's median is from that of nobody's address."""
    client, address = Client(), reverse(name)
    times = {kind: [] for kind in emails}
    for _round in range(ROUNDS):
        for kind, email in emails.items():
            began = perf_counter()
            client.post(address, {field: email, **rest})
            times[kind].append(perf_counter() - began)
            sleep(PAUSE)
    usual = median(times[NOBODY])
    for kind, taken in times.items():
        difference = median(taken) - usual
        print(f"{what:<16} {kind:<28} {median(taken) * 1000:>8.2f} ms {difference / usual:>+7.1%}")
        yield abs(difference) / usual if abs(difference) > HIDDEN else 0


if __name__ == "__main__":
    sys.exit(main())
