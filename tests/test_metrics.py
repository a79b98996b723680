"""/metrics: the numbers of all workers together, for whoever has the token, and nothing of people or companies."""

import re

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from devices.models import MoveRefused
from devices.signals import move_tried
from tests.server import serving
from tests.visitor import Visitor

pytestmark = pytest.mark.one_database

TOKEN = "a-token-for-tests-of-the-metrics"


@pytest.fixture
def moves():
    """(verb, outcome) of each move that is tried from here on."""

    def note(verb, outcome, **kwargs):
        seen.append((verb, outcome))

    seen: list[tuple[str, str]] = []
    move_tried.connect(note)
    yield seen
    move_tried.disconnect(note)


def test_every_move_is_told_with_how_it_ended(world, moves):
    laptop = world.laptop.move("report", by=world.employee)
    with pytest.raises(MoveRefused):
        world.laptop.move("report", by=world.employee, seen=world.laptop.revision)
    with pytest.raises(PermissionDenied):
        laptop.move("take_in", by=world.employee)
    laptop = laptop.move("take_in", by=world.admin)
    laptop.assign(world.colleague, world.company_payor, by=world.admin)
    assert moves == [
        ("report", "done"),
        ("report", "refused"),
        ("take_in", "forbidden"),
        ("take_in", "done"),
        ("finish", "done"),
    ]


def test_a_replacement_is_a_removal(world, moves):
    world.laptop.move("report", by=world.employee).move("take_in", by=world.admin)
    Visitor(world.admin).open(reverse("repairs:replace", args=[world.laptop.pk])).press(
        "Register replacement", name="A new one", payor="Company"
    )
    assert moves[-1] == ("recycle", "done")


def test_without_a_token_there_is_no_such_page(world):
    client = Client()
    client.force_login(world.admin)
    assert client.get("/metrics").status_code == 404


def test_the_workers_count_together(migrate, tmp_path):
    url = f"sqlite:///{tmp_path}/velory.sqlite3"
    (tmp_path / "metrics").mkdir()
    migrate(url)
    setting = {"METRICS_TOKEN": TOKEN, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}
    with serving(url, tmp_path / "log", workers=2, **setting) as server:
        for _time in range(20):
            assert server.ask("/account/login/", headers={"Connection": "close"})[0] == 200
        assert server.ask("/nothing/anna@example.org/")[0] == 404
        assert server.ask("/metrics")[0] == 404
        assert server.ask("/metrics", headers={"Authorization": "Bearer no"})[0] == 404
        status, headers, text = server.ask("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (status, headers["Content-Type"].partition(";")[0]) == (200, "text/plain")
    assert 'velory_requests_total{status="200",view="account_login"} 20.0' in text
    assert 'velory_request_duration_seconds_count{view="account_login"} 20.0' in text
    assert set(re.findall(r"[{,](\w+)=", text)) == {"status", "view", "le"}
    assert "anna" not in text
