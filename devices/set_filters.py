"""What a table is filtered by, as an address says it: shown one by one, each with the way to take it off, and kept."""

from typing import Any, NamedTuple

from django.forms import ChoiceField, DateField, ModelChoiceField
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.choosing import ChooseField

from .models.saved_filter import LONGEST_QUERY
from .tables import ChooseFilter, HardwareFilter, TableFilter


class SetFilter(NamedTuple):
    """One filter that is set: its name, its value in words, and the query without it. A `gone` one names what there is
    not, or not any more."""

    label: str
    words: str
    without: str
    gone: bool


def set_filters(filters: TableFilter) -> list[SetFilter]:
    """Those that are set, in the order of the form. What is searched for stands in the search field itself."""
    found: list[SetFilter] = []
    if not filters.are_open:  # and so need no form
        return found
    for field in filters.form:
        if field.name != "q" and filters.is_set(field.name):
            gone = field.name in filters.form.errors
            words = _not_there(field) if gone else _in_words(field, filters.form.cleaned_data[field.name])
            found.append(SetFilter(str(field.label), words, _query(filters, without=field.name), gone))
    return found


def _not_there(field: BoundField) -> str:
    is_chosen = isinstance(field.field, ChoiceField) or (isinstance(field.field, ChooseField) and field.data.key)
    return _("no longer there") if is_chosen else _("can’t be read")


def _in_words(field: BoundField, value: Any) -> str:
    if isinstance(field.field, DateField):
        return date_format(value, "SHORT_DATE_FORMAT")
    if isinstance(field.field, ModelChoiceField):
        return str(value)
    return str(dict(getattr(field.field, "choices", ())).get(value, value))


def kept_query(filters: HardwareFilter) -> str:
    """The address's search, filters and order in one form, so that two that show the same are the same: without the
    page, and without what is no filter. Blank where nothing is set."""
    query = _query(filters)
    return query if len(query) <= LONGEST_QUERY else ""


def _query(filters: TableFilter, without: str = "") -> str:
    kept = QueryDict(mutable=True)
    for name in sorted({"q", *filters.filters, "sort"} - {without}):
        kept.update({part: value for part, value in _as_sent(filters, name).items() if value})
    return kept.urlencode()


def _as_sent(filters: TableFilter, name: str) -> dict[str, str]:
    """What the address says of a filter. Whom or what somebody typed stands under its key, where that is known: it may
    be renamed."""
    if not isinstance(filters.filters.get(name), ChooseFilter):
        return {name: str(filters.data.get(name, "")).strip()}
    if not filters.is_set(name):  # and so needs no form
        return {}
    said, row = filters.form[name].data, None if name in filters.form.errors else filters.form.cleaned_data[name]
    if row is None:
        return {name: said.key, f"{name}_typed": said.typed}
    return {name: filters.form.fields[name].chooser.key(row)}
