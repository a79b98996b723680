"""Whatever is sent to a form: never an error of ours, nothing half stored, nothing typed lost.

A short round runs with the suite; `make hostile` runs a longer one and prints how many inputs there were.
"""

from collections import Counter

import pytest
from django.core.cache import cache
from django.test import Client
from hypothesis import given

from tests.hostile.pages import ACTS, PAGES, SOME_PAGES, Form, forms_of, words_in
from tests.hostile.rounds import INPUTS, foreign_keys, rounds, taken_back, tell
from tests.hostile.rows import AUDIT, everything, untrue
from tests.hostile.sending import as_read, post
from tests.hostile.values import filled_in
from tests.scene import Scene

FORMS = 110  # about as many as there are

# Who is asked for the pages of the table of routes, and their name in the cast.
PEOPLE = {"nobody": None, "employee": "employee", "admin": "admin", "support": "support"}
# What the audit log tells although nothing else is stored: who failed to sign in, and who took everything out.
NOTED = ("account_", "mfa_", "admin:login", "devices:takeout")


@pytest.mark.parametrize("who", PEOPLE)
def test_no_form_breaks_keeps_a_half_or_loses_what_was_typed(world, who, capsys):
    tried: Counter[str] = Counter()
    foreign = foreign_keys(world)
    for row in [*(PAGES if INPUTS else SOME_PAGES), *ACTS]:
        if row.answers[who] not in (("200",) if row.method == "GET" else ("200", "done")):
            continue
        with taken_back():
            scene = Scene(world.again())
            scene.set(row.about)
            person = getattr(world, PEOPLE[who]) if PEOPLE[who] else None
            client = Client()
            if person:
                client.force_login(person)
            for form in _forms(row, scene, person, client):
                if row.method == "GET" or form.name not in {name.partition(" ")[0] for name in tried}:
                    key = f"{form.name} {sorted(dict(form.fields))}"
                    if not tried[key]:
                        tried[key] = _try(form, client, foreign)
    tell(capsys, f"{who}: {tried.total()} hostile inputs to {len(tried)} forms, errors of the server 0")
    assert tried


def _forms(row, scene, person, client):
    address = scene.address(row.name, row.about, person)
    if row.method == "POST":
        data = scene.data(row.name, person)
        yield Form(row.name, address, [(name, str(value)) for name, value in data.items()], frozenset())
        return
    response = client.get(address)
    if response["Content-Type"].startswith("text/html"):
        yield from forms_of(response.text, address)


def _try(form, client, foreign):
    """Send hostile inputs to the form, from the same state each. Returns how many."""
    count = 0
    before = everything()

    @rounds(INPUTS // FORMS or 2)
    @given(filled_in(form.fields, foreign))
    def send(pairs):
        nonlocal count
        count += 1
        cache.clear()  # nobody is told that they have tried too often
        with taken_back():
            response = post(client, form.address, pairs)
            assert response.status_code < 500
            if response.status_code == 302:
                assert list(untrue(before)) == []
            else:
                changed = {table for table, _company, _row in everything() ^ before}
                assert changed <= (AUDIT if form.name.startswith(NOTED) else set())
            if response.status_code == 200 and not response.streaming:
                _assert_kept(pairs, form, response)

    send()
    return count


def _assert_kept(pairs, form, response):
    """What was written stands in the form that comes back; where it is what the page had shown, what stands now may. Of
    blanks alone none have to."""
    stands = words_in(response.text, form)
    sent = Counter(name for name, _value in pairs)
    for name, value in pairs:
        if (f"initial-{name}", value) in pairs:
            continue
        if name in form.written and name in stands and sent[name] == 1 and isinstance(value, str):
            assert stands[name] == as_read(value) or not (stands[name] + value).strip(), name
