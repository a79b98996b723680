"""Hardware's tables: what stands in each, and how it is searched, filtered, sorted, paged and exported."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import clock
from accounts.models import User
from repairs import menu
from tests.factories import DeviceFactory, UserFactory
from tests.visitor import Visitor

HARDWARE = reverse("devices:hardware")


@pytest.fixture
def ada(world):
    return Visitor(world.admin)


def names(visitor):
    return [row[0] for row in visitor.rows]


def export(visitor, table="all", **asked):
    response = visitor.client.get(reverse("devices:export", args=[table]), asked)
    return list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"), newline="")))


# The tables


def test_hardware_lists_all_but_the_archived_with_their_holders(ada, world):
    DeviceFactory(company=world.acme, by=world.admin, name="Old printer", status="recycled")
    ada.open("/").follow("Hardware")
    assert sorted(names(ada)) == ["Dell U2723QE", "Galaxy Tab S9", "MacBook Pro 14", "ThinkPad X1", "iPhone 15"]
    by_name = {row[0]: row[1:6] for row in ada.rows}
    assert by_name["iPhone 15"] == ["Phone", "F2L-PHONE-1", "Eva Lind", "Company", "Active"]
    assert by_name["Dell U2723QE"] == ["Monitor", "CN0-MONITOR-1", "Stock shelf", "Company", "Active"]
    assert by_name["ThinkPad X1"] == ["Laptop", "PF-SPARE-1", "Unassigned", "–", "Active"]
    assert ada.menu["All"] == 5
    assert ada.menu["Archived"] == 1


def test_every_count_in_the_menu_is_the_length_of_its_table(ada, world):
    for status, number in (("active", 1), ("needs_repair", 2), ("in_repair", 3), ("recycled", 4)):
        DeviceFactory.create_batch(number, company=world.acme, by=world.admin, holder=world.colleague, status=status)
    DeviceFactory.create_batch(5, company=world.acme, by=world.admin)
    ada.open("/")
    for label in ("All", "Needs repair", "In repair", "Unassigned", "Archived", "Repairs"):
        assert len(ada.follow(label).rows) == ada.menu[label] > 0, label


def test_what_is_full_in_the_menu_is_counted_anew_half_a_minute_later_and_all_else_at_once(ada, world, monkeypatch):
    def counts(address="/", **after):
        with clock.at(now + timedelta(**after)):
            context = ada.open(address).response.context
            return str(context["menu"]["all"]), str(context["menu"]["archived"]), str(context.get("total"))

    now = clock.now().replace(second=0, microsecond=0)  # where a period begins
    monkeypatch.setattr(menu, "MOST_IN_MENU", 4)
    assert counts() == ("4+", "0", "None")
    assert counts("/hardware/") == ("4+", "0", "5")  # which is counted further here
    for device in (world.phone, world.laptop):
        device.move("report", by=world.admin).move("take_in", by=world.admin).move("recycle", by=world.admin)
    assert counts(seconds=29) == ("4+", "2", "None")
    assert counts("/hardware/", seconds=29) == ("3", "2", "3")
    assert counts(seconds=30) == ("3", "2", "None")


def test_empty_tables_say_what_would_fill_them(world):
    gina = Visitor(world.globex_admin)
    for table, words in {
        "needs-repair": "When somebody asks for one, the device stands here.",
        "in-repair": "What you take in from Needs repair stands here.",
        "archived": "What you remove stands here, with its whole history.",
    }.items():
        assert words in gina.open(reverse("devices:hardware_table", args=[table])).words
        assert gina.buttons[-1] in ("All hardware", "Needs repair", "In repair")  # where what fills it stands
    ivar = Visitor(world.initech_admin).open(reverse("devices:hardware_table", args=["needs-repair"]))
    assert "the repair flow is not activated for your company" in ivar.words


# Searching, filtering, sorting, paging


def test_the_search_finds_by_name_numbers_model_and_person(ada, world):
    for words, found in {
        "macbook": "MacBook Pro 14",
        "MACBOOK pro": "MacBook Pro 14",
        "C02-XK1 AAA": "MacBook Pro 14",
        "c02xk1aaa": "MacBook Pro 14",
        "c02 xk1 a-aa": "MacBook Pro 14",
        "a1001": "MacBook Pro 14",
        "apple": "MacBook Pro 14",
        "lind mac": "MacBook Pro 14",
        "356938035643809": "iPhone 15",
        "eva phone": "iPhone 15",
        "stock": "Dell U2723QE",
        "carl": "Galaxy Tab S9",
        "berg tab": "Galaxy Tab S9",
    }.items():
        assert names(ada.open(HARDWARE, q=words)) == [found], words


def test_a_serial_number_is_found_however_it_is_divided(ada, world):
    DeviceFactory(company=world.acme, by=world.admin, name="Scanner", serial_number="AB12CD34")
    for words in ("AB12CD34", "ab-12-cd-34", "AB 12 CD34", "b12-cd", "scanner AB-12CD"):
        assert names(ada.open(HARDWARE, q=words)) == ["Scanner"], words
    for words in ("-", "- -", "--"):
        assert "Scanner" not in names(ada.open(HARDWARE, q=words)), words


def test_the_search_takes_every_sign_as_it_stands_and_keeps_to_the_company(ada, world):
    for words in ("%", "_", "mac%14", "\\", "'", "carl macbook", "latitude", "hugo"):
        assert names(ada.open(HARDWARE, q=words)) == [], words
        assert "No device matches." in ada.words


def test_the_search_knows_the_letters_of_every_alphabet(ada, world):
    ake = UserFactory(company=world.acme, full_name="Åke Öberg")
    DeviceFactory(company=world.acme, by=world.admin, holder=ake, name="Skärm Σίσυφος")
    for words in ("åke öberg", "ÅKE ÖBERG", "Åke", "ÖBERG", "öb", "SKÄRM", "ΣΊΣΥΦΟΣ", "σίσυφος"):
        assert names(ada.open(HARDWARE, q=words)) == ["Skärm Σίσυφος"], words


def test_a_search_of_all_says_how_much_more_stands_in_archived(ada, world):
    DeviceFactory.create_batch(2, company=world.acme, by=world.admin, manufacturer="Apple", status="recycled")
    ada.open(HARDWARE, q="apple")
    assert names(ada) == ["MacBook Pro 14"]
    assert len(ada.follow("2 more in Archived").rows) == 2


def test_a_search_that_only_archived_answers_leads_there(ada, world):
    world.spare.move("report", by=world.admin).move("take_in", by=world.admin).move("recycle", by=world.admin)
    ada.open(HARDWARE, q="PF-SPARE")
    assert "Nothing in Hardware matches, but something in Archived does." in ada.words
    assert names(ada.follow("Show 1 device in Archived")) == ["ThinkPad X1"]


def test_a_filter_by_what_there_is_not_shows_and_exports_nothing(ada, world):
    assert names(ada.open(HARDWARE, payor=world.globex_payor.pk)) == []
    assert len(export(ada, payor=world.globex_payor.pk)) == 1


def test_filters_narrow_the_table(ada, world):
    world.phone.move("report", by=world.employee)
    for asked, found in (
        ({"category": "Laptop"}, ["MacBook Pro 14", "ThinkPad X1"]),
        ({"status": "needs_repair"}, ["iPhone 15"]),
        ({"payor": "Company"}, ["Dell U2723QE", "iPhone 15"]),
        ({"space": "Stock shelf"}, ["Dell U2723QE"]),
        ({"holder": "eva"}, ["MacBook Pro 14", "iPhone 15"]),
        ({"holder": "Lind", "category": "Laptop", "q": "pro"}, ["MacBook Pro 14"]),
    ):
        ada.open(HARDWARE).follow("Filters").press("Filter", **asked)
        assert sorted(names(ada)) == found, asked
    assert len(ada.follow("Clear all").rows) == 5


def test_a_table_of_what_nobody_holds_is_filtered_by_the_previous_holder(ada, world):
    DeviceFactory(company=world.acme, by=world.admin, holder=world.colleague, name="Carl's", status="in_repair")
    DeviceFactory(company=world.acme, by=world.admin, holder=world.shelf, name="The shelf's", status="in_repair")
    ada.open(reverse("devices:hardware_table", args=["in-repair"])).follow("Filters").press("Filter", holder="carl")
    assert names(ada) == ["Carl's"]
    ada.press("Filter", holder="", space="Stock shelf")
    assert names(ada) == ["The shelf's"]


def test_each_column_sorts_both_ways(ada, world):
    world.phone.move("report", by=world.employee)
    columns = {"name": 0, "category": 1, "serial": 2, "holder": 3, "payor": 4, "status": 5, "since": 6}
    for key, column in columns.items():
        up = ada.open(HARDWARE, sort=key).rows
        assert 'aria-sort="ascending"' in ada.response.text
        down = ada.open(HARDWARE, sort=f"-{key}").rows
        assert 'aria-sort="descending"' in ada.response.text
        assert sorted(up) == sorted(down)
        if key in ("category", "serial"):
            cells = [row[column] for row in up]
            assert cells == sorted(cells)
            assert [row[column] for row in down] == sorted(cells, reverse=True)
    assert names(ada.open(HARDWARE, sort="holder"))[-1] == "ThinkPad X1"  # nobody's
    assert names(ada.open(HARDWARE, sort="-holder"))[-1] == "ThinkPad X1"
    assert names(ada.open(HARDWARE, sort="-status"))[0] == "iPhone 15"
    assert names(ada.open(HARDWARE, sort="-since"))[0] == "iPhone 15"


def test_names_are_sorted_as_people_do_and_blanks_come_last(ada, world):
    DeviceFactory(company=world.acme, by=world.admin, name="aardvark")
    DeviceFactory(company=world.acme, by=world.admin, name="Zebra")
    listed = names(ada.open(HARDWARE))
    assert listed.index("aardvark") == 0
    assert listed.index("Zebra") == len(listed) - 1
    assert names(ada.open(HARDWARE, sort="payor"))[-3:] == ["aardvark", "ThinkPad X1", "Zebra"]
    assert set(names(ada.open(HARDWARE, sort="-payor"))[-3:]) == {"aardvark", "ThinkPad X1", "Zebra"}


def test_a_long_table_is_paged_and_keeps_search_and_order(ada, world):
    DeviceFactory.create_batch(60, company=world.acme, by=world.admin, manufacturer="Logitech")
    ada.open(HARDWARE, q="logitech", sort="-name")
    assert len(ada.rows) == 50
    assert "1–50 of 60" in ada.words
    first = names(ada)
    ada.follow("Next")
    assert "51–60 of 60" in ada.words
    assert len(ada.rows) == 10
    assert not set(first) & set(names(ada))
    assert names(ada.follow("Previous")) == first


def test_htmx_gets_the_results_alone(ada, world):
    fragment = ada.client.get(HARDWARE, {"q": "mac"}, headers={"HX-Request": "true"}).text
    assert "MacBook Pro 14" in fragment
    assert "<html" not in fragment
    assert 'role="search"' not in fragment


# Exporting


def test_an_export_is_what_the_table_shows(ada, world):
    DeviceFactory.create_batch(55, company=world.acme, by=world.admin, holder=world.colleague, status="in_repair")
    for asked in ({"sort": "-serial"}, {"category": "Phone", "sort": "name"}, {"q": "carl"}):
        ada.open(reverse("devices:hardware_table", args=["in-repair"]), **asked)
        shown = names(ada)
        if "Next" in ada.words:
            shown += names(ada.follow("Next"))
        headings, *lines = export(ada, "in-repair", **asked)
        assert [line[0] for line in lines] == shown
        assert {line[3] for line in lines} == {"Carl Berg"}
    assert headings == [
        "Device",
        "Category",
        "Serial number",
        "Previous holder",
        "Payor",
        "Status",
        "Since",
        "How long",
        "MDM",
    ]


def test_an_export_is_a_download_named_by_its_day(ada, world):
    response = ada.client.get(reverse("devices:export", args=["all"]))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="velory-all-{timezone.localdate():%Y-%m-%d}.csv"'


def test_an_export_runs_nothing_in_a_spreadsheet(ada, world):
    for name in ("=1+1", "+46 1", "-2", "@SUM(A1)", "\tx", '=HYPERLINK("http://x";"y")'):
        world.spare.edit(by=world.admin, name=name)
        assert export(ada, q="pf-spare")[1][0] == f"'{name}"


def test_an_export_keeps_commas_quotes_and_lines(ada, world):
    world.spare.edit(by=world.admin, name='14", "Pro"')
    assert export(ada, q="pf-spare")[1][0] == '14", "Pro"'


def test_an_export_is_english_whoever_asks(ada, world):
    User.objects.filter(pk=world.admin.pk).update(language="sv")
    assert export(ada)[0][0] == "Device"
    assert {line[5] for line in export(ada)[1:]} == {"Active"}
