"""The Swedish catalogue is whole and in step with the code, and Swedish people read nothing in English."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.contrib import admin
from django.urls import reverse
from django.utils.translation import override

from accounts.models import Company, Domain, Payor, User
from devices.categories import KNOWN
from devices.models import Device
from devices.tables import TABLES
from devices.wording import SENTENCES
from repairs.models import Repair
from tests.visitor import Visitor, on_a_visit
from tests.world import log_of

pytestmark = pytest.mark.one_database

CATALOGUE = Path(settings.LOCALE_PATHS[0], "sv", "LC_MESSAGES", "django.po")
PO = polib.pofile(str(CATALOGUE))

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
# A tag with its attributes, so that links go where they go in English.
TAG = re.compile(r"<[^>]+>")


def key_of(entry):
    return entry.msgctxt, entry.msgid, entry.msgid_plural


def strings_of(entry):
    return [entry.msgstr_plural[form] for form in sorted(entry.msgstr_plural)] or [entry.msgstr]


def name_of(entry):
    return f"{entry.msgctxt}: {entry.msgid}" if entry.msgctxt else entry.msgid


# The catalogue


def test_everything_is_translated():
    assert [name_of(entry) for entry in PO if not all(strings_of(entry))] == []
    assert [name_of(entry) for entry in PO if entry.fuzzy] == []
    assert [name_of(entry) for entry in PO.obsolete_entries()] == []
    assert not PO.metadata_is_fuzzy
    assert PO.metadata["Language"] == "sv"


def parts(text, form):
    return Counter(form.findall(text))


@pytest.mark.parametrize("form", [PLACEHOLDER, TAG], ids=["placeholders", "tags"])
def test_what_the_code_fills_in_and_marks_up_is_in_the_translation_too(form):
    for entry in PO:
        *before, last = strings_of(entry)
        assert parts(last, form) == parts(entry.msgid_plural or entry.msgid, form), name_of(entry)
        for text in before:  # "Unassign this device" needs no number, and may have one
            allowed = (parts(entry.msgid, form), parts(entry.msgid_plural, form))
            assert parts(text, form) in allowed, name_of(entry)


def test_a_translation_begins_and_ends_as_its_original():
    """A sentence stays a sentence, a word within one stays small, and nothing loses its blanks."""
    for entry in PO:
        if entry.msgctxt and "dates" in entry.msgctxt:
            continue
        for text in strings_of(entry):
            assert text[-1:] == entry.msgid[-1:] or not {text[-1], entry.msgid[-1]} & set(".:?!, \n"), text
            if entry.msgid[0].isalpha() and text[0].isalpha():
                assert text[0].isupper() == entry.msgid[0].isupper(), text
            assert text == text.strip() or entry.msgid != entry.msgid.strip(), text


def test_quotation_marks_are_swedish():
    assert [text for entry in PO for text in strings_of(entry) if re.search('[“„"]', TAG.sub("", text))] == []


def test_the_compiled_catalogue_holds_what_the_other_one_says():
    def catalogue(entries):
        return {(entry.msgctxt or None, entry.msgid): strings_of(entry) for entry in entries}

    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    assert catalogue(compiled) == catalogue(PO), "Run `make messages`."


def test_the_catalogue_is_in_step_with_the_code(tmp_path):
    """`make messages` in a copy, as it writes beside what it reads, finds what the catalogue has and nothing else."""
    missing = [program for program in ("xgettext", "msguniq", "msgmerge", "msgattrib") if not shutil.which(program)]
    if missing:
        reason = f"gettext is not installed ({', '.join(missing)})"
        pytest.fail(reason) if os.environ.get("VELORY_REQUIRE_ALL") == "1" else pytest.skip(reason)
    copy = tmp_path / "velory"
    shutil.copytree(
        settings.BASE_DIR, copy, ignore=shutil.ignore_patterns(".*", "var", "tests", "locale", "*.sqlite3*")
    )
    (copy / "locale").mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--locale", "sv", "--verbosity", "0"],
        cwd=copy,
        env=environment,
        check=True,
        timeout=120,
    )
    fresh = polib.pofile(str(copy / "locale" / "sv" / "LC_MESSAGES" / "django.po"))
    found, kept = ({key_of(entry) for entry in catalogue} for catalogue in (fresh, PO))
    assert found - kept == set(), "not translated yet: run `make messages` and translate them"
    assert kept - found == set(), "no longer in the code: run `make messages`"


# The pages


# English texts as a page might still show them, whatever is filled in. What is Swedish too says nothing.
SWEDISH = {text for entry in PO for text in strings_of(entry)}
ENGLISH = [
    re.compile(".+".join(re.escape(part) for part in PLACEHOLDER.split(text)))
    for entry in PO
    for text in (entry.msgid, entry.msgid_plural)
    if text not in SWEDISH and len(re.findall("[A-Za-z]", PLACEHOLDER.sub("", text))) > 3
]
# What would stand in sentences that the catalogue does not know, such as those of Django and allauth.
ENGLISH_WORDS = re.compile(r"\b(the|and|of|your|you|with|this|that|please|not|are|was|has|email|password)\b", re.I)
# Names that people have given, and each language's own.
NAMES = {"Screen replaced in spring.", "Stock shelf", "Meeting room Birch", "Cost centre 4711", "English"}


def texts_of(tree):
    """Everything on a page that somebody reads or hears."""
    for element in tree.iter():
        if not isinstance(element.tag, str) or element.tag in ("script", "style"):
            continue
        for attribute in ("title", "aria-label", "placeholder", "data-label", "data-copied"):
            yield element.get(attribute)
        yield element.text
        for child in element:
            yield child.tail


def english_on(tree):
    return sorted({text for text in clean_texts_of(tree) if ENGLISH_WORDS.search(text)} | set(known_english_on(tree)))


def known_english_on(tree):
    """What the catalogue would have had in Swedish."""
    return sorted(text for text in clean_texts_of(tree) if any(form.fullmatch(text) for form in ENGLISH))


def clean_texts_of(tree):
    texts = {" ".join(text.split()).removesuffix(" · Velory").removesuffix(":") for text in texts_of(tree) if text}
    return texts - NAMES


def assert_swedish(visitor, *addresses, status=200):
    for address in addresses:
        visitor.open(address)
        assert visitor.status == status, address
        assert visitor.tree.get("lang") == "sv", address
        assert english_on(visitor.tree) == [], address


def speaking_swedish(person):
    person.language = User.Language.SWEDISH
    person.save(update_fields=["language"])
    return person


@pytest.fixture
def ada(world):
    return Visitor(speaking_swedish(world.admin))


@pytest.fixture
def eva(world):
    return Visitor(speaking_swedish(world.employee))


def test_english_is_noticed(world):
    """The tests below are worth something: they see an English page for what it is."""
    visitor = Visitor(world.admin).open(world.laptop)
    found = english_on(visitor.tree)
    assert {"My devices", "Event log", "With Eva Lind", "Hardware", "Copy serial number"} <= set(found)


def log_page(device):
    return reverse("devices:log", args=[device.pk])


WAYS = {
    "active": [],
    "needs_repair": ["report"],
    "in_repair": ["report", "take_in"],
    "recycled": ["report", "take_in", "recycle"],
}


@pytest.fixture(params=WAYS)
def laptop(request, world):
    """The laptop in each status, by the moves that lead there: its holder reports it, the other admin does the rest."""
    device = world.laptop
    for verb in WAYS[request.param]:
        device = device.move(verb, by=world.employee if verb == "report" else world.second_admin)
    return device


def test_an_admin_reads_a_device_in_swedish(ada, laptop):
    windows = {
        "active": ["devices:edit", "devices:unassign"],
        "needs_repair": ["repairs:intake", "repairs:revert", "devices:edit"],
        "in_repair": ["repairs:finish", "repairs:remove", "repairs:replace", "devices:edit"],
        "recycled": ["devices:restore"],
    }[laptop.status]
    tabs = [laptop.get_absolute_url(), laptop.support_url, log_page(laptop)]
    assert_swedish(ada, *tabs, *(reverse(name, args=[laptop.pk]) for name in windows))


def test_an_employee_reads_a_device_in_swedish(eva, laptop):
    if laptop.is_archived:
        assert_swedish(eva, laptop.support_url, status=404)
    else:
        assert_swedish(eva, "/", laptop.get_absolute_url(), laptop.support_url, log_page(laptop))


def test_every_list_and_form_is_swedish(ada, eva, world):
    names = "devices:mine devices:colleagues devices:hardware devices:register repairs:list"
    names += " accounts:spaces accounts:space_new accounts:users accounts:user_new accounts:payors accounts:payor_new"
    names += " accounts:settings accounts:profile account_change_password"
    world.laptop.move("report", by=world.second_admin).move("take_in", by=world.second_admin)
    assert_swedish(ada, *map(reverse, names.split()))
    assert_swedish(ada, *(reverse("devices:hardware_table", args=[table]) for table in TABLES))
    rows = [world.shelf, world.cost_centre, world.company_payor, world.colleague]
    assert_swedish(ada, *(row.get_absolute_url() for row in rows))
    assert_swedish(ada, reverse("accounts:space_remove", args=[world.shelf.pk]))
    assert_swedish(ada, reverse("accounts:user_remove", args=[world.colleague.pk]))
    assert_swedish(ada, reverse("devices:hardware") + "?q=nothing-like-it")
    assert_swedish(eva, reverse("accounts:profile"))
    assert_swedish(eva, reverse("devices:hardware"), status=403)
    assert_swedish(eva, "/nowhere/", status=404)


def of_acme(model, world):
    """A row that support sees on a visit there."""
    return world.acme if model is Company else model.objects.filter(company=world.acme).earliest("pk")


def test_velory_support_works_in_swedish(world):
    """Django's own words are Django's to translate; those of the models are ours. Rows are read as they are stored."""
    stored = {Device: set(KNOWN), Payor: {"Company", "Employee"}}
    stored[Repair] = {"Import"}  # the same word in Swedish, unless it is what a button does
    world.laptop.move("report", by=world.employee).move("take_in", by=world.admin)
    Domain.objects.create(company=world.acme, name="acme.example")
    siri = Visitor(speaking_swedish(world.support))
    siri.open(reverse("support_visit"))
    assert known_english_on(siri.tree) == []
    on_a_visit(siri.client, world.acme)
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for address in (f"{name}_changelist",), (f"{name}_change", of_acme(model, world).pk):
            siri.open(reverse(address[0], args=address[1:]))
            assert set(known_english_on(siri.tree)) <= stored.get(model, set()), model
    siri.open(reverse("admin:accounts_user_add"))
    assert known_english_on(siri.tree) == []


def test_where_the_flow_is_off_that_is_said_in_swedish(world):
    initech_employee = Visitor(speaking_swedish(world.initech_employee))
    assert_swedish(initech_employee, world.initech_laptop.support_url)
    assert "Reparationsflödet är inte aktiverat för ditt företag" in initech_employee.words


def test_answers_are_swedish(ada, eva, world):
    eva.open(world.laptop.support_url).press("Spara", needs_repair=True)
    assert eva.messages == [
        "Sparat. MacBook Pro 14 har nu statusen Aktiv - behöver repareras, och dina IT-administratörer ser det."
    ]
    assert english_on(eva.tree) == []
    ada.open(reverse("devices:register")).press("Registrera enhet", purchase_cost="lots", imei="12")
    assert ada.errors.keys() == {"name", "category", "purchase_cost", "imei"}
    assert english_on(ada.tree) == []


def test_who_is_signed_out_reads_the_language_of_their_browser(world):
    visitor = Visitor()
    visitor.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "sv-SE,sv;q=0.9,en;q=0.5"
    assert_swedish(visitor, reverse("account_login"), reverse("account_reset_password"))
    assert_swedish(visitor, reverse("account_reset_password_done"), reverse("account_inactive"))
    assert_swedish(visitor, reverse("accounts:join", args=["abc", "def-123"]), status=410)
    visitor.open(reverse("account_login")).press("Logga in", login="ada@acme.example", password="wrong")
    assert visitor.status == 200
    assert english_on(visitor.tree) == []


def test_who_is_signed_in_reads_the_language_of_their_profile(world):
    visitor = Visitor(world.employee)
    visitor.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    visitor.open(reverse("accounts:profile")).press("Save", language="sv")
    assert visitor.messages == ["Din profil sparades."]
    assert english_on(visitor.tree) == []


def test_dates_are_written_as_in_swedish(ada, world):
    world.laptop.edit(by=world.second_admin, purchase_date="2026-03-02")
    assert "Inköpt 2 mar 2026" in ada.open(world.laptop).words


# What stays English


def test_the_two_lines_that_the_guide_fixes_stand_there_to_the_letter(ada, world):
    with override("en"):
        assert str(SENTENCES["assigned_repaired"]) == "%(actor)s assigned repaired device to %(holder)s."
        assert str(SENTENCES["removed"]) == "%(actor)s removed device from Velory."

    before = world.laptop.move("report", by=world.employee).move("take_in", by=world.admin)
    ada.open(world.laptop).press("Tilldela till Eva Lind")
    assert ada.messages[0] == "MacBook Pro 14 är tilldelad till Eva Lind."
    laptop = Device.objects.get(pk=before.pk)
    assert "Ada Holm assigned repaired device to Eva Lind." in log_of(laptop, before)
    assert "Ada Holm tilldelade den reparerade enheten till Eva Lind." in ada.open(log_page(laptop)).words

    laptop.move("report", by=world.employee).move("take_in", by=world.admin)
    ada.open(reverse("repairs:remove", args=[laptop.pk])).press("Ta bort enhet")
    assert "Ada Holm removed device from Velory." in log_of(laptop)
    assert "Ada Holm tog bort enheten från Velory." in ada.open(log_page(laptop)).words


def test_a_category_in_the_log_is_in_the_readers_language(ada, world):
    laptop = world.laptop.edit(by=world.admin, category="Tablet", model="")
    assert log_of(laptop)[-2:] == [
        "Ada Holm changed category from Laptop to Tablet.",
        "Ada Holm changed model from MacBook Pro to none.",
    ]
    words = ada.open(log_page(laptop)).words
    assert "Ada Holm ändrade kategori från Bärbar dator till Surfplatta." in words
    assert "Ada Holm ändrade modell från MacBook Pro till tomt." in words


@pytest.mark.parametrize("table", [*TABLES, "repairs"])
def test_an_export_is_the_same_for_a_swedish_admin(world, table):
    world.laptop.move("report", by=world.employee).move("take_in", by=world.admin)
    world.tablet.move("report", by=world.admin).move("take_in", by=world.admin).move("recycle", by=world.admin)
    world.monitor.move("report", by=world.admin)
    address = reverse("repairs:export") if table == "repairs" else reverse("devices:export", args=[table])

    def export(person):
        return Visitor(person).client.get(address).getvalue().decode()

    english = export(world.admin)
    assert export(speaking_swedish(world.admin)) == english
    assert english.count("\n") > 1
    assert not re.search("[åäöÅÄÖ]", english)
