"""What the tables sort and search by, kept on the device, so that an index has each order."""

from typing import Any

from django.db import models

from accounts.keyset import KeyField
from accounts.models import Space, User
from accounts.text import SORT_KEY_LENGTH, search_key, sort_key

from .describing import Describing
from .holding import Holding

# What a search looks into besides serial number and asset tag, which it compares in a form of their own.
SEARCHED = ("name", "manufacturer", "model", "model_number", "serial_number", "asset_tag", "imei")


class Sorting(Describing, Holding):
    """Keys made of what the device is and of who holds it or held it. A change of these ends with `refresh_keys`; when
    a person or a space is renamed, a receiver follows (devices/renaming.py)."""

    name_key = KeyField(max_length=SORT_KEY_LENGTH, default="", editable=False)
    # Blank: nobody.
    holder_key = KeyField(max_length=SORT_KEY_LENGTH, blank=True, default="", editable=False)
    last_holder_key = KeyField(max_length=SORT_KEY_LENGTH, blank=True, default="", editable=False)
    # Of the device, and of who holds it or else of who held it: one text, in which a search looks for its words.
    search_text = models.TextField(blank=True, default="", editable=False)

    KEYS = ("name_key", "holder_key", "last_holder_key", "search_text")
    KEYED_BY = (*SEARCHED, "holder_user_id", "holder_space_id", "last_holder_user_id", "last_holder_space_id")

    class Meta:
        abstract = True

    def refresh_keys(self) -> None:
        """Make the keys anew. Stores nothing."""
        set_keys(self, _name(self.holder_user, self.holder_space), _name(self.last_holder_user, self.last_holder_space))


def _name(user: User | None, space: Space | None) -> str:
    return user.full_name if user else space.name if space else ""


def set_keys(device: Any, holder: str, last_holder: str) -> None:
    """Make the keys of a device, also of a migration's, whose holder and previous holder have these names."""
    device.name_key, device.holder_key, device.last_holder_key = map(sort_key, (device.name, holder, last_holder))
    texts = [getattr(device, field) for field in SEARCHED]
    texts += [device.serial_key, device.asset_tag_key, holder or last_holder]
    # Each word once: a serial number is often its own key, and a name often its model.
    device.search_text = " ".join(dict.fromkeys(search_key(" ".join(texts)).split()))
