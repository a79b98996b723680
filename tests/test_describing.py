"""What a device is: registering it, editing it, and noting something about it, through the pages."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Space, User
from devices.models import Device
from tests.visitor import Visitor
from tests.world import log_of

HARDWARE = reverse("devices:hardware")
REGISTER = reverse("devices:register")
EVERYTHING = {
    "name": "EliteBook 845",
    "category": "Notebook",
    "manufacturer": "HP",
    "model": "845 G10",
    "model_number": "818N0EA",
    "serial_number": "5CG 123-4",
    "asset_tag": "A-2001",
    "imei": "356938035643809",
    "supplier": "Dustin",
    "order_number": "PO 77",
    "purchase_date": "2026-02-01",
    "purchase_cost": "1899.50",
    "warranty_end": "2029-02-01",
    "renewal_date": "2029-03-01",
}


@pytest.fixture
def ada(world):
    return Visitor(world.admin)


def fresh(device):
    return Device.objects.get(pk=device.pk)


# Registering


def test_a_device_is_registered_with_all_that_is_known_of_it(ada, world):
    ada.open(HARDWARE).follow("Register device").press(
        "Register device", **EVERYTHING, holder="Carl Berg", payor="Cost centre 4711"
    )
    assert ada.messages == ["EliteBook 845 is registered."]
    device = Device.objects.get(name="EliteBook 845")
    assert {name: str(getattr(device, name)) for name in EVERYTHING} == EVERYTHING
    assert (device.holder, device.payor, device.status) == (world.colleague, world.cost_centre, "active")
    assert log_of(device) == [
        "Ada Holm registered device.",
        "Ada Holm assigned device to Carl Berg.",
        "Ada Holm changed payor from none to Cost centre 4711.",
    ]
    assert ada.address == device.get_absolute_url()


def test_a_name_and_a_category_are_enough(ada, world):
    ada.open(REGISTER).press("Register device", name="Projector", category="Projector")
    device = Device.objects.get(name="Projector")
    assert (device.category, device.holder, device.payor) == ("Projector", None, None)
    assert log_of(device) == ["Ada Holm registered device."]


def test_nobody_s_device_is_called_a_laptop_unasked(ada):
    ada.open(REGISTER).press("Register device", name="Projector")
    assert ada.errors == {"category": "This field is required."}
    assert not Device.objects.filter(name="Projector").exists()


@pytest.mark.parametrize("serial", ["C02-XK1 AAA", "c02xk1aaa", "Ｃ02 XK1–AAA"])
@pytest.mark.parametrize("archived", [False, True])
def test_a_serial_number_that_the_company_has_links_to_its_device(ada, world, serial, archived):
    if archived:
        world.laptop.move("report", by=world.admin).move("take_in", by=world.admin).move("recycle", by=world.admin)
    ada.open(REGISTER).press("Register device", name="Twin", category="Laptop", serial_number=serial)
    assert ada.errors == {"serial_number": "MacBook Pro 14 has this already."}
    assert ada.field("serial_number") == serial
    assert not Device.objects.filter(name="Twin").exists()
    assert ada.follow("MacBook Pro 14 has this already.").address == world.laptop.get_absolute_url()


def test_an_asset_tag_that_the_company_has_links_to_its_device(ada, world):
    ada.open(world.phone).follow("Edit").press("Save", asset_tag="a 1001")
    assert ada.errors == {"asset_tag": "MacBook Pro 14 has this already."}


def test_another_company_s_serial_number_is_free(ada, world):
    ada.open(REGISTER).press("Register device", name="Free", category="Laptop", serial_number="5CG-INITECH-1")
    assert Device.objects.filter(name="Free").exists()


@pytest.mark.parametrize(
    ("chosen", "errors"),
    [
        ({"holder": "Carl Berg"}, {"payor": "Choose who pays for the device."}),
        ({"payor": "Company"}, {"holder": "Choose who gets the device, or leave the payor empty."}),
        (
            {"holder": "Stock shelf", "payor": "Employee"},
            {"payor": "Employee pays only for what a person holds. Choose another payor."},
        ),
        ({"name": ""}, {"name": "This field is required."}),
        ({"name": "   "}, {"name": "This field is required."}),
        ({"purchase_cost": "-1"}, {"purchase_cost": "Ensure this value is greater than or equal to 0."}),
        ({"purchase_date": "31/12/2026"}, {"purchase_date": "Enter a valid date."}),
        ({"imei": "12 34"}, {"imei": "An IMEI is 14 to 16 digits."}),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(ada, world, chosen, errors):
    typed = {"name": "EliteBook 845", "manufacturer": "HP", "supplier": "Dustin"} | chosen
    before = Device.objects.count()
    ada.open(REGISTER).press("Register device", **{"category": "Laptop", **typed})
    assert ada.errors == errors
    assert {name: ada.field(name) for name in typed} == {name: value.strip() or value for name, value in typed.items()}
    assert Device.objects.count() == before


def test_the_forms_offer_only_what_is_the_company_s_own_and_open(ada, world):
    Space.objects.filter(pk=world.room.pk).update(closed_at=timezone.now())
    User.objects.filter(pk=world.second_admin.pk).update(is_active=False)
    ada.open(REGISTER)
    assert ada.choices("holder") == ["Ada Holm", "Carl Berg", "Eva Lind", "Stock shelf"]
    assert ada.choices("payor") == ["Company", "Cost centre 4711", "Employee"]
    ada.open(HARDWARE).follow("Filters")
    assert "Globex cupboard" not in ada.choices("space")


# Editing and noting


def test_a_cost_is_grouped_as_the_reader_writes_it(ada, world):
    Device.objects.filter(pk=world.laptop.pk).update(purchase_cost="22990")
    assert "Purchase cost 22,990.00" in ada.open(world.laptop).words
    User.objects.filter(pk=world.admin.pk).update(language="sv")
    assert "22 990,00" in ada.open(world.laptop).words


def test_each_field_that_changes_has_its_line(ada, world):
    ada.open(world.laptop).follow("Edit")
    assert ada.field("purchase_cost") == "2499.00"
    ada.press("Save", name="MacBook Pro", purchase_cost="2000", warranty_end="2027-01-31", category="Desktop")

    assert ada.messages == ["Saved."]
    assert sorted(log_of(world.laptop, world.laptop)) == [
        "Ada Holm changed category from Laptop to Desktop.",
        "Ada Holm changed name from MacBook Pro 14 to MacBook Pro.",
        "Ada Holm changed purchase cost from 2499.00 to 2000.00.",
        "Ada Holm changed warranty ends from none to 2027-01-31.",
    ]
    device = fresh(world.laptop)
    assert (device.holder, device.payor, device.status) == (world.employee, world.employee_payor, "active")


def test_saving_without_a_change_writes_nothing(ada, world):
    ada.open(world.laptop).follow("Edit").press("Save")
    assert ada.messages == ["Saved."]
    assert log_of(world.laptop, world.laptop) == []


def test_an_edit_overwrites_no_field_that_somebody_else_changed_meanwhile(ada, world):
    ada.open(world.laptop).follow("Edit")
    world.laptop.edit(by=world.second_admin, supplier="Dustin")
    ada.press("Save", model="M4")
    device = fresh(world.laptop)
    assert (device.supplier, device.model) == ("Dustin", "M4")


def test_an_edit_that_comes_too_late_is_told_and_keeps_what_was_typed(ada, world):
    ada.open(world.laptop).follow("Edit")
    world.laptop.move("report", by=world.admin).move("take_in", by=world.admin).move("recycle", by=world.admin)
    ada.press("Save", name="MacBook Pro 14 (2024)", model="M4")
    assert ada.status == 409
    assert ada.messages == ["MacBook Pro 14 is archived and can't be edited."]
    assert "Recycled" in ada.words
    assert (ada.field("name"), ada.field("model")) == ("MacBook Pro 14 (2024)", "M4")
    assert fresh(world.laptop).name == "MacBook Pro 14"


def test_a_device_in_repair_can_be_edited(ada, world):
    world.laptop.move("report", by=world.admin).move("take_in", by=world.admin)
    ada.open(world.laptop).follow("Edit").press("Save", model="M4")
    assert fresh(world.laptop).model == "M4"


def test_a_note_is_for_admins_and_the_log_says_that_there_is_one(ada, world):
    ada.open(world.laptop).press("Add note", text="Replaced the <b>screen</b>.\nGlass only.")
    assert ada.messages == ["Your note is added."]
    assert "Replaced the <b>screen</b>. Glass only. Ada Holm, just now" in ada.words
    assert log_of(world.laptop, world.laptop) == ["Ada Holm added a note."]
    assert "Glass only" not in Visitor(world.employee).open(world.laptop).words


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 5001, "a\0b"], ids=["empty", "blank", "long", "nul"])
def test_a_bad_note_is_refused_and_kept_to_mend(ada, world, text):
    ada.open(world.laptop).press("Add note", text=text)
    assert list(ada.errors) == ["text"]
    assert world.laptop.notes.count() == 1
    assert log_of(world.laptop, world.laptop) == []


def test_a_second_click_registers_no_second_device_but_other_words_do(ada, world):
    sent = {"name": "Headset", "category": "Headset", "token": ada.open(REGISTER).field("token")}
    client = Client()
    client.force_login(world.admin)
    for _click in range(2):
        assert client.post(REGISTER, sent, follow=True).status_code == 200
    assert Device.objects.filter(name="Headset").count() == 1
    client.post(REGISTER, sent | {"model": "Evolve2"})
    assert Device.objects.filter(name="Headset").count() == 2
    # Another company's admin who has got hold of the token registers a device of their own.
    client.force_login(world.globex_admin)
    client.post(REGISTER, sent)
    assert Device.objects.filter(name="Headset", company=world.globex).count() == 1


def test_a_second_click_adds_no_second_note(ada, world):
    twice = Visitor(world.admin).open(world.laptop)
    for visitor in (ada.open(world.laptop), twice):
        visitor.press("Add note", text="Looked at it.")
    assert world.laptop.notes.filter(text="Looked at it.").count() == 1
    assert log_of(world.laptop, world.laptop) == ["Ada Holm added a note."]


def test_all_that_is_wrong_is_said_at_once(ada, world):
    ada.open(REGISTER).press(
        "Register device", name="", serial_number="C02-XK1 AAA", purchase_cost="-1.234", warranty_end="2020-01-01"
    )
    assert set(ada.errors) == {"name", "category", "serial_number", "purchase_cost"}
    assert "An amount" in ada.errors["purchase_cost"]


def test_who_had_it_stands_on_overview(ada, world):
    world.laptop.assign(world.colleague, world.company_payor, by=world.admin)
    assert "Who had it Carl Berg" in ada.open(world.laptop).words
    assert "Eva Lind" in ada.words


@pytest.mark.parametrize("written", ["12345.50", "12345,50", "12 345,50", "12\u00a0345,50", "12,345.50", "12.345,50"])
def test_an_amount_is_read_as_people_write_it(ada, world, written):
    ada.open(REGISTER).press("Register device", name="EliteBook 845", category="Laptop", purchase_cost=written)
    assert str(Device.objects.get(name="EliteBook 845").purchase_cost) == "12345.50"


def test_an_amount_that_may_mean_two_things_is_not_guessed(ada, world):
    ada.open(REGISTER).press("Register device", name="EliteBook 845", category="Laptop", purchase_cost="1,234")
    assert not Device.objects.filter(name="EliteBook 845").exists()
    assert ada.field("purchase_cost") == "1,234"


def test_an_imei_may_be_written_in_groups(ada, world):
    ada.open(REGISTER).press("Register device", name="iPhone 16", category="Phone", imei="35 293803-564380 9")
    assert Device.objects.get(imei="352938035643809").name == "iPhone 16"


def test_a_warranty_does_not_end_before_the_purchase(ada, world):
    bought, covered = "2026-02-01", "2025-02-01"
    ada.open(REGISTER).press(
        "Register device", name="EliteBook 845", category="Laptop", purchase_date=bought, warranty_end=covered
    )
    assert "The warranty can't end before the purchase." in ada.words
