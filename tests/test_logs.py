"""The log: a line for each request, ids and nothing else of people, and the request's id on every line."""

import json
import logging
import re

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from tests.world import PASSWORD
from velory.logs import JsonFormatter, LineFormatter, WithinRequest

# What errors say of people.
QUOTED = "duplicate key\nDETAIL:  Key (name)=(Ada\nHolm) exists.\n"
MAILED = "no mail to ada@acme.example"


@pytest.fixture
def log():
    """What is written from here on, as the JSON lines of production."""

    class Lines(logging.Handler):
        def emit(self, record):
            lines.append(json.loads(self.format(record)))

    lines: list[dict] = []
    handler = Lines()
    handler.addFilter(WithinRequest())
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield lines
    logging.getLogger().removeHandler(handler)


def test_each_request_has_one_line_of_ids(world, client, log):
    client.force_login(world.admin)
    response = client.get(reverse("devices:overview", args=[world.laptop.pk]), {"q": "hunter2"})
    [line] = log
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", line.pop("time"))
    assert line.pop("duration_ms") > 0
    assert line.pop("message").startswith("GET devices:overview 200 ")
    assert line == {
        "level": "info",
        "logger": "velory.access",
        "request_id": response["X-Request-ID"],
        "company": world.acme.pk,
        "user": world.admin.pk,
        "method": "GET",
        "view": "devices:overview",
        "status": 200,
    }


def test_nothing_else_of_anybody_is_written(world, log, monkeypatch):
    def fail(*args, **kwargs):
        raise IntegrityError(QUOTED) from ValueError(MAILED)

    client = Client(raise_request_exception=False, REMOTE_ADDR="203.0.113.7", enforce_csrf_checks=True)
    client.post(reverse("account_login"), {"login": world.admin.email, "password": PASSWORD})
    client.force_login(world.admin)
    client.get("/join/abc-secret-123/")
    client.get("/nothing/", {"q": "hunter2"}, headers={"user-agent": "hunter2", "referer": "http://testserver/hunter2"})
    monkeypatch.setattr("accounts.views.profile.render", fail)
    assert client.get(reverse("accounts:profile")).status_code == 500
    text = json.dumps(log)
    assert "fail" in text
    assert "IntegrityError" in text
    for word in ("Ada", "Holm", "acme", "203.0.113", "hunter2", "secret", PASSWORD, reverse("accounts:profile")):
        assert word not in text
    assert [line["status"] for line in log if "status" in line] == [403, 410, 404, 500]


def test_every_line_of_a_request_carries_its_id(world, client, log, monkeypatch):
    client.force_login(world.admin)
    monkeypatch.setattr("accounts.views.profile.render", lambda *args, **kwargs: 1 / 0)
    client.raise_request_exception = False
    response = client.get(reverse("accounts:profile"))
    assert [line["logger"] for line in log] == ["django.request", "velory.access"]
    assert {line["request_id"] for line in log} == {response["X-Request-ID"]}
    assert {line["user"] for line in log} == {world.admin.pk}
    assert log[0]["message"] == "Internal Server Error: accounts:profile"
    assert "ZeroDivisionError" in log[0]["traceback"]
    logging.getLogger("velory").warning("afterwards")
    assert "request_id" not in log[-1]


def test_the_probes_leave_no_line(world, client, log):
    client.get("/healthz")
    client.get("/readyz")
    assert log == []


@pytest.mark.parametrize(("proxies", "taken"), [(1, True), (0, False)])
def test_the_id_is_the_proxys_where_one_is_trusted(proxies, taken, world, client, settings):
    settings.TRUSTED_PROXIES = proxies
    response = client.get(reverse("account_login"), headers={"x-request-id": "0123456789abcdef-proxy"})
    assert (response["X-Request-ID"] == "0123456789abcdef-proxy") is taken


@pytest.mark.parametrize("given", ["short", "x" * 65, "a b c d e f g", "åäöåäöåäöåäö", "{}:;'\"<script>"])
def test_what_is_no_id_is_not_taken_for_one(given, world, client, settings):
    settings.TRUSTED_PROXIES = 1
    response = client.get(reverse("account_login"), HTTP_X_REQUEST_ID=given)
    assert re.fullmatch(r"[0-9a-f]{32}", response["X-Request-ID"])


def test_the_log_asks_the_database_nothing(world, client, log, django_assert_num_queries):
    client.force_login(world.admin)
    with django_assert_num_queries(0):
        client.get("/static/css/velory.css")
    assert [(line["view"], line["user"]) for line in log] == [("-", None)]


def test_lines_for_people_say_the_same(world, client):
    record = logging.LogRecord("velory", logging.ERROR, "", 0, "mail to %s", ("eva@acme.example",), None)
    WithinRequest().filter(record)
    assert LineFormatter().format(record) == "ERROR velory: mail to (address)"
