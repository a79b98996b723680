"""What people make of the tables of Hardware: columns and density, filters by time, and filters that they keep."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import clock
from accounts.choosing import FEW
from accounts.erasing import erase
from accounts.models import AuditLine, Space, User
from devices.models import Device, SavedFilter
from devices.models.saved_filter import MOST
from devices.paces import longest_of
from devices.stays import _began, stays_of
from devices.tables import TABLES
from repairs.models import Repair
from tests.factories import DeviceFactory, PayorFactory
from tests.importer import a_list, imported
from tests.test_hardware import HARDWARE, export, names
from tests.visitor import Visitor

IN_REPAIR = reverse("devices:hardware_table", args=["in-repair"])


@pytest.fixture
def ada(world):
    return Visitor(world.admin)


def post(person, address, **sent):
    client = Client()
    client.force_login(person)
    return client.post(address, sent, follow=True)


def choose(person, *columns, table="all", density="comfortable", **more):
    response = post(person, reverse("devices:columns", args=[table]), columns=columns, density=density, **more)
    assert response.status_code == 200
    return response.text


# Columns and density


def test_chosen_columns_stand_in_the_table_and_its_export_for_whoever_chose_them(ada, world):
    world.laptop.edit(by=world.admin, purchase_date=date(2024, 2, 29), warranty_end=date(2027, 1, 31))
    choose(world.admin, "asset_tag", "purchase_cost", "purchase_date", "warranty_end", "status", density="compact")
    shown = next(row for row in ada.open(HARDWARE).rows if row[0] == "MacBook Pro 14")
    assert shown == [
        "MacBook Pro 14",
        "A-1001",
        "Active",
        "29 Feb 2024",
        "2,499.00",
        "31 Jan 2027",
    ]
    assert "table--compact" in ada.response.text
    headings, *lines = export(ada, q="a1001")
    assert headings == ["Device", "Asset tag", "Status", "Purchase date", "Purchase cost", "Warranty ends"]
    assert lines == [["MacBook Pro 14", "A-1001", "Active", "2024-02-29", "2499.00", "2027-01-31"]]
    # Density goes for every table, columns for one; neither for anybody else.
    assert "table--compact" in ada.open(reverse("devices:hardware_table", args=["unassigned"])).response.text
    assert len(ada.rows[0]) == 7
    assert len(Visitor(world.second_admin).open(HARDWARE).rows[0]) == 7
    choose(world.admin, standard="1")
    assert len(ada.open(HARDWARE).rows[0]) == 7
    assert "table--compact" not in ada.response.text
    assert User.objects.get(pk=world.admin.pk).tables["columns"] == {}


def test_a_column_that_is_gone_or_was_never_there_does_no_harm(ada, world):
    User.objects.filter(pk=world.admin.pk).update(tables={"columns": {"all": ["category", "weight"]}})
    assert [len(row) for row in ada.open(HARDWARE).rows][:1] == [2]
    assert 'class="field__error"' in choose(world.admin, "weight")


def test_what_is_stored_of_a_table_may_be_anything(ada, world):
    for stored in ([], "x", {"columns": []}, {"columns": {"all": 5}}, {"columns": {"all": [["x"], {}]}}):
        User.objects.filter(pk=world.admin.pk).update(tables=stored)
        assert len(ada.open(HARDWARE).rows) == 5, stored
    User.objects.filter(pk=world.admin.pk).update(tables={"columns": ["all"]})
    choose(world.admin, "status", density="compact")
    assert User.objects.get(pk=world.admin.pk).tables == {"columns": {"all": ["status"]}, "density": "compact"}


@pytest.mark.parametrize("slug", ["all", "archived"])
def test_every_column_that_may_be_chosen_sorts_every_row(ada, world, slug):
    status = TABLES[slug].statuses[0]
    for number in range(4):
        DeviceFactory(
            company=world.acme,
            by=world.admin,
            holder=None if slug == "unassigned" else world.employee,
            status=status,
            manufacturer=("Dell", "", "Apple", "apple")[number],
            purchase_cost=(None, 10, 9, 100)[number],
            purchase_date=(None, date(2024, 1, 2), date(2023, 1, 1), None)[number],
        )
    choose(world.admin, *(column.slug for column in TABLES[slug].offered if column.slug != "name"), table=slug)
    address = reverse("devices:hardware_table", args=[slug])
    everything = sorted(ada.open(address).rows)
    assert {len(row) for row in everything} == {len(TABLES[slug].offered)}
    for key in (column.slug for column in TABLES[slug].offered if column.order and not column.is_standard):
        asked = key if slug == "all" else f"-{key}"
        assert sorted(ada.open(address, sort=asked).rows) == everything, asked
    column = [one.slug for one in TABLES[slug].offered].index("purchase_cost")
    costs = [row[column] for row in ada.open(address, sort="-purchase_cost").rows if row[column]]
    assert costs[:3] in (["100.00", "10.00", "9.00"], ["2,499.00", "100.00", "10.00"])


def test_a_renamed_payor_takes_its_devices_along(ada, world):
    centre = PayorFactory(company=world.acme, name="Zebra")
    world.phone.assign(world.employee, centre, by=world.admin)
    assert names(ada.open(HARDWARE, sort="payor"))[-2] == "iPhone 15"
    ada.open(centre.get_absolute_url()).press("Save", name="Aardvark")
    assert names(ada.open(HARDWARE, sort="payor"))[0] == "iPhone 15"


def test_a_table_is_sorted_and_paged_by_what_it_does_not_show(ada, world):
    DeviceFactory.create_batch(52, company=world.acme, by=world.admin, status="in_repair")
    choose(world.admin, "category", table="in-repair")
    for sort in ("", "-warranty_end", "holder"):
        assert len(ada.open(IN_REPAIR, sort=sort).follow("Next").rows) == 2


# Filters


def test_filters_by_time_and_model_narrow_the_table_and_say_so(ada, world):
    today = timezone.localdate()
    for device, fields in (
        (world.laptop, {"purchase_date": today - timedelta(days=4 * 366), "warranty_end": today - timedelta(days=1)}),
        (world.phone, {"purchase_date": today - timedelta(days=30), "warranty_end": today + timedelta(days=90)}),
        (world.tablet, {"warranty_end": today + timedelta(days=91), "model": "SM-X710"}),
    ):
        device.edit(by=world.admin, **fields)
    with clock.at(clock.now() - timedelta(days=3)):
        world.phone.move("report", by=world.employee)
    for asked, found in (
        ({"older": "3"}, ["MacBook Pro 14"]),
        ({"older": "5"}, []),
        ({"bought_after": (today - timedelta(days=30)).isoformat()}, ["iPhone 15"]),
        ({"bought_before": (today - timedelta(days=31)).isoformat()}, ["MacBook Pro 14"]),
        ({"warranty": "ended"}, ["MacBook Pro 14"]),
        ({"warranty": "soon"}, ["iPhone 15"]),
        ({"warranty": "runs"}, ["Galaxy Tab S9", "iPhone 15"]),
        ({"warranty": "unknown"}, ["Dell U2723QE", "ThinkPad X1"]),
        ({"model": "x71"}, ["Galaxy Tab S9"]),
        ({"model": "macbook pro"}, ["MacBook Pro 14"]),
        ({"model": "%"}, []),
        ({"status": "needs_repair", "days": "2"}, ["iPhone 15"]),
        ({"status": "needs_repair", "days": "4"}, []),
    ):
        assert sorted(names(ada.open(HARDWARE, **asked))) == found, asked
    ada.open(HARDWARE).follow("Filters").press("Filter", warranty="Runs", model="x71")
    assert "Model: x71" in ada.words
    assert "Warranty: Runs" in ada.words
    assert sorted(names(ada.follow("Take off: Model"))) == ["Galaxy Tab S9", "iPhone 15"]
    assert len(ada.open(HARDWARE, warranty="runs").follow("Clear all").rows) == 5


def test_the_devices_of_an_import_are_a_table_of_their_own(ada, world):
    batch = imported(world.admin, "stored", a_list(b"Serial,Name,Supplier\nN1,New one,\nPF-SPARE-1,,Store\n"))
    ada.open(batch.get_absolute_url()).follow("Show its devices")
    assert sorted(names(ada)) == ["New one", "ThinkPad X1"]
    assert f"Import: {batch.name}" in ada.words
    assert len(export(ada, imported=batch.pk)) == 3
    assert names(ada.press("Filter", category="Laptop", model="")) == names(ada)
    assert f"imported={batch.pk}" in ada.address
    for device in (world.acme.devices.get(name="New one"), world.spare):
        for verb in ("report", "take_in", "recycle"):
            device = device.move(verb, by=world.admin)
    ada.open(HARDWARE, imported=batch.pk).follow("Show 2 devices in Archived")
    assert sorted(names(ada)) == ["New one", "ThinkPad X1"]
    other = imported(world.globex_admin, "stored", a_list(b"Serial,Name\nG1,Theirs\n"))
    for gone in (other.pk, 10**9, "x"):
        assert "Import: no longer there" in ada.open(HARDWARE, imported=gone).words
        assert ada.rows == []
    assert "Show its devices" not in ada.open(imported(world.admin, "rehearsed").get_absolute_url()).words


# The slowest tenth


def past_repairs(world, days):
    """Closed repairs of one device that waited an hour each and took so many days."""
    end = clock.now() - timedelta(days=30)
    Repair.objects.bulk_create(
        Repair(
            company=world.acme,
            device=world.spare,
            reporter=world.admin,
            opened_at=end - timedelta(days=each, hours=1),
            taken_in_at=end - timedelta(days=each),
            taken_in_by=world.admin,
            closed_at=end,
            closed_by=world.admin,
            outcome="repaired",
        )
        for each in days
    )


def in_repair_for(world, days, name):
    with clock.at(clock.now() - timedelta(days=days, hours=1)):
        device = DeviceFactory(company=world.acme, by=world.admin, holder=world.employee, name=name)
        device.move("report", by=world.admin).move("take_in", by=world.admin)


def test_pace_is_asked_only_where_it_can_be(ada):
    for table, is_offered in (("all", True), ("needs-repair", True), ("unassigned", False), ("archived", False)):
        page = ada.open(reverse("devices:hardware_table", args=[table]), filters="1")
        assert bool(page.tree.findall(".//*[@name='slow']")) == is_offered, table


def test_the_slowest_tenth_stands_out_by_the_company_s_own_history(ada, world):
    found = Device.objects.filter(pk=world.spare.pk)
    found.update(registered_at=clock.now() - timedelta(days=100))
    in_repair_for(world, 17, "Seventeen")
    in_repair_for(world, 19, "Nineteen")
    past_repairs(world, range(1, 20))
    assert "onger than 9 of 10" not in ada.open(IN_REPAIR).words  # 19 repairs say nothing yet
    assert "Too few repairs are over" in ada.open(IN_REPAIR, slow="tenth").words
    past_repairs(world, [20])
    # Nor does one that was going on when an import registered the device.
    found.update(registered_at=Repair.objects.filter(device=world.spare).latest("pk").taken_in_at)
    longest_of.cache_clear()  # as after some minutes
    assert "Too few repairs are over" in ada.open(IN_REPAIR, slow="tenth").words
    found.update(registered_at=clock.now() - timedelta(days=100))
    longest_of.cache_clear()
    assert "In repair: longer than 9 of 10 at your company (2 weeks)" in ada.open(IN_REPAIR).words
    marked = [row.findall(".//i[@aria-label='Slow']") for row in ada.tree.findall(".//tbody/tr")]
    slow = dict(zip((row[0] for row in ada.rows), map(bool, marked), strict=True))
    assert slow == {"Nineteen": True, "Seventeen": False}
    assert names(ada.open(HARDWARE, slow="tenth")) == ["Nineteen"]
    assert "Pace: The slowest tenth" in ada.words
    found.update(registered_at=world.spare.registered_at)
    Repair.objects.filter(closed_at__isnull=False).delete()  # no device has been through them


def test_what_somebody_deletes_meanwhile_is_not_there(client, world, monkeypatch):
    client.force_login(world.admin)
    kept = SavedFilter.objects.create(company=world.acme, table="all", name="Phones", query="category=Phone")
    SavedFilter.objects.filter(pk=kept.pk).delete()
    monkeypatch.setattr("devices.views.table_choices._saved_filter", lambda request, pk: kept)
    for name, sent in (("saved_filter", {"name": "Telephones"}), ("delete_filter", {})):
        assert client.post(reverse(f"devices:{name}", args=[kept.pk]), sent).status_code == 404


# Time in each status


def test_the_time_in_each_status_is_that_of_the_log(ada, world):
    device, now = world.laptop, clock.now()
    for days, verb, by in (
        (20, "report", world.employee),
        (18, "revert", world.admin),
        (10, "report", world.employee),
        (9, "take_in", world.admin),
        (5, "recycle", world.admin),
        (4, "restore", world.admin),
    ):
        with clock.at(now - timedelta(days=days)):
            device = device.move(verb, by=by)
    stays = stays_of(device)
    kept = [(stay.status.value, (now - stay.since).days) for stay in stays[1:]]
    assert kept == [
        ("needs_repair", 20), ("active", 18), ("needs_repair", 10), ("in_repair", 9), ("recycled", 5), ("active", 4),
    ]  # fmt: skip
    assert stays[0].since == device.events.get(sequence=1).occurred_at
    assert stays[-1].since == device.status_since
    assert [stay.until for stay in stays[:-1]] == [stay.since for stay in stays[1:]]
    words = ada.open(device.log_url).words
    assert "4 days so far" in words
    assert "In all 3 days, in 2 stays" in words
    with clock.at(now - timedelta(days=3)):
        device = device.assign(world.colleague, world.company_payor, by=world.admin)  # of no repair any more
    assert len(stays_of(device)) == len(stays)


def test_a_line_that_somebody_has_tampered_with_breaks_no_page(ada, world):
    device = world.laptop.move("report", by=world.employee)
    for since in ("2024-05-01", "2024-05-01T10:00:00", "yesterday", 7, None):
        assert _began(device.status_since, since) == device.status_since
    assert _began(device.status_since, "2024-05-01T10:00:00+00:00") < device.status_since


# Saved filters


def save(person, query, name, shared="", **more):
    address = f"{reverse('devices:save_filter', args=['all'])}?{query}"
    return post(person, address, name=name, shared=shared, **more).text


def audited(world):
    return [line.sentence for line in AuditLine.objects.filter(kind__startswith="setting_filter").with_names()]


def test_a_filter_is_kept_for_oneself_or_for_the_company(ada, world):
    bodil = Visitor(world.second_admin)
    ada.open(HARDWARE, category="Laptop", page="last", filters="1").follow("Save filter").press("Save", name="Laptops")
    save(world.admin, "holder=eva&sort=-name", "Eva’s", shared="company")
    assert SavedFilter.objects.get(name="Laptops").query == "category=Laptop"
    assert sorted(names(ada.open(HARDWARE).follow("Laptops"))) == ["MacBook Pro 14", "ThinkPad X1"]
    assert names(bodil.open(HARDWARE).follow("Of the company: Eva’s")) == ["MacBook Pro 14", "iPhone 15"]
    assert "Laptops" not in bodil.words
    assert audited(world) == ["Ada Holm saved the filter Eva’s for the company."]
    # Another of the same name only in its place.
    assert "There is a saved filter with this name already" in save(world.admin, "category=Phone", "laptops")
    save(world.admin, "category=Phone", "laptops", replace="on")
    assert names(ada.open(HARDWARE).follow("Laptops")) == ["iPhone 15"]
    assert "There is nothing to save" in save(world.admin, "", "Nothing")
    assert not SavedFilter.objects.filter(name="Nothing").exists()


def test_a_kept_filter_is_renamed_and_deleted_by_whose_it_is(ada, world):
    save(world.admin, "category=Laptop", "Laptops")
    save(world.admin, "category=Phone", "Phones", shared="company")
    own, shared = SavedFilter.objects.get(name="Laptops"), SavedFilter.objects.get(name="Phones")
    bodil = Visitor(world.second_admin)
    for name in ("devices:saved_filter", "devices:delete_filter"):
        assert post(world.second_admin, reverse(name, args=[own.pk]), name="Mine").status_code == 404
    bodil.open(HARDWARE, category="Phone").follow("Change “Phones”").press("Rename", name="Telephones")
    save(world.admin, "category=Tablet", "Telephones", shared="company", replace="on")
    ada.open(reverse("devices:saved_filter", args=[shared.pk])).follow("Delete").press("Delete")
    assert list(SavedFilter.objects.all()) == [own]
    assert audited(world) == [
        "Ada Holm deleted the filter Telephones of the company.",
        "Ada Holm changed the filter Telephones of the company.",
        "Bodil Ek renamed the company’s filter Phones to Telephones.",
        "Ada Holm saved the filter Phones for the company.",
    ]


def test_a_kept_filter_that_names_what_is_gone_says_so(ada, world):
    centre = PayorFactory(company=world.acme, name="Soon gone")
    save(world.admin, f"payor={centre.pk}&category=Laptop", "Theirs")
    centre.remove(by=world.admin)
    ada.open(HARDWARE).follow("Theirs")
    assert "Payor: no longer there" in ada.words
    assert names(ada) == []
    assert sorted(names(ada.follow("Take off: Payor"))) == ["MacBook Pro 14", "ThinkPad X1"]


def test_a_space_that_somebody_types_is_kept_and_shown_whatever_it_is_called_later(ada, world):
    Space.objects.bulk_create(Space(company=world.acme, name=f"Room {number}") for number in range(FEW))
    ada.open(HARDWARE, space_typed="stock shelf").follow("Save filter").press("Save", name="On the shelf")
    world.shelf.name = "Depot"
    world.shelf.save(update_fields=["name"])
    assert names(ada.open(HARDWARE).follow("On the shelf")) == ["Dell U2723QE"]
    assert "Space: Depot" in ada.words
    ada.follow("Take off: Space")
    assert len(ada.rows) == 5
    for gone in (world.globex_shelf.pk, "10000000000", "x"):
        assert "Space: no longer there" in ada.open(HARDWARE, space=gone).words
    assert "Space: can’t be read" in ada.open(HARDWARE, space_typed="Globex cupboard").words
    assert "space_typed=Globex+cupboard" in ada.response.text
    typed = {"space_typed": "Globex cupboard", "filters": "1"}
    why = "No space is found by that. Type a name as it stands under Spaces."
    assert why in ada.open(HARDWARE, **typed).words
    assert why in ada.client.get(HARDWARE, typed, headers={"HX-Request": "true"}).text


def test_two_names_are_the_same_where_the_database_says_so(world):
    for name in ("Straße", "STRA\u1e9eE"):  # whose capitals differ, and whose small letters don't
        answer = save(world.admin, "category=Laptop", name)
    assert "There is a saved filter with this name already" in answer


def test_there_are_not_endlessly_many(ada, world):
    SavedFilter.objects.bulk_create(
        SavedFilter(company=world.acme, owner=world.admin, table="all", name=f"Kept {number}", query="q=x")
        for number in range(MOST)
    )
    assert f"There are {MOST} already" in save(world.admin, "q=mac", "One more")
    save(world.admin, "q=mac", "One more", shared="company")
    assert SavedFilter.objects.get(name="One more").is_shared


def test_whoever_is_erased_takes_their_filters_along_and_those_that_name_them(ada, world):
    save(world.second_admin, "category=Laptop", "Bodil’s")
    save(world.admin, "holder=bodil+EK", "What she has", shared="company")
    save(world.admin, "category=Phone", "Phones", shared="company")
    world.second_admin.deactivate(by=world.admin)
    erase(world.second_admin, by=world.admin)
    assert [kept.name for kept in SavedFilter.objects.all()] == ["Phones"]
    assert User.objects.get(pk=world.second_admin.pk).tables == {}


# What it costs


def test_choices_cost_a_table_one_statement(ada, world):
    """Beside what it asked before: the saved filters. Columns, density and pace come with what is read anyway."""
    in_repair_for(world, 3, "Three")
    choose(world.admin, "category", "since", "manufacturer")
    save(world.admin, "category=Laptop", "Laptops")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        ada.client.get(IN_REPAIR)
    asked = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len([sql for sql in asked if "devices_savedfilter" in sql]) == 1
    assert len(asked) <= 8, asked
