"""Nothing changes but by a form of ours: looking writes nothing, and what is sent without our token is refused."""

import pytest
from django.db import connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from tests.scene import Scene
from tests.test_routes import IN_COOKIES, IN_ROWS, ROWS, sign_in

pytestmark = pytest.mark.one_database

# Whoever opens a link for choosing a password is known from then on by their session, which is new.
STARTS_A_SESSION = {"accounts:join", "account_reset_password_from_key"}


# Where other sites have to be able to send something, and what is answered where it is nothing. No cookie comes along.
TAKES_FROM_OTHERS = {"accounts:saml_response": 400}


def visits(world, person, **options):
    """Each address once in each of its states: a client, the scene, the name and the address. Afterwards nothing has
    happened."""
    states = dict.fromkeys(row.about for row in ROWS)
    for about in states:
        with transaction.atomic(), override_settings(SESSION_ENGINE=IN_COOKIES if person else IN_ROWS):
            scene = Scene(world.again())
            scene.set(about)
            for name in dict.fromkeys(row.name for row in ROWS if row.about == about):
                with transaction.atomic():
                    client = Client(**options)
                    if person is not None:
                        sign_in(client, person)
                    yield client, scene, name, scene.address(name, about, person)
                    transaction.set_rollback(True)
            transaction.set_rollback(True)


@pytest.mark.parametrize("who", ["admin", "support", "nobody"])
def test_looking_at_any_address_writes_nothing(world, who):
    """Not even where an address only acts, and answers a look by leading away. (What is downloaded is noted.)"""
    wrote = []
    for client, _scene, name, address in visits(world, getattr(world, who, None)):
        for look in (client.get, client.head):
            with CaptureQueriesContext(connection) as queries:
                response = look(address)
                response.getvalue()
            if response.headers.get("Content-Disposition"):
                continue  # a download changes nothing of what it shows, and has its line in the audit log
            writes = [sql["sql"] for sql in queries if sql["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
            if name in STARTS_A_SESSION:
                writes = [sql for sql in writes if "django_session" not in sql]
            wrote += [f"{address}: {sql}" for sql in writes]
    assert wrote == []


@pytest.mark.parametrize("who", ["admin", "nobody"])
def test_what_is_sent_without_our_token_is_refused_at_every_address(world, who):
    taken = []
    person = getattr(world, who, None)
    for client, scene, name, address in visits(world, person, enforce_csrf_checks=True):
        response = client.post(address, scene.data(name, person or world.employee))
        expected = 405 if name in ("healthz", "readyz") else TAKES_FROM_OTHERS.get(name, 403)
        if response.status_code != expected:
            taken.append(f"{name}: {response.status_code}")
    assert taken == []
