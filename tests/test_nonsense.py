"""Whatever is sent to a form or asked of an address: an answer, never an error."""

from itertools import cycle

import pytest
from django.db import transaction
from django.urls import reverse

import accounts.forms
import accounts.sign_in_forms
import accounts.sso.forms
import devices.forms
import repairs.forms
from tests.scene import Scene
from tests.test_routes import ROWS

JUNK = {
    "blank": " ",
    "nul": "a\0b",
    "long": "x" * 5001,
    "digits": "9" * 5000,
    "not a number": "NaN",
    "signs": "'\"<script>%_\\{{ 7*7 }}",
    "letters": "ﷺ" * 90,  # NFKC spells each of them out in eighteen
}

# Every field of every form, and what stands in no form but in a page.
FIELDS = {"login", "way", "repair", "release"}.union(
    *(
        getattr(form, "base_fields", ())
        for module in (accounts.forms, accounts.sign_in_forms, accounts.sso.forms, devices.forms, repairs.forms)
        for form in vars(module).values()
    )
)

ASKED = ["q", "sort", "page", "category", "status", "payor", "space", "person", "outcome", "problem"]


@pytest.mark.parametrize("turn", range(2))
def test_no_form_breaks_whatever_is_sent(world, client, turn):
    """Each field gets two kinds of junk beside others' others; `make hostile` sends many more."""
    client.force_login(world.admin)
    kinds = cycle(list(JUNK.values())[3 * turn :] + list(JUNK.values())[: 3 * turn])
    sent = dict(zip(sorted(FIELDS), kinds, strict=False))
    forms = [row for row in ROWS if row.method == "POST" and row.answers["admin"] in ("200", "done")]
    for row in forms:
        for way in ["previous", "user", "space", "x" * 5001] if row.name == "repairs:assign" else [""]:
            with transaction.atomic():
                scene = Scene(world.again())
                scene.set(row.about)
                response = client.post(scene.address(row.name, row.about), sent | {"way": way})
                assert response.status_code < 500, row
                transaction.set_rollback(True)


@pytest.mark.parametrize("junk", JUNK)
def test_no_address_breaks_whatever_it_asks_for(world, client, junk):
    client.force_login(world.admin)
    asked = dict.fromkeys(ASKED, JUNK[junk][:3000])
    for name, *args in (
        ("devices:mine",),
        ("devices:colleagues",),
        ("devices:hardware",),
        ("devices:hardware_table", "in-repair"),
        ("devices:export", "all"),
        ("devices:log", world.laptop.pk),
        ("repairs:list",),
        ("repairs:export",),
        ("accounts:users",),
        ("accounts:spaces",),
        ("accounts:payors",),
    ):
        response = client.get(reverse(name, args=args), asked)
        assert response.status_code == 200, name
        response.getvalue()


def test_a_megabyte_in_a_field_is_refused_beside_it_and_kept(world, client):
    client.force_login(world.admin)
    for field in ("name", "serial_number", "purchase_cost", "purchase_date", "holder"):
        response = client.post(reverse("devices:register"), {"name": "x", "category": "x", field: "9" * 1_000_000})
        assert response.status_code == 200
        assert field in response.context["form"].errors
        assert "9" * 1_000_000 in response.text or field == "holder"


def test_more_than_a_form_may_hold_is_a_bad_request(world, client):
    client.force_login(world.admin)
    address = reverse("devices:register")
    assert client.post(address, {"name": "x" * 3_000_000}).status_code == 400
    assert client.post(address, {f"field{number}": "x" for number in range(1500)}).status_code == 400
