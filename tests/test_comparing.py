"""Two tabs with the same form: whoever saves later is told what they would overwrite, on every form of what stands
already."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.models import Company, Domain, Payor, SingleSignOn, Space, User
from devices.models import Device
from tests.visitor import Visitor

CHANGED = "Somebody has changed this to “{}” since you opened the page. Save again if yours is right."
EMPTIED = "Somebody has emptied this since you opened the page. Save again if yours is right."


def edit_page(device):
    return reverse("devices:edit", args=[device.pk])


@pytest.fixture
def sso(world):
    Domain.objects.create(company=world.acme, name="acme.example").set_proved(by=world.admin)
    one = SingleSignOn(company=world.acme, issuer="https://login.acme.example", client_id="velory", is_on=True)
    one.client_secret = "a secret between the two"
    one.save()
    return one


@pytest.mark.parametrize(
    ("page", "model", "row", "field", "theirs", "mine"),
    [
        (lambda w: edit_page(w.laptop), Device, "laptop", "supplier", "AAA", "BBB"),
        (lambda w: w.shelf.get_absolute_url(), Space, "shelf", "description", "Second floor", "Third floor"),
        (lambda w: w.cost_centre.get_absolute_url(), Payor, "cost_centre", "name", "R & D", "Design"),
        (lambda w: w.colleague.get_absolute_url(), User, "colleague", "full_name", "Carl <Bergh>", "Carl Burg"),
        (lambda w: reverse("accounts:settings"), Company, "acme", "repair_instructions", "Bring it.", "Send it."),
    ],
    ids=["device", "space", "payor", "user", "settings"],
)
def test_what_somebody_else_has_changed_is_overwritten_only_by_whoever_has_seen_it(
    world, page, model, row, field, theirs, mine
):
    ada = Visitor(world.admin).open(page(world))
    model.objects.filter(pk=getattr(world, row).pk).update(**{field: theirs})
    ada.press("Save", **{field: mine})
    assert ada.errors == {field: CHANGED.format(theirs)}
    assert ada.field(field) == mine
    assert getattr(getattr(world.again(), row), field) == theirs
    ada.press("Save")
    assert ada.errors == {}
    assert getattr(getattr(world.again(), row), field) == mine


def test_single_sign_on_is_compared_too(world, sso):
    ada = Visitor(world.admin).open(reverse("accounts:sso"))
    SingleSignOn.objects.update(client_id="velory-2", creates_people=True)
    ada.press("Save", client_id="velory-3")
    assert ada.errors == {"client_id": CHANGED.format("velory-2")}
    ada.press("Save")
    sso.refresh_from_db()
    assert (sso.client_id, sso.creates_people) == ("velory-3", True)


def test_who_may_come_in_by_password_is_compared_too(world, sso):
    """Nobody was chosen when the page was opened, and of nobody a page can send nothing."""
    ada = Visitor(world.admin).open(reverse("accounts:sso"))
    User.objects.filter(pk=world.second_admin.pk).update(is_break_glass=True)
    ada.press("Save", break_glass=True)
    assert CHANGED.format("Bodil Ek") in ada.words
    assert not world.again().admin.is_break_glass


def test_a_choice_is_told_in_its_words(world):
    ada = Visitor(world.admin).open(reverse("accounts:settings"))
    third = Payor.objects.create(company=world.acme, name="IT", kind=Payor.Kind.COST_CENTRE)
    world.acme.set_repair_payor(third, by=world.second_admin)
    ada.open(reverse("accounts:settings"))
    world.acme.set_repair_payor(world.company_payor, by=world.second_admin)
    ada.press("Save", repair_payor=world.cost_centre.name)
    assert ada.errors == {"repair_payor": CHANGED.format("Company")}
    ada.open(world.colleague)
    User.objects.filter(pk=world.colleague.pk).update(language="sv")
    ada.press("Save", language="English")
    assert ada.errors == {"language": CHANGED.format("Svenska")}


def test_what_somebody_else_has_emptied_is_told(world):
    Device.objects.filter(pk=world.laptop.pk).update(purchase_date=date(2025, 3, 1), supplier="Dustin")
    ada = Visitor(world.admin).open(edit_page(world.laptop))
    Device.objects.filter(pk=world.laptop.pk).update(purchase_date=None, supplier="")
    ada.press("Save", purchase_date="2025-04-01", supplier="Atea")
    assert ada.errors == {"purchase_date": EMPTIED, "supplier": EMPTIED}


def test_who_types_the_same_as_somebody_else_is_told_nothing(world):
    """A second click on Save is such a one."""
    ada = Visitor(world.admin).open(edit_page(world.laptop))
    world.laptop.edit(by=world.second_admin, supplier="Dustin")
    lines = world.laptop.events.count()
    ada.press("Save", supplier="Dustin")
    assert ada.messages == ["Saved."]
    assert world.laptop.events.count() == lines


def test_a_field_that_was_left_alone_shows_what_stands_now_beside_one_that_is_refused(world):
    ada = Visitor(world.admin).open(edit_page(world.laptop))
    world.laptop.edit(by=world.second_admin, supplier="Dustin", model="M5")
    ada.press("Save", supplier="Atea")
    assert (ada.field("supplier"), ada.field("model")) == ("Atea", "M5")
    ada.press("Save")
    laptop = world.again().laptop
    assert (laptop.supplier, laptop.model) == ("Atea", "M5")


def test_what_somebody_else_has_entered_is_part_of_what_is_checked(world):
    """A warranty that fits the purchase date of the page, and not the one that stands now."""
    ada = Visitor(world.admin).open(edit_page(world.laptop))
    world.laptop.edit(by=world.second_admin, purchase_date=date(2026, 1, 1))
    ada.press("Save", warranty_end="2025-12-31")
    assert ada.errors == {"warranty_end": "The warranty can't end before the purchase."}


def test_a_browser_s_line_ends_are_no_change(world):
    Company.objects.filter(pk=world.acme.pk).update(repair_instructions="One.\nTwo.")
    ada = Visitor(world.admin).open(reverse("accounts:settings"))
    ada.press("Save", **{"initial-repair_instructions": "One.\r\nTwo.", "repair_instructions": "One.\r\nThree."})
    assert ada.errors == {}
    assert world.again().acme.repair_instructions == "One.\r\nThree."
