"""Choosing a person or a space where there are too many for a list: one types, and the server reads it."""

import pytest
from django.urls import reverse

from accounts.choosing import FEW, OFFERED
from accounts.models import Space, User
from devices.models import Device
from tests.factories import DeviceFactory, UserFactory
from tests.visitor import Visitor

ASSIGN = "Assign to user"


@pytest.fixture
def crowd(world):
    """More people and spaces than a list takes, in both companies. Returns the world."""
    for company in (world.acme, world.globex):
        User.objects.bulk_create(
            User(company=company, email=f"crowd{n}@{company.slug}.example", full_name=f"Crowd Öst {n}")
            for n in range(FEW)
        )
        Space.objects.bulk_create(Space(company=company, name=f"Room {n}") for n in range(FEW))
    return world


@pytest.fixture
def ada(crowd):
    return Visitor(crowd.admin).open(crowd.spare)


def holder_of(device):
    return Device.objects.get(pk=device.pk).holder


@pytest.mark.parametrize(
    "typed",
    ["Eva Lind", " eva  LIND ", "eva@acme.example", "EVA@ACME.example", "Eva Lind <eva@acme.example>", "Évà Lind"],
)
def test_what_names_one_person_is_that_person(ada, crowd, typed):
    ada.press(ASSIGN, user_typed=typed, payor="Company")
    assert ada.messages == ["ThinkPad X1 is assigned to Eva Lind."]
    assert holder_of(crowd.spare) == crowd.employee


@pytest.mark.parametrize("typed", ["214", "room  214", "ROOM 214"])
def test_a_space_is_found_by_its_name_even_if_that_is_a_number(ada, crowd, typed):
    there = Space.objects.create(company=crowd.acme, name=typed.strip())
    ada.press("Assign to space", space_typed=typed, payor="Company")
    assert holder_of(crowd.spare) == there


def test_namesakes_are_offered_with_their_addresses_and_nothing_typed_is_lost(ada, crowd):
    twins = [UserFactory(company=crowd.acme, full_name="Eva Ny", email=f"ny{n}@acme.example") for n in (1, 2)]
    ada.press(ASSIGN, user_typed="eva ny", payor="Cost centre 4711")
    assert ada.errors == {"user_typed": "More than one is called that. Choose one of these."}
    assert (ada.field("user_typed", ASSIGN), ada.field("payor", ASSIGN)) == ("eva ny", "Cost centre 4711")
    assert "Eva Ny (ny1@acme.example) Eva Ny (ny2@acme.example)" in ada.words
    ada.press(ASSIGN, user=str(twins[1].pk))
    assert holder_of(crowd.spare) == twins[1]


def test_a_choice_counts_for_the_text_it_was_offered_for(ada, crowd):
    """Whoever types somebody else after all gets that one."""
    twins = [UserFactory(company=crowd.acme, full_name="Eva Ny") for _n in range(2)]
    ada.press(ASSIGN, user_typed="Eva Ny", payor="Company")
    ada.press(ASSIGN, user=str(twins[0].pk), user_typed="Carl Berg")
    assert holder_of(crowd.spare) == crowd.colleague


def test_a_part_of_a_name_is_never_guessed_at(ada, crowd):
    ada.press(ASSIGN, user_typed="lind", payor="Company")
    assert ada.errors == {"user_typed": "That is a part of a name. Choose one of these, or type more."}
    assert holder_of(crowd.spare) is None
    ada.press(ASSIGN, user=str(crowd.employee.pk))
    assert holder_of(crowd.spare) == crowd.employee


def test_of_many_a_few_are_offered(ada):
    ada.press(ASSIGN, user_typed="ost", payor="Company")
    assert ada.errors["user_typed"].startswith("Many are found by that.")
    assert ada.words.count("Crowd Öst") == OFFERED


def test_nobody_else_can_be_told_from_nobody(ada, crowd):
    """Another company's people, those who have left, and names that nobody has."""
    left = UserFactory(company=crowd.acme, full_name="Lars Left", email="left@acme.example", is_active=False)
    found = set()
    for typed in (
        "Hugo Dahl",
        "hugo@globex.example",
        "Lars Left",
        left.email,
        "Nobody",
        "nobody@acme.example",
        "\0 %_",
    ):
        ada.open(crowd.spare).press(ASSIGN, user_typed=typed, payor="Company")
        found.add(ada.errors["user_typed"])
    assert found == {"Nobody is found by that. Type a name as it stands under Users, or an email address."}
    for key in (crowd.globex_employee.pk, left.pk, 10**17, "9" * 30, "x"):
        ada.open(crowd.spare).client.post(ada.address, {"user": key})
    assert holder_of(crowd.spare) is None


def test_a_device_is_registered_for_whom_one_types(ada, crowd):
    for typed, holder in (("Carl Berg", crowd.colleague), ("Stock shelf", crowd.shelf)):
        ada.open(reverse("devices:register"))
        ada.press("Register device", name=f"For {typed}", category="Laptop", holder_typed=typed, payor="Company")
        assert Device.objects.get(name=f"For {typed}").holder == holder
    away = crowd.laptop.move("report", by=crowd.employee).move("take_in", by=crowd.admin)
    assert ada.open(reverse("repairs:replace", args=[away.pk])).field("holder_typed") == "Eva Lind <eva@acme.example>"


def test_the_audit_log_is_filtered_by_whom_one_types(ada):
    ada.open(reverse("accounts:audit_log"), person_typed="Eva Lind")
    assert ada.field("person_typed") == "Eva Lind"
    assert "person_typed" not in ada.errors


def test_a_table_is_filtered_by_the_space_one_types(ada):
    ada.open(reverse("devices:hardware"), space_typed="stock shelf")
    assert [row[0] for row in ada.rows] == ["Dell U2723QE"]
    assert ada.field("space_typed") == "stock shelf"
    assert ada.open(reverse("devices:hardware"), space_typed="Globex cupboard").rows == []


def test_a_name_is_found_once_it_is_changed(ada, crowd):
    crowd.employee.full_name = "Eva Lund"
    crowd.employee.save(update_fields=["full_name"])
    ada.press(ASSIGN, user_typed="Eva Lund", payor="Company")
    assert holder_of(crowd.spare) == crowd.employee


def test_a_space_is_found_by_its_description_wherever_one_searches(ada, crowd):
    """However much longer that is for a search: these letters are three and eighteen of it."""
    crowd.shelf.description = "Källare " + "\ufb03\ufdfa" * 140
    crowd.shelf.save()
    ada.open(crowd.spare).press("Assign to space", space_typed="kallare", payor="Company")
    assert "Stock shelf" in ada.words
    for name in ("devices:search", "accounts:spaces"):
        assert "Stock shelf" in ada.open(reverse(name), q="KALLARE").words


# As replacement for


def test_where_many_wait_the_form_finds_whom_a_replacement_is_for(ada, crowd):
    for device in DeviceFactory.create_batch(FEW + 1, company=crowd.acme, by=crowd.admin, holder=crowd.colleague):
        device.move("report", by=crowd.admin)
    ada.open(crowd.spare)
    assert ada.choices("stands_in_for", ASSIGN) == ["The device that they wait for"]
    theirs = {"payor": "Company", "stands_in_for": "The device that they wait for"}
    ada.press(ASSIGN, user_typed="Eva Lind", **theirs)
    assert ada.errors == {"stands_in_for": "Eva Lind waits for no device."}
    ada.open(crowd.spare).press(ASSIGN, user_typed="Carl Berg", **theirs)
    assert ada.errors == {"stands_in_for": "Carl Berg waits for more than one device. Choose which."}
    assert len(ada.choices("stands_in_for", ASSIGN)) == OFFERED
    crowd.laptop.move("report", by=crowd.employee)
    ada.open(crowd.spare).press(ASSIGN, user_typed="Eva Lind", **theirs)
    assert holder_of(crowd.spare) == crowd.employee
    assert "A replacement for Eva Lind" in ada.words


# While one types


def test_suggestions_are_the_companys_own_and_few(crowd):
    ada = Visitor(crowd.admin)

    def suggested(kind, text):
        ada.open(reverse("accounts:suggestions", args=[kind]), q=text)
        return [option.get("data-text") for option in ada.tree.iter("li")]

    assert suggested("people", "lin") == ["Eva Lind <eva@acme.example>"]
    assert suggested("people", "carl@") == ["Carl Berg <carl@acme.example>"]
    assert suggested("people", "öst crowd 49") == suggested("people", "OST 49") != []
    assert len(suggested("people", "crowd")) == OFFERED
    assert suggested("people", "hugo") == suggested("people", " ") == suggested("people", "%") == []
    assert suggested("holders", "birch") == suggested("spaces", "birch") == ["Meeting room Birch"]
    assert ada.client.get(reverse("accounts:suggestions", args=["secrets"])).status_code == 404
