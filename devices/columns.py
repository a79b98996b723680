"""The columns of the tables of Hardware: what stands in a cell, and how one sorts by it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.keyset import Order
from accounts.models import Payor

from .models import Device

BY_NAME = ("name_key", "id")


@dataclass(frozen=True)
class Column:
    """`fields` are read of the rows; `text` makes of these what an export says: words, or a day, a moment or an amount
    as it is. `order` is what one sorts by, where one can. `cell` names how it is drawn on screen
    (devices/jinja2/devices/rows.html); blank, it is only exported. An `is_extra` column gives way where the table gets
    tight."""

    slug: str
    heading: str | Promise
    fields: tuple[str, ...]
    text: Callable[[Any], str | datetime]
    order: Order | None = None
    cell: str = ""
    is_extra: bool = False


def holder_of(row: Any) -> str:
    """The name of whoever or whatever holds the device."""
    return row.holder_user__full_name or row.holder_space__name or ""


def last_holder_of(row: Any) -> str:
    """The name of whoever or whatever held it before."""
    return row.last_holder_user__full_name or row.last_holder_space__name or ""


def how_long(row: Any) -> str:
    """For how long the device has had its status, in the reader's language: "3 days"."""
    return timesince(row.status_since, clock.now(), depth=1).replace("\xa0", " ")


NAME = Column("name", _("Device"), ("name",), lambda row: row.name, Order(BY_NAME), "name")
CATEGORY = Column(
    "category", _("Category"), ("category",), lambda row: row.category, Order(("category", *BY_NAME)), "category", True
)
SERIAL = Column(
    "serial",
    _("Serial number"),
    ("serial_number", "serial_key"),
    lambda row: row.serial_number,
    Order(("serial_key", "id"), may_be_blank=True, blank=""),
    "serial",
    True,
)
HOLDER = Column(
    "holder",
    _("Holder"),
    ("holder_user__full_name", "holder_space__name", "holder_key"),
    holder_of,
    Order(("holder_key", *BY_NAME), may_be_blank=True, blank=""),
    "holder",
)
LAST_HOLDER = Column(
    "holder",
    _("Previous holder"),
    ("last_holder_user__full_name", "last_holder_space__name", "last_holder_key"),
    last_holder_of,
    Order(("last_holder_key", "id"), may_be_blank=True, blank=""),
    "last_holder",
)
PAYOR = Column(
    "payor",
    _("Payor"),
    ("payor__name",),
    lambda row: Payor.label(row.payor__name or ""),
    Order(("payor__name", *BY_NAME), may_be_blank=True),
    "payor",
    True,
)
STATUS = Column(
    "status",
    _("Status"),
    ("status",),
    lambda row: str(Device.Status(row.status).label),
    Order(("status", *BY_NAME)),
    "status",
)
SINCE = Column(
    "since", _("Since"), ("status_since",), lambda row: row.status_since, Order(("status_since", "id")), "since"
)
# On screen it stands below "since".
HOW_LONG = Column("how_long", _("How long"), ("status_since",), how_long)
