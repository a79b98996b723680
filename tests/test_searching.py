"""The search above every page: devices, people and spaces as an admin types, however they mistype, and of their own
company alone."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from accounts import clock, likeness, slips
from devices import alike, categories, listing
from devices.models import Device
from devices.search_index import is_indexed
from tests.factories import DeviceFactory, SpaceFactory, UserFactory
from tests.visitor import Visitor

SEARCH = reverse("devices:search")


@pytest.fixture
def ada(world):
    return Visitor(world.admin)


def typed(visitor, words):
    """What stands below the field after these words."""
    return visitor.client.get(SEARCH, {"q": words}, headers={"HX-Request": "true"}).text


def test_one_field_finds_devices_people_and_spaces(ada, world):
    assert "MacBook Pro 14" in ada.open(SEARCH, q="macbook").words
    for words, found in {
        "R52": world.tablet,
        "3569380": world.phone,
        "a-10": world.laptop,
        "meeting": world.room,
        "carl berg": world.colleague,
        "bodil@acme": world.second_admin,
    }.items():
        assert ada.open(SEARCH, q=words).status == 200
        assert f'href="{found.get_absolute_url()}"' in ada.response.text, words
        assert f'href="{found.get_absolute_url()}"' in typed(ada, words), words
    ada.open(SEARCH, q="eva")
    assert ada.follow("Eva Lind eva@acme.example").field("full_name") == "Eva Lind"


def test_accents_and_case_are_nothing_to_it(ada, world):
    UserFactory(company=world.acme, full_name="Åke Öberg")
    SpaceFactory(company=world.acme, name="Förråd Σίσυφος")
    for words in ("ake", "ÅKE öb", "oberg"):
        assert "Åke Öberg" in ada.open(SEARCH, q=words).words, words
    for words in ("FORRAD", "σίσυφος", "ΣΊΣΥΦΟΣ förråd"):
        assert "Förråd Σίσυφος" in ada.open(SEARCH, q=words).words, words
    for words in ("%%", "__", "'\\", "åke%berg", "-- ", "NEAR(", "\uff05\uff05", "\uff3f\uff3f"):
        assert "Nothing matches" in ada.open(SEARCH, q=words).words, words


def test_signs_without_letters_are_looked_for_where_the_index_knows_none(ada, world):
    DeviceFactory(company=world.acme, by=world.admin, name="Box ### 7")
    assert [word for word in ("abc", "ab-", "-1a", "#a#") if not is_indexed(word)] == []
    assert [word for word in ("ab", "###", "a##", "_%_") if is_indexed(word)] == []
    assert "Box ### 7" in ada.open(reverse("devices:hardware"), q="###").words
    assert "MacBook" not in ada.words


def test_whoever_searches_for_a_category_is_led_to_it(ada, world):
    hardware = reverse("devices:hardware")
    for words in ("laptop", "Laptops", "lap"):
        page = ada.open(hardware, q=words, status="active")
        assert f"Nothing matches “{words}”." in page.words
        page.follow("Show the category Laptop")
        assert page.address == f"{hardware}?status=active&category=Laptop"
        assert {row[0] for row in page.rows} == {"MacBook Pro 14", "ThinkPad X1"}
        assert f'href="{hardware}?category=Laptop"' in typed(ada, words)
        assert ada.open(SEARCH, q=words).follow("Show the category Laptop").address == f"{hardware}?category=Laptop"
    for words in ("la", "las", "phs", "x laptop", "printer", ""):
        assert "Show the category" not in typed(ada, words) + ada.open(hardware, q=words).words
    with translation.override("sv"):
        assert categories.known("bärbar") == categories.known("laptop") == ["Laptop"]
    assert categories.known("accessories") == ["Accessory"]
    DeviceFactory(company=world.acme, by=world.admin, category="Label maker")
    assert ada.open(hardware, q="label makers").follow("Show the category Label maker").rows


def test_what_is_no_word_finds_nothing(ada, world):
    for words in ("", "a", "\u0301\u0301\u0301", " \u3000 "):
        assert "Type two letters or more" in ada.open(SEARCH, q=words).words
        assert typed(ada, words).strip() == ""


def test_a_number_that_one_device_has_opens_its_page(ada, world):
    for number in ("C02-XK1 AAA", "c02xk1aaa", "a1001"):
        assert ada.open(SEARCH, q=number).address == world.laptop.get_absolute_url(), number
    assert ada.open(SEARCH, q="356938035643809").address == world.phone.get_absolute_url()
    assert ada.open(SEARCH, q="C02-XK1").address.startswith(SEARCH)
    archived = DeviceFactory(company=world.acme, by=world.admin, serial_number="OLD-1", status="recycled")
    assert ada.open(SEARCH, q="old1").address == archived.get_absolute_url()
    # Typing goes on: nothing is opened by itself. It stands first.
    DeviceFactory(company=world.acme, by=world.admin, name="A1001 stand")
    below = typed(ada, "A1001")
    assert 0 < below.index("MacBook Pro 14") < below.index("A1001 stand")
    # Two have it, one as its asset tag: who knows which was meant.
    twin = DeviceFactory(company=world.acme, by=world.admin, name="Twin", serial_number="A-1001")
    assert {"MacBook Pro 14", twin.name} <= set(link_names(ada.open(SEARCH, q="A-1001")))


def link_names(visitor):
    return [link.find("span").find("span").text for link in visitor.tree.findall(".//main//li/a")]


def test_what_is_archived_or_has_left_is_found_and_marked(ada, world):
    DeviceFactory(company=world.acme, by=world.admin, name="Old printer", status="recycled")
    UserFactory(company=world.acme, full_name="Lena Left", is_active=False)
    assert "Recycled" in ada.open(SEARCH, q="printer").words
    assert "Deactivated" in ada.open(SEARCH, q="lena").words


def test_many_are_told_and_lead_to_the_tables(ada, world):
    DeviceFactory.create_batch(55, company=world.acme, by=world.admin, manufacturer="Logitech")
    UserFactory.create_batch(6, company=world.acme, full_name="Many Logi")
    assert typed(ada, "logi").count('role="option"') == 5 + 1 + 5 + 1
    ada.open(SEARCH, q="logi").follow("All 50+ devices that match")
    assert "1–50 of 55" in ada.words
    ada.open(SEARCH, q="logi")
    assert len(link_names(ada)) == 20 + 6


TYPED = {
    "Macbok": "MacBook Pro 14",
    "mcabook": "MacBook Pro 14",
    "mabcoo": "MacBook Pro 14",  # and not finished yet
    "thnikpad": "ThinkPad X1",
    "gallaxy berg": "Galaxy Tab S9",
    "R52-TABLFT-1": "Galaxy Tab S9",
    "C02-XK1 ABA": "MacBook Pro 14",
    "C02XK1AXAA": "MacBook Pro 14",
    "35693803564380": "iPhone 15",
    "356938035643890": "iPhone 15",
    "Meetign": "Meeting room Birch",
    "Carl Breg": "Carl Berg",
    "bodli": "Bodil Ek",
    "anderson": "Britt Andersson",
    "obreg": "Åke Öberg",
}


def test_typing_errors_are_understood(ada, world):
    UserFactory(company=world.acme, full_name="Britt Andersson")
    UserFactory(company=world.acme, full_name="Åke Öberg")
    wrong = [words for words, found in TYPED.items() if found not in ada.open(SEARCH, q=words).words]
    assert wrong == []
    below = typed(ada, "Macbok")
    assert "Nothing is called “Macbok”. Similar: <strong>macbook</strong>" in below
    assert "MacBook Pro 14" in below
    for words in ("xyzzy", "macbook carl", "evq", "mcboko", "carl xyzzy"):  # nothing like it, or nothing to mend
        assert "Nothing matches" in ada.open(SEARCH, q=words).words, words


def test_numbers_that_are_alike_are_all_shown(ada, world):
    for number in (4710, 4711, 4790):
        DeviceFactory(company=world.acme, by=world.admin, name=f"Device {number}", serial_number=f"ZX-0000{number}")
    assert link_names(ada.open(SEARCH, q="ZX-000047x0")) == ["Device 4710", "Device 4790"]
    assert "Similar: zx00004710, zx00004790" in ada.words
    assert ada.follow("zx00004790").words.startswith("Device 4790")
    ada.open(reverse("devices:hardware"), q="ZX-000047x0", sort="-name", category="Laptop", page="last")
    assert sorted(ada._link("zx00004790").get("href").strip("?").split("&")) == [
        "category=Laptop",
        "q=zx00004790",
        "sort=-name",
    ]


def test_what_is_found_among_few_is_found_among_many_unlike_them(ada, world):
    UserFactory(company=world.acme, full_name="Britt Andersson")
    UserFactory(company=world.acme, full_name="Åke Öberg")
    fill_up(world.acme, alike.TRIED)
    galley = DeviceFactory(company=world.acme, by=world.admin, name="Galley oven", serial_number="KX77-0042-QQ")
    fill_up(world.acme, alike.LATEST)
    wanted = TYPED | dict.fromkeys(("galely", "gallye ovne", "kx77-0024-qq", "kx77-0042-q", "kx77 0942qq"), galley.name)
    wanted |= {"galxy": "Galaxy Tab S9", "iphnoe": "iPhone 15", "ihpone 15": "iPhone 15"}
    for words, found in wanted.items():
        assert found in typed(ada, words), words
    Device.objects.filter(model=UNLIKE).delete()


UNLIKE = "Macadam phone"


def fill_up(company, number):
    """So many devices with names and numbers of their own, and with fragments of what others have; without a log."""
    first, rows = Device.objects.count(), []
    for n in range(first, first + number):
        numbers = {"serial_number": f"SN{n:08}", "serial_key": f"SN{n:08}"}
        since = {"registered_at": clock.now(), "status_since": clock.now()}
        rows.append(Device(company=company, name=f"Gallery {n:05}", model=UNLIKE, **numbers, **since))
        rows[-1].refresh_keys()
    Device.objects.bulk_create(rows)


def test_no_search_asks_much_of_the_index():
    for asked in ("y" * 200, " ".join(f"word{n}" for n in range(99)), "abcdef abcdeg abcdeh abcd1", "a1" * 12):
        assert len(alike.look_ups(likeness.looked_for(asked))) < 200, asked
        assert len(slips.keys(likeness.as_number(asked).upper())) < 2000, asked
    assert len(alike.look_ups(["thinkpad"])) < 20


def test_the_tables_understand_typing_errors_and_what_leads_on_from_them_does(ada, world):
    ada.open(reverse("devices:hardware"), q="Macbok")
    assert [row[0] for row in ada.rows] == ["MacBook Pro 14"]
    assert "Nothing is called “Macbok”. Similar: macbook" in ada.words
    export = ada.client.get(ada._link("CSV, the columns shown").get("href")).getvalue().decode()
    assert export.count("\r\n") == 2
    # What there is, but not in this table, is not mistyped.
    assert "Nothing is called" not in ada.open(reverse("devices:hardware_table", args=["in-repair"]), q="macbook").words
    for name, words, found in (
        ("accounts:users", "Brgt Carl", []),
        ("accounts:users", "Carl Breg", ["Carl Berg"]),
        ("accounts:spaces", "Stokc", ["Stock shelf"]),
        ("accounts:payors", "centre 4771", ["Cost centre 4711"]),
    ):
        assert [row[0] for row in ada.open(reverse(name), q=words).rows] == found, words
    world.tablet.move("report", by=world.admin)
    assert len(ada.open(reverse("repairs:list"), q="galxy").rows) == 1


def test_names_that_begin_with_it_come_first_on_every_page(ada, world, monkeypatch):
    monkeypatch.setattr(listing, "PAGE", 2)
    begin, have = ["Zebra 2", "zebra 10", "Zebra 11"], ["A zebra", "B zebra"]
    for status, table, expected in (("active", "all", begin + have), ("recycled", "archived", (have + begin)[::-1])):
        for name in have + begin:
            DeviceFactory(company=world.acme, by=world.admin, name=name, status=status)
        seen, place = [], ""
        while place is not None:
            ada.open(reverse("devices:hardware_table", args=[table]), q="zebra", page=place)
            seen += [row[0] for row in ada.rows]
            place = ada.response.context["page"].next or None
        assert seen == expected, table


# Walls, and what it costs


def test_nothing_of_another_company_is_found_however_it_is_typed(world):
    gina = Visitor(world.globex_admin)
    for words in ("macbook", "macbok", "Carl Breg", "carl", "F2L-PHONE-1", "F2L-PHONE-2", "356938035643809", "Meetign"):
        for answer in (gina.open(SEARCH, q=words).words, typed(gina, words)):
            assert "Nothing matches" in answer, words
    # Hers has the serial number of Acme's.
    assert gina.open(SEARCH, q="C02-XK1 AAA").address == world.globex_laptop.get_absolute_url()


def test_employees_search_their_own(world):
    eva = Visitor(world.employee).open("/")
    assert "devices:search" not in eva.response.text
    assert eva.client.get(SEARCH, {"q": "spare"}).status_code == 403


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite, which is near, is asked more often")
@pytest.mark.parametrize(
    ("words", "most"), [("logi", 6), ("holm", 6), ("r52-tab", 6), ("stock logi s", 6), ("stock loig s", 9)]
)
def test_an_answer_takes_few_statements_however_much_there_is(ada, world, words, most):
    DeviceFactory.create_batch(7, company=world.acme, by=world.admin, name="Logi", holder=world.shelf)
    with CaptureQueriesContext(connection) as queries:
        typed(ada, words)
    statements = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(statements) <= most, statements
    assert not [sql for sql in statements if sql.startswith(("INSERT", "UPDATE", "DELETE"))]


def test_what_is_alike():
    texts = ["thinkpad x1 lenovo", "macbook pro", "anderson eva", "andersson eva", "andersson bo", "sn0001 sn0002"]
    for asked, meant in {
        "thnikpad": ["thinkpad"],
        "Lenvo thinkpda": ["lenovo thinkpad"],
        "anderssonn": ["andersson"],
        "bo anderspon": ["bo andersson", "bo anderson"],
        "sn0003": ["sn0001", "sn0002"],
        "thinkpad x": [],  # and is no number that is like "thinkpad"
        "thinkpad 1": [],
        "sn00": [],
        "mac": [],
        "xyzzy": [],
        "pr0": [],
        "thinkpad xyzzy": [],
        "": [],
    }.items():
        assert likeness.alike(asked, texts) == meant, asked


def test_zeros_before_a_number_are_looked_for_as_they_stand_wherever_one_searches(ada, world):
    seven = DeviceFactory(company=world.acme, by=world.admin, name="Kiosk 7", serial_number="K-A", asset_tag="")
    zero = DeviceFactory(company=world.acme, by=world.admin, name="Kiosk 07", serial_number="K-B", asset_tag="")
    for words, found in (("kiosk 07", [zero]), ("kiosk 7", [seven, zero]), ("kiosk", [seven, zero])):
        assert set(link_names(ada.open(SEARCH, q=words))) & {seven.name, zero.name} == {one.name for one in found}
        names = {row[0] for row in ada.open(reverse("devices:hardware"), q=words).rows}
        assert names == {one.name for one in found}, words
