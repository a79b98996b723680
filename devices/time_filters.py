"""Filters by time: how old a device is, how long its warranty runs, how long it has had its status."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import django_filters
from django.db import models
from django.forms import DateInput
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import clock

from .models import Device
from .paces import Paces

Devices = models.QuerySet[Device]

SOON = timedelta(days=90)
# As many as a calendar of four digits can go back from today.
MOST_YEARS, MOST_DAYS = 100, 36_500


def _date(**more: Any) -> django_filters.DateFilter:
    return django_filters.DateFilter(field_name="purchase_date", widget=DateInput(attrs={"type": "date"}), **more)


def _number(most: int, **more: Any) -> django_filters.NumberFilter:
    return django_filters.NumberFilter(min_value=0, max_value=most, decimal_places=0, **more)


class TimeFilters(django_filters.FilterSet):
    """A part of `HardwareFilter`."""

    bought_after = _date(label=_("Bought on or after"), lookup_expr="gte")
    bought_before = _date(label=_("Bought on or before"), lookup_expr="lte")
    older = _number(MOST_YEARS, label=_("Older than (years)"), method="filter_older")
    warranty = django_filters.ChoiceFilter(
        label=_("Warranty"),
        method="filter_warranty",
        empty_label=_("Any"),
        choices=[
            ("ended", _("Has ended")),
            ("soon", _("Ends within 90 days")),
            ("runs", _("Runs")),
            ("unknown", _("Not known")),
        ],
    )
    days = _number(MOST_DAYS, label=_("In status over (days)"), method="filter_days")
    slow = django_filters.ChoiceFilter(
        label=_("Pace"), method="filter_slow", empty_label=_("Any"), choices=[("tenth", _("The slowest tenth"))]
    )

    # Of the table's statuses, by `HardwareFilter`.
    paces: Paces

    def filter_older(self, devices: Devices, name: str, value: Decimal) -> Devices:
        return devices.filter(purchase_date__lt=_years_ago(int(value)))

    def filter_warranty(self, devices: Devices, name: str, value: str) -> Devices:
        today = timezone.localdate(clock.now())
        wanted = {
            "ended": models.Q(warranty_end__lt=today),
            "soon": models.Q(warranty_end__range=(today, today + SOON)),
            "runs": models.Q(warranty_end__gte=today),
            "unknown": models.Q(warranty_end=None),
        }
        return devices.filter(wanted[value])

    def filter_days(self, devices: Devices, name: str, value: Decimal) -> Devices:
        return devices.filter(status_since__lt=clock.now() - timedelta(days=int(value)))

    def filter_slow(self, devices: Devices, name: str, value: str) -> Devices:
        return devices.filter(self.paces.slow)


def _years_ago(years: int) -> date:
    """Today's day so many years ago; of a leap day, the day before."""
    today = timezone.localdate(clock.now())
    is_leap_day = (today.month, today.day) == (2, 29)
    return today.replace(year=today.year - years, day=28 if is_leap_day else today.day)
