"""Velory asks an address that a company's admin has typed: whatever stands there, it costs little and tells nothing."""

import socket
import ssl
import time
from ipaddress import ip_network

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Domain, SingleSignOn
from accounts.sso import reaching
from accounts.sso.turns import AT_ONCE, turn
from tests.certificates import Key
from tests.name_server import name_server
from tests.provider import provider as running_provider
from tests.raw_server import JSON, answers, drips, raw_server, says_nothing
from tests.two_step import is_signed_in
from tests.visitor import Visitor

START = reverse("accounts:sso_start", args=["acme.example"])
AWAY, STALE = 503, 400


def signs_in_at(company, issuer):
    """Addresses of acme.example lead to this provider."""
    Domain.objects.create(company=company, name="acme.example", proved_at=company.created_at)
    made = SingleSignOn(company=company, issuer=issuer, client_id="velory", is_on=True)
    made.client_secret = "a secret between the two"
    made.save()
    return made


@pytest.fixture
def sso(world):
    return signs_in_at(world.acme, "https://idp.example")


def asked(behave, scheme="http", context=None, host="127.0.0.1", **request):
    """How somebody who sets off is answered where this stands at the provider's address, and after how many seconds."""
    with raw_server(behave, context) as port:
        SingleSignOn.objects.update(issuer=f"{scheme}://{host}:{port}")
        began = time.monotonic()
        answer = Client().get(START, **request)
    return answer, time.monotonic() - began


# Time


@pytest.fixture
def hurry(monkeypatch):
    monkeypatch.setattr("accounts.sso.provider.SECONDS", 0.5)


@pytest.mark.one_database
@pytest.mark.parametrize(
    "behave",
    [
        drips(b"HTTP/1.1 200 OK\r\nX-A: ", b"a"),
        drips(JSON, b"X-A: a\r\n"),
        drips(JSON + b"Content-Length: 200000\r\n\r\n", b" "),
        drips(JSON + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        says_nothing,
    ],
    ids=["a header", "headers", "content", "chunks", "promises", "nothing"],
)
def test_one_deadline_for_whatever_is_said_however_slowly(sso, hurry, behave):
    answer, seconds = asked(behave)
    assert answer.status_code == AWAY
    assert "does not answer at the moment" in answer.text
    assert seconds < 1.5


@pytest.mark.one_database
def test_the_deadline_holds_before_the_first_word(sso, hurry, monkeypatch):
    assert asked(says_nothing, scheme="https")[1] < 1.5  # within TLS

    looked_up = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: time.sleep(2) or looked_up(*args, **kwargs))
    answer, seconds = asked(answers(b"{}"))
    assert (answer.status_code, seconds < 1.5) == (AWAY, True)


def test_only_a_few_ask_at_once_and_the_others_are_told(world, sso):
    with running_provider() as provider:
        SingleSignOn.objects.update(issuer=provider.issuer)
        provider.knows("eva", email="eva@acme.example", email_verified=True)
        client = Client()
        back = provider.sign_in(client.get(START)["Location"], "eva")
        with turn(world.acme.pk), turn(world.acme.pk):
            for address in (START, back):
                answer = client.get(address)
                assert (answer.status_code, answer["Retry-After"]) == (503, "5")
                assert "Too many people are on their way" in answer.text
            ada = Visitor(world.admin).open(reverse("accounts:sso")).press("Test whether it answers")
            assert "Too many ask a provider at this moment." in ada.words
        assert client.get(START).status_code == 302


def test_no_company_takes_all_the_turns(world, sso):
    with turn(world.globex.pk), turn(world.globex.pk):
        assert asked(answers(b"{}"))[0].status_code == STALE
        with turn(world.acme.pk):
            assert Client().get(START).status_code == 503


def test_a_turn_ends_with_whatever_came_of_it(world, sso):
    for _attempt in range(AT_ONCE + 1):
        assert asked(answers(b"nonsense"))[0].status_code == STALE


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no transaction for a request")
def test_the_database_does_not_wait_along(live_world):
    seen, ours = [], connection.connection.info
    place = {"host": ours.host, "port": ours.port, "user": ours.user, "password": ours.password, "dbname": ours.dbname}

    def behave(line):
        with psycopg.connect(**place) as other:
            states = "SELECT state, xact_start IS NULL FROM pg_stat_activity WHERE pid = %s"
            seen.append(other.execute(states, [ours.backend_pid]).fetchone())
        answers(b"{}")(line)

    sso = signs_in_at(live_world.acme, "")
    with raw_server(behave) as port:
        SingleSignOn.objects.filter(pk=sso.pk).update(issuer=f"http://127.0.0.1:{port}")
        assert Client().get(START).status_code == STALE
        admin = Client()
        admin.force_login(live_world.admin)
        assert "calls itself otherwise" in admin.post(reverse("accounts:sso_test"), follow=True).text
    assert seen == [("idle", True)] * 2


def test_afterwards_a_request_sees_its_company_again(live_world, settings):
    domain = Domain.objects.create(company=live_world.acme, name="acme.example")
    admin = Client()
    admin.force_login(live_world.admin)
    with name_server({"acme.example": [domain.record]}) as settings.DNS_ADDRESS:
        admin.post(reverse("accounts:domain_check", args=[domain.pk]))
    assert Domain.objects.get().is_proved


def test_somebody_comes_in_over_several_transactions(live_world):
    with running_provider() as provider:
        signs_in_at(live_world.acme, provider.issuer)
        provider.knows("eva", email="eva@acme.example", email_verified=True)
        client = Client()
        client.get(provider.sign_in(client.get(START)["Location"], "eva"))
    assert is_signed_in(client)
    assert client.get("/").context["user"] == live_world.employee


# Places


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "::1", "10.0.0.5", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "255.255.255.255", "224.0.0.1", "::", "fe80::1%1", "fd00::1", "ff02::1", "::ffff:10.0.0.5",
        "::ffff:127.0.0.1", "2002:a00:5::1", "64:ff9b::a00:5", "64:ff9b::7f00:1", "2001:db8::1", "192.0.2.1",
    ],
)  # fmt: skip
def test_in_production_nobody_is_led_into_the_server_s_own_network(settings, address):
    settings.HTTPS = True
    assert not reaching.is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_to_the_internet_everybody_is_led(settings, address):
    settings.HTTPS = True
    assert reaching.is_public(address)


def test_an_installation_may_allow_networks_of_its_own(settings):
    settings.HTTPS = True
    settings.SSO_INTERNAL_NETWORKS = [ip_network("10.20.0.0/16"), ip_network("fd00::7")]
    for address, is_open in {"10.20.3.4": True, "10.21.0.1": False, "fd00::7": True, "127.0.0.1": False}.items():
        assert reaching.is_public(address) is is_open


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    """A key of the name localhost, which the machine trusts. Velory is in production."""
    key = Key("localhost").written(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", key.cert_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(key.cert_file, key.key_file)
    return context


def in_production(settings, *networks):
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    settings.SSO_INTERNAL_NETWORKS = [ip_network(network) for network in networks]


@pytest.mark.one_database
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "[::ffff:127.0.0.1]"])
def test_no_name_and_no_spelling_leads_to_this_machine(sso, settings, certificate, caplog, host):
    called = []
    in_production(settings)
    with raw_server(called.append, certificate) as port:
        SingleSignOn.objects.update(issuer=f"https://{host}:{port}")
        answer = Client().get(START, secure=True)
    assert (answer.status_code, called) == (AWAY, [])
    assert "SSO_INTERNAL_NETWORKS" in caplog.text


@pytest.mark.one_database
def test_neither_does_a_name_that_leads_elsewhere_a_moment_later(sso, settings, certificate, monkeypatch):
    """The address that was judged is the one that is called."""
    in_production(settings, "127.0.0.2")
    called, looked_up = [], []

    def look_up(host, port, **kwargs):
        looked_up.append(host)
        address = "127.0.0.2" if len(looked_up) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with raw_server(called.append, certificate) as port:
        SingleSignOn.objects.update(issuer=f"https://rebinding.example:{port}")
        assert Client().get(START, secure=True).status_code == AWAY
    assert (looked_up, called) == (["rebinding.example"], [])


@pytest.mark.one_database
def test_tls_is_for_the_name_wherever_it_leads(sso, settings, certificate):
    in_production(settings, "127.0.0.0/8")
    answer, _seconds = asked_safely(answers(b'{"issuer": "x"}'), certificate, "localhost")
    assert answer.status_code == STALE
    answer, _seconds = asked_safely(answers(b'{"issuer": "x"}'), certificate, "127.0.0.1")
    assert answer.status_code == AWAY


def asked_safely(behave, context, host):
    return asked(behave, "https", context, host, secure=True)


# What is said there


DEEP = b"[" * 200_000


@pytest.mark.one_database
@pytest.mark.parametrize(
    "content",
    [
        DEEP,
        b'{"issuer":' + b"[" * 900 + b"]" * 900 + b"}",
        b"\xff\xfe",
        b"1e999",
        b'{"issuer": 1e999}',
        b'"' + b"x" * 300_000,
    ],
    ids=["brackets", "an issuer of brackets", "no text", "no object", "a number", "too much"],
)
def test_whatever_a_provider_says_of_itself_is_no_error_of_ours(sso, content):
    assert asked(answers(content))[0].status_code == STALE


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n", STALE),
        (b"HTTP/1.1 404 Not Found\r\n", STALE),
        (b"HTTP/1.1 503 Service Unavailable\r\n", AWAY),
        (b"HTTP/1.1 x\r\n", AWAY),
        (b"SSH-2.0-OpenSSH\r\n", AWAY),
        (b"HTTP/1.1 200 OK\r\n" + b"X-A: a\r\n" * 200, AWAY),
        (JSON + b"Content-Encoding: gzip\r\n", STALE),
        (JSON + b"Transfer-Encoding: chunked\r\n", AWAY),
    ],
    ids=["a redirect", "missing", "failing", "no status", "no HTTP", "headers", "packed", "no chunks"],
)
def test_nor_is_how_it_says_it(sso, head, status):
    assert asked(answers(b"nonsense", head))[0].status_code == status


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/oauth2/token", {"expires_in": float("inf")}),
        ("/oauth2/token", {"error": [[[]]]}),
        ("/oauth2/token", {"id_token": {"a": 1}}),
        ("/.well-known/openid-configuration", {"token_endpoint_auth_methods_supported": 5}),
        ("/.well-known/openid-configuration", {"userinfo_endpoint": []}),
        ("/jwks", {"keys": [{"kty": "EC", "crv": "P-1"}]}),
    ],
    ids=str,
)
def test_nor_is_any_word_of_it(sso, path, change):
    with running_provider() as provider:
        SingleSignOn.objects.update(issuer=provider.issuer)
        provider.knows("eva", email="eva@acme.example", email_verified=True)
        client = Client()
        back = provider.sign_in(client.get(START)["Location"], "eva")
        provider.bend[path] = lambda answer: answer | change
        assert client.get(back).status_code in (302, STALE)
