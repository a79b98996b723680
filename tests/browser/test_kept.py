"""What somebody had typed when their session ended, at a real browser with and without script."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from repairs.models import Repair
from tests.world import PASSWORD

WORDS = "The screen flickers since Monday.\n\nIt began after the update."


@pytest.mark.parametrize("hands", ["mouse", "no-script", "phone", "keyboard"])
def test_a_long_description_outlives_the_session(hands, sit_down, live_world):
    eva = sit_down(hands=hands)
    eva.sign_in("eva@acme.example", PASSWORD)
    expect(eva.heading("My devices")).to_be_visible()
    eva.page.goto(live_world.laptop.support_url)
    eva.press(eva.switch)
    eva.choose("What is wrong?", "Screen")
    eva.fill("In your own words", WORDS)
    Session.objects.all().delete()
    eva.press(eva.button("Save"))
    expect(eva.heading("Sign in")).to_be_visible()
    eva.sees("You were signed out meanwhile.")
    eva.fill("Email", "eva@acme.example")
    eva.fill("Password", PASSWORD)
    eva.press(eva.button("Sign in"))
    eva.sees("this is not saved yet")
    expect(eva.page.get_by_label("In your own words")).to_have_value(WORDS)
    expect(eva.switch).to_be_checked()
    assert not Repair.objects.exists()
    eva.press(eva.button("Save"))
    eva.sees_status("Active - needs repair")
    assert Repair.objects.get().description.replace("\r", "") == WORDS
