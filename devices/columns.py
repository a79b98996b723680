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
    (devices/jinja2/devices/table.html); blank, it is only exported. An `is_extra` column gives way where the table gets
    tight. An `is_standard` one is shown until somebody chooses."""

    slug: str
    heading: str | Promise
    fields: tuple[str, ...]
    text: Callable[[Any], str | datetime]
    order: Order | None = None
    cell: str = ""
    is_extra: bool = False
    is_standard: bool = True


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
    ("payor__name", "payor_key"),
    lambda row: Payor.label(row.payor__name or ""),
    Order(("payor_key", *BY_NAME), may_be_blank=True, blank=""),
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


# What people may choose besides.


def _text(field: str, heading: str | Promise, order: Order | None = None) -> Column:
    return Column(field, heading, (field,), lambda row: getattr(row, field), order, "text", is_standard=False)


def _day(field: str, heading: str | Promise) -> Column:
    order = Order((field, "id"), may_be_blank=True)
    return Column(field, heading, (field,), lambda row: getattr(row, field), order, "day", is_standard=False)


def _by(field: str) -> Order:
    return Order((field, *BY_NAME), may_be_blank=True, blank="")


MANUFACTURER = _text("manufacturer", _("Manufacturer"), _by("manufacturer"))
MODEL = _text("model", _("Model"), _by("model"))
MODEL_NUMBER = _text("model_number", _("Model number"))
ASSET_TAG = Column(
    "asset_tag",
    _("Asset tag"),
    ("asset_tag", "asset_tag_key"),
    lambda row: row.asset_tag,
    Order(("asset_tag_key", "id"), may_be_blank=True, blank=""),
    "text",
    is_standard=False,
)
IMEI = _text("imei", _("IMEI"))
PURCHASE_DATE = _day("purchase_date", _("Purchase date"))
PURCHASE_COST = Column(
    "purchase_cost",
    _("Purchase cost"),
    ("purchase_cost",),
    lambda row: row.purchase_cost,
    Order(("purchase_cost", "id"), may_be_blank=True),
    "cost",
    is_standard=False,
)
WARRANTY = _day("warranty_end", _("Warranty ends"))
RENEWAL = _day("renewal_date", _("Renewal date"))
SUPPLIER = _text("supplier", _("Supplier"), _by("supplier"))
ORDER_NUMBER = _text("order_number", _("Order number"))
REGISTERED = Column(
    "registered",
    _("Registered"),
    ("registered_at",),
    lambda row: row.registered_at,
    Order(("registered_at", "id")),
    "moment",
    is_standard=False,
)

# In the order in which they stand, before holder, payor and status, and behind them.
WHAT_IT_IS = (NAME, CATEGORY, MANUFACTURER, MODEL, MODEL_NUMBER, SERIAL, ASSET_TAG, IMEI)
WHERE_FROM = (PURCHASE_DATE, PURCHASE_COST, WARRANTY, RENEWAL, SUPPLIER, ORDER_NUMBER, REGISTERED)
