"""The cast for every test (tests/world.py), and what every test stands on."""

import os
import sqlite3
from contextlib import closing, contextmanager

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.test import TransactionTestCase
from django.test.client import ClientHandler
from django.utils import translation

from accounts import scope
from accounts.models import Company
from devices.models import Device
from devices.paces import longest_of
from repairs.menu import counted_to_a_limit
from repairs.register import contradictions_between_rows
from tests.name_server import name_server
from tests.server import manage
from tests.world import Cast

# Playwright runs an event loop in the tests' thread, where Django refuses the database otherwise.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


# What migrations have filled, and no test touches.
FILLED = {"django_content_type", "auth_permission"}


@pytest.fixture(scope="session", autouse=True)
def _emptied_past_the_walls():
    """A transactional test ends with an empty database. Django's flush would be refused by the append-only triggers and
    build everything anew that follows a migration; the triggers let lines go whose company is gone."""
    flush = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = lambda self: empty()
    yield
    TransactionTestCase._fixture_teardown = flush


def empty():
    """Delete every row, the companies' first."""
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - FILLED
    with transaction.atomic(), connection.cursor() as cursor:
        for table in sorted(tables, key=lambda name: (name != Company._meta.db_table, name)):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


@pytest.fixture(scope="session", autouse=True)
def _no_names():
    """No test asks the machine's name servers; one of ours answers that there is no such domain."""
    with name_server({}) as address:
        settings.DNS_ADDRESS = address
        yield


def pytest_collection_modifyitems(items):
    if connection.vendor == "postgresql":
        for item in items:
            if item.get_closest_marker("one_database"):
                item.add_marker(pytest.mark.skip(reason="says nothing of the database: SQLite's run has it"))


@contextmanager
def role(name):
    """On PostgreSQL, the database as this role sees it."""
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    before = connection.connection.execute("SELECT current_user").fetchone()[0]
    connection.connection.execute(f"SET ROLE {name}")
    try:
        yield
    finally:
        if connection.connection is not None and connection.connection.info.transaction_status.name != "INERROR":
            connection.connection.execute(f"SET ROLE {before}")


@pytest.fixture(scope="session", autouse=True)
def _requests_as_the_application():
    """Every request of a test's client goes by the application's role, and the pages of support staff by support's.
    What is written after the request, such as an export, too."""
    get_response, support = ClientHandler.get_response, scope.support

    def as_the_application(self, request):
        with role("velory_app"):
            response = get_response(self, request)
        if response.streaming and connection.vendor == "postgresql":
            response.streaming_content = _written_as("velory_app", response.streaming_content)
        return response

    @contextmanager
    def as_support():
        with role("velory_support"), support():
            yield

    ClientHandler.get_response, scope.support = as_the_application, as_support
    yield
    ClientHandler.get_response, scope.support = get_response, support


def _written_as(name, content):
    with role(name):
        yield from content


@pytest.fixture(autouse=True)
def _no_memory():
    """Neither counts nor the language of whoever looked at a page last reach the next test."""
    cache.clear()
    longest_of.cache_clear()
    counted_to_a_limit.cache_clear()
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="session")
def cast(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        return Cast()


@pytest.fixture(scope="session")
def migrate(django_db_setup):
    """Gives `migrate(where)`: every table, on an empty database beside the tests' own (`where` as in tests/server.py).
    Made from nothing they take seconds, so a file begins as a copy of the tests' own, in which nothing is committed by
    then (there is none if no test of this run asked for it). What settings of its own ask for beyond that comes by
    `migrate`, which finds little left to do."""

    def migrate(where):
        address = where if isinstance(where, str) else where["DATABASE_URL"]
        own = connection.settings_dict["NAME"]
        copied = address.startswith("sqlite:///") and connection.vendor == "sqlite" and os.path.exists(own)
        if copied:
            with closing(sqlite3.connect(own)) as tables:
                tables.execute("VACUUM INTO ?", [address.removeprefix("sqlite:///")])
        if not copied or not isinstance(where, str):
            manage(where, "migrate", "--verbosity", "0")

    return migrate


@pytest.fixture
def world(cast, db):
    """The cast, in this test's own transaction. Afterwards the register must be whole."""
    world = cast.enter()
    before = _devices()
    yield world
    if not connection.needs_rollback:
        _check_what_changed(before)


@pytest.fixture
def live_world(cast, transactional_db):
    """The cast, committed: for threads and browsers. Afterwards the register must be whole."""
    world = cast.enter()
    before = _devices()
    yield world
    _check_what_changed(before)


def _devices():
    """Every device, each column of it. Whatever is done to one moves at least its log's head."""
    rows = Device.objects.values_list("company_id", *(f.attname for f in Device._meta.concrete_fields))
    return set(rows)


def _check_what_changed(before):
    companies = {row[0] for row in _devices() ^ before}
    changed = Company.objects.filter(pk__in=companies)
    assert [line for company in changed for line in contradictions_between_rows(company)] == []
