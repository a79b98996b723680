"""A badly configured Velory refuses to start, and says what is wrong and how to mend it."""

import os
import re
import runpy
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.core.cache.backends.db import DatabaseCache
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

import velory.settings

SETTINGS = velory.settings.__file__
PRODUCTION = {
    "ENV_FILE": "",
    "SECRET_KEY": "kF2-9sVtq_Zr8LwX0bYh3NcJm6GdPa1Te5UoRi7EvSxQyKzWlM4",
    "ALLOWED_HOSTS": "velory.example.com",
    "DATABASE_URL": "postgres://velory_app:pa%23ss@127.0.0.1:5432/velory",
    "DATABASE_SUPPORT_URL": "postgres://velory_support:pa%23ss@127.0.0.1:5432/velory",
    "SUPPORT_CONTACT": "support@example.com",
}
OPTIONAL = [
    "DATABASE_OWNER_URL",
    "CHECKPOINT_KEY_FILE",
    "DEBUG",
    "DEMO",
    "DNS_SERVER",
    "EMAIL_URL",
    "HTTPS",
    "LOG_FORMAT",
    "MAIL_FROM",
    "METRICS_TOKEN",
    "PORT",
    "SECRET_KEY_FALLBACKS",
    "SESSION_DAYS",
    "SESSION_IDLE_MINUTES",
    "SSO_INTERNAL_NETWORKS",
    "SUPPORT_NEEDS_TWO_STEP",
    "TIME_ZONE",
    "TRUSTED_PROXIES",
]


@pytest.fixture
def load(monkeypatch):
    """Reads the settings under an environment: production's, with the given changes."""

    def load(**changes):
        for name in OPTIONAL:
            monkeypatch.delenv(name, raising=False)
        for name, value in {**PRODUCTION, **changes}.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        return runpy.run_path(SETTINGS)

    return load


def test_production_is_https_from_end_to_end(load):
    settings = load()
    assert settings["SECURE_SSL_REDIRECT"]
    assert settings["SECURE_HSTS_SECONDS"] == 31_536_000
    assert settings["SESSION_COOKIE_SECURE"]
    assert settings["CSRF_COOKIE_SECURE"]
    assert settings["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert settings["ALLAUTH_TRUSTED_PROXY_COUNT"] == 1
    for cookie in ("SESSION", "CSRF", "MESSAGE", "SEEN", "KEPT"):
        assert settings[f"{cookie}_COOKIE_NAME"].startswith("__Host-")
    assert not settings["DEBUG"]
    assert "demo" not in settings["INSTALLED_APPS"]


def test_without_https_nothing_demands_it(load):
    settings = load(HTTPS="false")
    assert not settings["SECURE_SSL_REDIRECT"]
    assert not settings["SECURE_HSTS_SECONDS"]
    assert not settings["SESSION_COOKIE_SECURE"]
    assert settings["SECURE_PROXY_SSL_HEADER"] is None
    assert settings["SESSION_COOKIE_NAME"] == "velory_session"


def test_support_staff_need_two_steps_wherever_https_is_on(load):
    assert load()["SUPPORT_NEEDS_TWO_STEP"]
    assert not load(HTTPS="false")["SUPPORT_NEEDS_TWO_STEP"]
    assert not load(SUPPORT_NEEDS_TWO_STEP="false")["SUPPORT_NEEDS_TWO_STEP"]


def test_counts_of_attempts_are_one_for_all_processes(load):
    assert issubclass(import_string(load()["CACHES"]["default"]["BACKEND"]), DatabaseCache)


def test_two_demos_on_one_machine_have_cookies_of_their_own(load, tmp_path):
    demo = {"DEMO": "true", "HTTPS": "false", "DATABASE_URL": f"sqlite:///{tmp_path}/demo.sqlite3"}
    one, other = load(**demo, PORT="8001"), load(**demo, PORT="8002")
    for cookie in ("SESSION", "CSRF", "MESSAGE", "SEEN", "KEPT"):
        assert one[f"{cookie}_COOKIE_NAME"] != other[f"{cookie}_COOKIE_NAME"]


def test_the_log_is_for_programs_in_production_and_for_people_elsewhere(load):
    assert load()["LOG_FORMAT"] == "json"
    assert load(HTTPS="false")["LOG_FORMAT"] == "line"
    assert load(LOG_FORMAT="line")["LOG_FORMAT"] == "line"


def test_a_name_server_has_an_address_and_perhaps_a_port(load):
    assert load()["DNS_ADDRESS"] is None
    assert load(DNS_SERVER="192.0.2.53")["DNS_ADDRESS"] == ("192.0.2.53", 53)
    assert load(DNS_SERVER="[2001:db8::53]:5353")["DNS_ADDRESS"] == ("2001:db8::53", 5353)


def test_networks_of_ones_own_are_listed(load):
    assert load()["SSO_INTERNAL_NETWORKS"] == []
    networks = load(SSO_INTERNAL_NETWORKS="10.20.0.7, fd00::/8")["SSO_INTERNAL_NETWORKS"]
    assert [str(network) for network in networks] == ["10.20.0.7/32", "fd00::/8"]


def test_the_policy_allows_nothing_unsafe(load):
    policy = load()["SECURE_CSP"]
    assert policy["default-src"] == ["'none'"]
    assert not [source for sources in policy.values() for source in sources if "unsafe" in source]


def test_sqlite_writers_take_turns_and_readers_do_not_wait(load, tmp_path):
    database = load(DATABASE_URL=f"sqlite:///{tmp_path}/velory.sqlite3")["DATABASES"]["default"]
    assert database["NAME"] == f"{tmp_path}/velory.sqlite3"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]
    assert not database.get("ATOMIC_REQUESTS")


def test_sqlite_acknowledges_nothing_that_a_power_cut_could_take_back(load, tmp_path):
    """A crash of the process alone loses nothing either way, so only the setting shows it."""
    options = load(DATABASE_URL=f"sqlite:///{tmp_path}/velory.sqlite3")["DATABASES"]["default"]["OPTIONS"]
    with closing(sqlite3.connect(tmp_path / "velory.sqlite3")) as connection:
        connection.executescript(options["init_command"])
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_postgresql_keeps_its_connections_and_looks_at_them(load):
    database = load()["DATABASES"]["default"]
    assert database["PASSWORD"] == "pa#ss"
    assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == (3600, True)
    assert not database.get("ATOMIC_REQUESTS")


def test_a_key_that_begins_with_a_dollar_is_taken_as_it_stands(load):
    key = "$" + PRODUCTION["SECRET_KEY"]
    assert load(SECRET_KEY=key)["SECRET_KEY"] == key


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp+tls://me:pa%23ss@mail.example", 587, True, False),
        ("smtp+ssl://me:pa%23ss@mail.example", 465, False, True),
        ("smtp://me:pa%23ss@mail.example:2525", 2525, False, False),
    ],
)
def test_mail_goes_where_the_address_says(load, url, port, tls, ssl):
    settings = load(EMAIL_URL=url, MAIL_FROM="velory@example.com")
    assert settings["MAIL_IS_SET_UP"]
    assert settings["EMAIL_HOST"] == "mail.example"
    assert settings["EMAIL_HOST_PASSWORD"] == "pa#ss"
    assert (settings["EMAIL_PORT"], settings["EMAIL_USE_TLS"], settings["EMAIL_USE_SSL"]) == (
        port,
        tls,
        ssl,
    )


def test_without_mail_nothing_is_sent_and_no_link_reaches_the_log(load):
    settings = load()
    assert not settings["MAIL_IS_SET_UP"]
    assert settings["EMAIL_BACKEND"].endswith("dummy.EmailBackend")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY is missing"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too easy to guess"),
        ({"SECRET_KEY": "a" * 60}, "SECRET_KEY is too easy to guess"),
        ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS is empty"),
        ({"ALLOWED_HOSTS": " , "}, "ALLOWED_HOSTS is empty"),
        ({"ALLOWED_HOSTS": "velory.example.com,*"}, "ALLOWED_HOSTS is *"),
        ({"DATABASE_URL": None}, "DATABASE_URL is missing"),
        ({"DATABASE_URL": "mysql://u:p@h/d"}, "begins with 'mysql'"),
        ({"DATABASE_URL": "postgres://u:p@h:port/d"}, "DATABASE_URL cannot be read"),
        ({"DATABASE_URL": "postgres://u:p@h"}, "DATABASE_URL names no database"),
        ({"DATABASE_URL": "sqlite://"}, "DATABASE_URL names no file"),
        ({"DATABASE_URL": "sqlite:////no/such/folder/x"}, "/no/such/folder does not exist"),
        ({"DATABASE_SUPPORT_URL": None}, "DATABASE_SUPPORT_URL is missing"),
        ({"DATABASE_OWNER_URL": "mysql://u:p@h/d"}, "DATABASE_OWNER_URL begins with 'mysql'"),
        ({"CHECKPOINT_KEY_FILE": "/no/such/key.pem"}, "/no/such/key.pem cannot be read"),
        ({"HTTPS": "ture"}, "HTTPS is 'ture'"),
        ({"DEBUG": "true"}, "DEBUG shows Velory's inside"),
        ({"TRUSTED_PROXIES": "0"}, "TRUSTED_PROXIES is 0"),
        ({"TRUSTED_PROXIES": "one"}, "TRUSTED_PROXIES is 'one'"),
        ({"DEMO": "true"}, "DEMO brings sign-ins whose password everybody knows"),
        ({"DEMO": "true", "HTTPS": "false"}, "DEMO fills the database"),
        ({"EMAIL_URL": "mail.example"}, "EMAIL_URL cannot be read"),
        ({"EMAIL_URL": "smtp://mail.example"}, "MAIL_FROM is missing"),
        ({"SUPPORT_CONTACT": None}, "SUPPORT_CONTACT is missing"),
        ({"SESSION_IDLE_MINUTES": "0"}, "SESSION_IDLE_MINUTES is 0"),
        ({"SESSION_DAYS": "soon"}, "SESSION_DAYS is 'soon'"),
        ({"TIME_ZONE": "Europe/Malmo"}, "TIME_ZONE is 'Europe/Malmo'"),
        ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN is too easy to guess"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT is 'xml'"),
        ({"DNS_SERVER": "ns.example"}, "DNS_SERVER is 'ns.example'"),
        ({"SSO_INTERNAL_NETWORKS": "10.20.0.1/16"}, "SSO_INTERNAL_NETWORKS: '10.20.0.1/16' is no network"),
        ({"SSO_INTERNAL_NETWORKS": "10.20.0.7, intranet"}, "SSO_INTERNAL_NETWORKS: 'intranet' is no network"),
        ({"DNS_SERVER": "192.0.2.53:x"}, "DNS_SERVER is '192.0.2.53:x'"),
        ({"ENV_FILE": "/no/such/file"}, "/no/such/file cannot be read"),
    ],
)
def test_refuses_to_start(load, changes, complaint):
    with pytest.raises(ImproperlyConfigured) as refusal:
        load(**changes)
    assert complaint in str(refusal.value)


def test_the_example_is_refused_until_it_has_a_key_of_its_own(load):
    example = Path(velory.settings.BASE_DIR, ".env.example")
    values = dict(
        line.split("=", 1) for line in example.read_text().splitlines() if "=" in line and not line.startswith("#")
    )
    with pytest.raises(ImproperlyConfigured) as refusal:
        load(**values)
    assert str(refusal.value).count("\n- ") == 1
    assert "SECRET_KEY is still the one of .env.example" in str(refusal.value)
    load(**values | {"SECRET_KEY": PRODUCTION["SECRET_KEY"]})


def test_every_problem_is_named_at_once_and_no_password_with_it(load):
    with pytest.raises(ImproperlyConfigured) as refusal:
        load(SECRET_KEY=None, ALLOWED_HOSTS="*", DATABASE_URL="mysql://u:hunter2@h/d")
    assert str(refusal.value).count("\n- ") == 3
    assert "hunter2" not in str(refusal.value)


def test_no_variable_of_the_shell_reaches_the_tests(monkeypatch):
    asked_for = re.findall(r'(?:text|flag|number)\("([A-Z_]+)"', Path(SETTINGS).read_text())
    names = {*asked_for, *OPTIONAL, *PRODUCTION} - {"DATABASE_URL"}
    for name in names:
        monkeypatch.setenv(name, "of the shell")
    runpy.run_path(str(Path(__file__).with_name("settings.py")))
    assert [name for name in names if os.environ.get(name) == "of the shell"] == []


def test_the_cache_has_a_connection_of_its_own_as_the_application_where_requests_are_transactions(load):
    databases = load()["DATABASES"]
    assert databases["cache"] == databases["default"]
    assert databases["cache"] is not databases["default"]
    assert set(load(DATABASE_URL="sqlite:///var/velory.sqlite3")["DATABASES"]) == {"default"}


def test_the_owner_s_role_is_known_only_where_it_is_given(load):
    assert set(load()["DATABASES"]) == {"default", "cache", "support"}
    settings = load(DATABASE_OWNER_URL="postgres://velory_owner:p@127.0.0.1:5432/velory")
    assert settings["DATABASES"]["owner"]["USER"] == "velory_owner"
    assert settings["DATABASE_ROLES"] == {"app": "velory_app", "support": "velory_support"}
