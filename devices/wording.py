"""The words of the event log. English is the letter: two lines are fixed by the users' guide."""

import re
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from devices import categories

if TYPE_CHECKING:
    from devices.models import Event

SENTENCES = {
    "registered": _("%(actor)s registered device."),
    # The first line of what an import made; undoing the import asks for it.
    "imported": _("%(actor)s registered device."),
    "imported_in_repair": _("%(actor)s registered device, in repair."),
    "imported_needs_repair": _("%(actor)s registered device, in need of repair."),
    "reported": _("%(actor)s reported device in need of repair."),
    "not_in_repair": _("%(actor)s marked device as not in repair."),
    "taken_in": _("%(actor)s moved device to In repair."),
    "unassigned": _("%(actor)s unassigned device from %(holder)s."),
    "payor_changed": _("%(actor)s changed payor from %(before)s to %(after)s."),
    "mdm_asked": _("%(actor)s was asked to release device from MDM."),
    "mdm_released": _("%(actor)s released device from MDM."),
    "mdm_not_enrolled": _("%(actor)s marked device as not enrolled in MDM."),
    "assigned": _("%(actor)s assigned device to %(holder)s."),
    # Fixed by the guide.
    "assigned_repaired": _("%(actor)s assigned repaired device to %(holder)s."),
    # Fixed by the guide.
    "removed": _("%(actor)s removed device from Velory."),
    "replacement_registered": _("%(actor)s registered %(device)s as replacement."),
    "replacement_assigned": _("%(actor)s assigned %(device)s as replacement to %(user)s."),
    "restored": _("%(actor)s restored device to Velory."),
    "backed_up": _("%(actor)s confirmed a backup."),
    "backup_impossible": _("%(actor)s could not back up device: it does not start."),
    "note_added": _("%(actor)s added a note."),
    "late_entry": _("%(actor)s added a late entry: “%(text)s”."),
    # Of a list of past repairs, with the times at which it happened.
    "past_intake": _("%(actor)s noted that device went into repair."),
    "past_repaired": _("%(actor)s noted that device was repaired."),
    "past_recycled": _("%(actor)s noted that device could not be repaired."),
    "past_replaced": _("%(actor)s noted that device was replaced."),
    "past_not_needed": _("%(actor)s noted that device did not need a repair."),
    "past_taken_back": _("%(actor)s took back what was noted of past repairs by an import."),
    "correction": _("%(actor)s corrected line %(line)s: “%(text)s”."),
    "field_changed": _("%(actor)s changed %(field)s from %(before)s to %(after)s."),
}

# Words that are quoted may end their sentence themselves.
_TWO_STOPS = re.compile(r"([.!?…][”»])\.\Z")


def sentence(event: "Event") -> str:
    """One line of the log in the active language. The event comes from `with_names()`. A line that somebody has
    tampered with past reading says so, beside those that can be read."""
    try:
        return _sentence(event)
    except (AttributeError, FieldDoesNotExist, LookupError, TypeError, ValueError):
        return gettext("(This line can’t be read.)")


def _sentence(event: "Event") -> str:
    from accounts.models.chained import PLAIN
    from devices.models import Device

    words: dict[str, str] = {"actor": event.plates[event.actor_id].shown}
    field = event.details.get("field")
    if field:
        column: Any = Device._meta.get_field(field)
        words["field"] = str(column.verbose_name)
    if line := event.details.get("line"):
        words["line"] = str(line)
    for role, key in event.details.items():
        if role in PLAIN:
            continue
        if key:
            name = event.plates[key].shown
            words[role] = categories.label(name) if field == "category" else name
        else:
            words[role] = pgettext("what a field says", "none") if field else pgettext("who pays", "none")
    return _TWO_STOPS.sub(r"\1", str(SENTENCES[event.kind]) % words)
