"""Two people of one name are told apart wherever one is chosen."""

import pytest
from django.urls import reverse

from tests.factories import UserFactory
from tests.visitor import Visitor


@pytest.fixture
def namesakes(world):
    for email in ("eva.1@acme.example", "eva.2@acme.example"):
        UserFactory(company=world.acme, full_name="Eva Ny", email=email)
    return ["Eva Ny (eva.1@acme.example)", "Eva Ny (eva.2@acme.example)"]


def offered(visitor, name, button=""):
    return [words for words in visitor.choices(name, button) if words.startswith("Eva")]


def test_where_a_device_is_assigned_registered_or_replaced(world, namesakes):
    ada = Visitor(world.admin).open(world.spare)
    assert offered(ada, "user") == ["Eva Lind", *namesakes]
    assert offered(ada.open(reverse("devices:register")), "holder") == ["Eva Lind", *namesakes]
    away = world.laptop.move("report", by=world.employee).move("take_in", by=world.admin)
    assert offered(ada.open(reverse("repairs:replace", args=[away.pk])), "holder") == ["Eva Lind", *namesakes]


def test_in_the_filter_of_the_audit_log(world, namesakes):
    ada = Visitor(world.admin).open(reverse("accounts:audit_log"))
    assert offered(ada, "person") == ["Eva Lind", *namesakes]


def test_namesakes_in_other_companies_change_nothing(world):
    UserFactory(company=world.globex, full_name="Eva Lind", email="eva@globex.example")
    assert offered(Visitor(world.admin).open(world.spare), "user") == ["Eva Lind"]
