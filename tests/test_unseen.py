"""No name looks like another one, or turns the line around it, by characters that can't be seen."""

from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import Space, User
from accounts.text import refuse_unseen, without_unseen
from devices.models import Device
from tests.visitor import Visitor

UNSEEN = {
    "written backwards": "Eva\u202edniL",
    "isolated": "Eva \u2067Lind\u2069",
    "of no width": "Eva\u200bLind",
    "a byte order mark": "\ufeffEva Lind",
    "a soft hyphen": "Eva\u00adLind",
    "a filler": "Eva\u3164Lind",
    "a control character": "Eva\x1b[31m Lind",
    "tags without a flag": "Eva\U000e0041\U000e0042",
}
FINE = {
    "Hebrew": "אווה לינד",
    "Arabic with a mark of direction": "\u200fإيفا (IT)",
    "Persian with a joiner": "نمی\u200cخواهم",
    "a family": "Kit 👩\u200d👩\u200d👧",
    "the flag of England": "Kit 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "a heart with its variant": "Room ❤\ufe0f",
    "accents": "Zoë Ångström-D’Arcy e\u0301",
}
SAID = "There is a character in it that can’t be seen (U+"


@pytest.fixture
def ada(world):
    return Visitor(world.admin)


FORMS = {
    "a person": (lambda w: w.colleague.get_absolute_url(), "Save", "full_name"),
    "a space": (lambda w: w.shelf.get_absolute_url(), "Save", "name"),
    "a payor": (lambda w: w.cost_centre.get_absolute_url(), "Save", "name"),
    "a device": (lambda w: reverse("devices:edit", args=[w.laptop.pk]), "Save", "name"),
    "a serial number": (lambda w: reverse("devices:edit", args=[w.laptop.pk]), "Save", "serial_number"),
    "a new device": (lambda w: reverse("devices:register"), "Register device", "name"),
}


@pytest.mark.parametrize("what", FORMS)
def test_each_form_refuses_it_beside_the_field_and_keeps_what_was_typed(ada, world, what):
    address, button, field = FORMS[what]
    name = UNSEEN["written backwards"]
    page = ada.open(address(world)).press(button, **{field: name})
    [said] = page.response.context["form"].errors[field]
    assert SAID in said
    assert page.field(field, button=button) == name


@pytest.mark.parametrize("name", UNSEEN.values(), ids=UNSEEN)
def test_none_of_them_is_taken(name):
    with pytest.raises(ValidationError, match="can’t be seen"):
        refuse_unseen(name)
    refuse_unseen(without_unseen(name))


def test_the_message_names_the_character(ada, world):
    page = ada.open(world.shelf).press("Save", name="Shelf\u202e")
    assert "(U+202E)" in page.words


@pytest.mark.parametrize("name", FINE.values(), ids=FINE)
def test_what_languages_and_emoji_need_is_welcome(ada, world, name):
    ada.open(reverse("accounts:space_new")).press("Add space", name=name)
    assert Space.objects.filter(company=world.acme, name=name).exists()
    assert without_unseen(name) == name


def test_support_and_the_console_refuse_it_too(world):
    page = Visitor(world.support).open(reverse("admin:accounts_company_add"))
    token = page.field("csrfmiddlewaretoken", button="")
    sent = {"name": "Ac\u200bme", "plan": "pro", "csrfmiddlewaretoken": token}
    answer = page.client.post(reverse("admin:accounts_company_add"), sent)
    assert SAID in answer.text
    with pytest.raises(CommandError, match="can’t be seen"):
        call_command("create_support", "new@velory.example", UNSEEN["written backwards"])


def test_imports_leave_it_out(world, tmp_path):
    # A cell with a control character is damaged, and its row refused (tests/test_importing.py).
    cells = [name for name in UNSEEN.values() if "\x1b" not in name] + ["Eva&#8238; Lind"]
    people, devices = tmp_path / "people.csv", tmp_path / "devices.csv"
    rows = [f'nils{number}@acme.example,"{cell}"' for number, cell in enumerate(cells)]
    people.write_text("\n".join(["Email,Full Name", *rows]), encoding="utf-8")
    rows = [f'"{cell}",IMPORTED-{number},Laptop' for number, cell in enumerate(cells)]
    devices.write_text("\n".join(["Name,Serial Number,Category", *rows]), encoding="utf-8")
    for command, file in (("import_people", people), ("import_devices", devices)):
        call_command(command, str(file), company="acme", by=world.admin.email, stdout=StringIO())
    left = [without_unseen(cell.replace("&#8238;", "")) for cell in cells]
    found = User.objects.filter(email__startswith="nils").order_by("email").values_list("full_name", flat=True)
    assert list(found) == left
    found = Device.objects.filter(serial_key__startswith="IMPORTED").order_by("serial_key")
    assert list(found.values_list("name", flat=True)) == left
