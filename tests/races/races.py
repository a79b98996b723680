"""The races: what is done at once, and what of it there must be afterwards."""

import re
import uuid
from typing import NamedTuple


class Race(NamedTuple):
    """People do these acts by turns to a device with this status. Of the lines with these words there must be one, as
    the first act makes every other page a page of before."""

    status: str
    held: bool
    acts: tuple[str, ...]
    lines: tuple[str, ...]


REPORTED = "reported device in need of repair."
TAKEN_IN = "moved device to In repair."
NOT_IN_REPAIR = "marked device as not in repair."
UNASSIGNED = "unassigned device from"
REMOVED = "removed device from Velory."

RACES = {
    "report": Race("active", True, ("report",), (REPORTED,)),
    "report against unassigning": Race("active", True, ("report", "unassign"), (REPORTED, UNASSIGNED)),
    "intake": Race("needs_repair", True, ("take in",), (TAKEN_IN,)),
    "intake against the way back": Race("needs_repair", True, ("take in", "revert"), (TAKEN_IN, NOT_IN_REPAIR)),
    "the outcomes": Race(
        "in_repair",
        True,
        ("finish", "give", "shelve", "remove", "replace"),
        (NOT_IN_REPAIR, "assigned repaired device to", REMOVED),
    ),
    "removal": Race("in_repair", True, ("remove",), (REMOVED,)),
    "replacement": Race("in_repair", True, ("replace",), (REMOVED,)),
    "restoring": Race("recycled", True, ("restore",), ("restored device to Velory.",)),
    "assigning": Race("active", False, ("give", "shelve"), ("assigned device to",)),
    "assigning against unassigning": Race("active", True, ("give", "unassign", "shelve"), (UNASSIGNED,)),
    "the backup prompt": Race(
        "needs_repair",
        False,
        ("backed up", "does not start"),
        ("confirmed a backup.", "could not back up device: it does not start."),
    ),
    "the MDM prompt": Race(
        "in_repair",
        True,
        ("released", "not enrolled"),
        ("released device from MDM.", "marked device as not enrolled in MDM."),
    ),
}


def one_effect(race, site, people):
    """Run the race. Returns sentences about what went wrong."""
    address = site.device(race.status, race.held)
    acts = [site.act(race.acts[number % len(race.acts)]) for number in range(people)]
    carried = _carried(site.form_of(address, acts[0][0]))
    pages = site.at_once([(address + below, carried | fields) for below, fields in acts])
    log = site.page(address, "log/").text
    happened = sum(log.count(words) for words in race.lines)
    if happened != 1:
        yield f"{happened} effects in the log"
    if (done := sum(page.status == 302 for page in pages)) != 1:
        yield f"{done} people were told that it is done"
    for page in pages:
        if page.status != 302 and (page.status != 409 or not page.message):
            yield f"somebody got {page.status} with {page.message!r}"


def _carried(page):
    """What the page's forms carry unseen."""
    found: dict = dict(re.findall(r'name="(repair|release)" value="(\d+)"', page.text))
    return found if page.seen is None else found | {"seen": page.seen}


def notes(site, people):
    """Everybody's own words: all of them are kept."""
    address = site.device("active", True)
    acts = [site.act("note") for _number in range(people)]
    pages = site.at_once([(address + below, fields) for below, fields in acts])
    if [page.status for page in pages] != [302] * people:
        yield f"answers {[page.status for page in pages]}"
    if (count := site.page(address, "log/").text.count("added a note.")) != people:
        yield f"{count} lines for {people} notes"
    text = site.page(address).text
    yield from (f"{fields['text']} is lost" for _below, fields in acts if f">{fields['text']}<" not in text)


def edits(site, people):
    """Each changes another field: no change undoes another."""
    address = site.device("active", True)
    form = site.page(address, "edit/").form("supplier")
    fields = ["manufacturer", "model", "model_number", "supplier", "order_number", "asset_tag", "serial_number", "name"]
    words = {name: site.word() for name in fields[:people]}
    pages = site.at_once([(address + "edit/", form | {name: word}) for name, word in words.items()])
    if [page.status for page in pages] != [302] * people:
        yield f"answers {[page.status for page in pages]}"
    after = site.page(address, "edit/").form("supplier")
    yield from (f"{name} is {after[name]!r}, not {word!r}" for name, word in words.items() if after[name] != word)


def one_serial_number(site, people):
    """Several devices with one number: the first has it, the others read who has it."""
    number = site.word()
    form = {"category": "Laptop", "serial_number": number}
    pages = site.at_once([("/devices/new/", form | {"name": site.word()}) for _number in range(people)])
    if sorted(page.status for page in pages) != [200] * (people - 1) + [302]:
        yield f"answers {[page.status for page in pages]}"
    refused = [page for page in pages if page.status == 200]
    yield from ("nobody says who has it" for page in refused if "has this already" not in page.text)


def one_form(site, people):
    """The same form sent again and again registers one device."""
    form = {"name": site.word(), "category": "Laptop", "token": str(uuid.uuid4())}
    pages = site.at_once([("/devices/new/", form)] * people)
    if len({(page.status, page.location) for page in pages}) != 1 or pages[0].status != 302:
        yield f"answers {[(page.status, page.location) for page in pages]}"


OTHERS = {"notes": notes, "edits": edits, "one serial number": one_serial_number, "one form": one_form}
