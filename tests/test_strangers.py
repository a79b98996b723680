"""People of other companies go everywhere with real ids of Acme's, and find no trace.

A foreign id is answered as one that nobody has, to the letter, wherever an id can be put: in an address, in what an
address asks for, in every field of every form, hidden ones too; and so is a foreign name, address or serial number.
Whatever is answered, page, export, zip, header or log, holds no word of Acme's, and nothing of Acme's is changed.
Addresses come from the resolver, fields and queries from the pages, so a new one is tried, or fails here. `make
tenants` tries each field with ids of every kind, as everybody; the suite with what its name suggests, as two people.
"""

import os
from urllib.parse import parse_qsl, urljoin, urlsplit

import html5lib
import pytest
from django.db import connection, transaction
from django.urls import resolve, reverse
from django.utils import timezone
from django.utils.http import int_to_base36

from accounts import clock
from accounts.models import Company
from tests.scene import Scene
from tests.stranger import MISSING, Foreign, Pair, Stranger
from tests.test_routes import ROWS, names
from tests.visitor import filled_in

STRANGERS = ("globex_admin", "globex_employee", "initech_admin", "initech_employee", "nobody")
WHOLE = bool(os.environ.get("VELORY_TENANTS"))
# All five where the code alone keeps companies apart; two where row level security stands behind it.
SENT = STRANGERS if WHOLE or connection.vendor == "sqlite" else STRANGERS[:2]
OURS = ("accounts:", "devices:", "repairs:")
# A link is for whoever has it, and its page says which company it is from. So a stranger has it only if it was given.
GIVEN = "a link"
# Pages that draw a new secret each time, so that no two answers are the same.
DRAWN = ("mfa_activate_totp", "mfa_add_webauthn")

tried: list[tuple[str, str]] = []
leaks: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def _summary():
    """How much was tried, for whoever reads along (`pytest -s`)."""
    yield
    addresses, people = {name for name, _who in tried}, {who for _name, who in tried}
    print(f"\n{len(addresses)} addresses × {len(people)} people, {len(tried)} requests, {len(leaks)} leaks")


@pytest.fixture
def foreign(world):
    # Pages say when something was looked at, so time stands still.
    with clock.at(timezone.now()), transaction.atomic():
        yield Foreign(world)
        transaction.set_rollback(True)


@pytest.fixture
def stranger(name, world, foreign):
    stranger = Stranger(name, world)
    yield stranger
    tried.extend((name, stranger.name) for name in stranger.tried)


def found(what):
    """Remember for the summary what was found, and fail."""
    leaks.extend(what)
    assert "\n".join(what) == ""


def traces(answer, foreign):
    return [word for word in foreign.secrets if word in answer.read]


# In the address


def addresses(name, about, scene, foreign):
    """The address of a row of the table of routes, about Acme's things, and one that leads nowhere, if it has an id."""
    if about == "a made-up link":
        made_up = [reverse(name, args=[int_to_base36(pk), "abc-123"]) for pk in (foreign.user.pk, MISSING)]
        return Pair(*made_up)
    path = scene.address(name, about)
    match = resolve(path)
    nowhere = {key: _missing(key, value) for key, value in match.kwargs.items()}
    return Pair(path, reverse(name, args=[*match.args, *nowhere.values()]) if nowhere else path)


def _missing(key, value):
    return MISSING if key in ("pk", "object_id") else value


def test_every_address_is_tried():
    assert set(names()) == {row.name for row in ROWS}


@pytest.mark.parametrize("name", SENT)
def test_a_foreign_id_in_an_address_is_answered_as_one_that_nobody_has(stranger, foreign, world):
    wrong = []
    for about in dict.fromkeys(row.about for row in ROWS):
        with transaction.atomic():
            scene = Scene(world.again())
            scene.set(about)
            scene.stranger = world.globex_employee
            before = foreign.state()
            for row in (row for row in ROWS if row.about == about and about != GIVEN):
                wrong += [f"{row}: {what}" for what in differences(row, scene, stranger, foreign)]
            assert foreign.state() == before
            transaction.set_rollback(True)
    found(wrong)


def differences(row, scene, stranger, foreign):
    """What an answer about Acme's things tells that the one about nobody's doesn't, and that it should not."""
    path, nowhere = addresses(row.name, row.about, scene, foreign)
    data = scene.data(row.name, stranger.person or scene.stranger) if row.method == "POST" else None
    answer = stranger.ask(row.method, path, data)
    yield from (f"tells {word}" for word in traces(answer, foreign))
    if path == nowhere:
        return
    other = stranger.ask(row.method, nowhere, data)
    words = [
        part for pair in zip(path.split("/"), nowhere.split("/"), strict=True) if pair[0] != pair[1] for part in pair
    ]
    if answer.without(*words) != other.without(*words):
        yield f"{answer.status} {answer.location} for {path}, {other.status} {other.location} for {nowhere}"
    if row.name.startswith(OURS) and row.method == "GET":
        due = {"nobody": [302, 405, 410]}.get(stranger.name, [404, 405, 410])
        if stranger.name.endswith("_employee") and row.answers["colleague"] == "403":
            due = [403]  # what they may not do for their own company either, whatever they ask for
        if answer.status not in due:
            yield f"{answer.status} where {due} is due"
    if answer.wrote and answer.status >= 400 and answer.status != 410:
        yield "writes"


# In forms and queries


class Form:
    """A form of a page, or a link with a query: an address, a method, and what would be sent."""

    def __init__(self, page, method, action, pairs, texts=(), passwords=()):
        parts = urlsplit(urljoin(page, action))
        self.address, self.method, self.sent, self.texts = parts.path, method, dict(pairs), set(texts)
        self.key = (resolve(parts.path).view_name, method, *sorted(self.sent))
        # A new password is looked up nowhere, but compared with the person's own name, letter by letter.
        self.fields = [name for name in self.sent if name not in ("csrfmiddlewaretoken", *passwords)]


def forms_of(page, text):
    """Every form of a page, and every link that asks for something."""
    tree = html5lib.parse(text, namespaceHTMLElements=False)
    for form in tree.iter("form"):
        controls = [control for control in form.iter() if control.get("name")]
        sent = {control.get("name"): "" for control in controls} | {
            name: value or "" for name, value in filled_in(form)
        }
        texts = [
            control.get("name")
            for control in controls
            if control.tag == "textarea"
            or (control.tag == "input" and control.get("type", "text") in ("text", "search", "email", "password"))
        ]
        passwords = [control.get("name") for control in controls if control.get("autocomplete") == "new-password"]
        method, action = (form.get("method") or "get").upper(), form.get("action") or page
        yield Form(page, method, action, sent.items(), texts, passwords)
    for link in tree.iter("a"):
        href = link.get("href", "")
        if urlsplit(href).query and not urlsplit(href).netloc:
            yield Form(page, "GET", href, parse_qsl(urlsplit(href).query, keep_blank_values=True))


def pages(stranger, world):
    """Every page that the stranger may open about what is their own company's: its address and answer, within its
    scene."""
    company = stranger.name.split("_")[0] if stranger.person else "globex"
    is_released = getattr(world, company).repair_flow_released
    for about in dict.fromkeys(row.about for row in ROWS):
        with transaction.atomic():
            own = Company.objects.filter(slug=company)
            own.update(repair_flow_released=True)  # else nothing gets into repair
            scene = Scene(world.again(), company)
            scene.set(about)
            own.update(repair_flow_released=is_released)
            world.again()
            for row in ROWS:
                if row.about == about and row.method == "GET" and row.name.startswith((*OURS, "account_", "mfa_")):
                    address = scene.address(row.name, row.about, stranger.person)
                    answer = stranger.ask("GET", address)
                    if answer.status == 200:
                        yield address, answer
            transaction.set_rollback(True)


@pytest.mark.skipif(connection.vendor != "postgresql" and not WHOLE, reason="long: `make tenants` has both databases")
@pytest.mark.parametrize("name", STRANGERS if WHOLE else STRANGERS[:2])
def test_what_is_foreign_in_a_field_or_a_query_is_answered_as_what_nobody_has(stranger, foreign, world):
    wrong, seen = [], set()
    for address, answer in pages(stranger, world):
        wrong += [f"{address} tells {word}" for word in traces(answer, foreign)]
        if not answer.text.lstrip().startswith("<!"):
            continue
        for form in forms_of(address, answer.text):
            if form.key not in seen:
                seen.add(form.key)
                before = foreign.state()
                wrong += [f"{form.method} {form.address}, {what}" for what in told(form, stranger, foreign)]
                assert foreign.state() == before
    assert len(seen) > 2
    found(wrong)


def told(form, stranger, foreign):
    """What the form tells somebody who puts what is foreign into each of its fields."""
    for field in form.fields:
        pairs = foreign.pairs_for(field, is_text=field in form.texts, all_of_them=WHOLE)
        others = {}
        for pair in pairs:
            if pair.missing not in others:
                others[pair.missing] = stranger.ask(form.method, form.address, form.sent | {field: pair.missing})
            answer = stranger.ask(form.method, form.address, form.sent | {field: pair.foreign})
            is_same = answer.without(*pair) == others[pair.missing].without(*pair)
            if not is_same and form.key[0] not in DRAWN:
                yield f"{field}={pair.foreign} is not answered as {pair.missing}: {answer.status} {answer.location}"
            words = [word for word in foreign.secrets if word not in pair.foreign and word in answer.read]
            yield from (f"{field}={pair.foreign} tells {word}" for word in words)
