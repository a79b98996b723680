"""Small parts of every page: times, durations, category pictures, fields of forms, sortable headings, the menu."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django import template
from django.forms import BaseForm, BoundField
from django.http import HttpRequest
from django.template.context import Context, RequestContext
from django.template.loader import get_template, render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.timesince import timesince
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from accounts import clock

from .icons import heroicon_mini, heroicon_outline

register = template.Library()

EXACT = "j M Y, H:i"

# Where heroicons has no picture of a category, templates/icons/ has one of ours.
HEROICONS = {
    "desktop": "computer-desktop",
    "phone": "device-phone-mobile",
    "tablet": "device-tablet",
    "printer": "printer",
    "accessory": "puzzle-piece",
}
OURS = {"laptop", "monitor", "headset"}


# Times


@register.filter
def since(moment: datetime | None) -> str:
    """How long ago, in the reader's language, with the exact time on hover."""
    if moment is None:
        return ""
    if (clock.now() - moment).total_seconds() < 60:
        text = _("just now")
    else:
        text = _("%(duration)s ago") % {"duration": timesince(moment, clock.now(), depth=1)}
    return _time(moment, text, title=True)


@register.filter
def exactly(moment: date | None, form: str = EXACT) -> str:
    """The exact time or date, or a part of it: `form` is a format of Django's date filter."""
    return "" if moment is None else _time(moment, written(moment, form))


@register.filter
def how_long(start: datetime | None, end: datetime | None = None) -> str:
    """The time from `start` until `end`, or until now where there is no end: "3 days"."""
    if start is None:
        return ""
    end = end or clock.now()
    if (end - start).total_seconds() < 60:
        return _("less than a minute")
    return timesince(start, end, depth=1)


def written(moment: date, form: str) -> str:
    """A time or date in the reader's language. Some begin short months with a capital (Django's M), others not (b)."""
    if isinstance(moment, datetime) and timezone.is_aware(moment):
        moment = timezone.localtime(moment)
    form = form.replace("M", pgettext("a short month in dates: M for Nov, b for nov", "M"))
    return capfirst(date_format(moment, form))


def _time(moment: date, text: str, *, title: bool = False) -> SafeString:
    exact = format_html(' title="{}"', written(moment, EXACT)) if title else ""
    stamp = moment.isoformat(timespec="seconds") if isinstance(moment, datetime) else moment.isoformat()
    return format_html('<time datetime="{}"{}>{}</time>', stamp, exact, text)


@register.filter
def breakable(address: str) -> SafeString:
    """A mail address that breaks, where it must, before its @."""
    name, at, domain = address.partition("@")
    return format_html("{}<wbr>{}", name, at + domain)


# Pictures


@register.simple_tag
def category_icon(category: str, size: int = 24) -> SafeString:
    """A picture of a device's category; a plain box for the ones people have made up themselves."""
    name = category.strip().lower()
    if name in OURS:
        return render_to_string(f"icons/{name}.svg", {"size": size})
    return mark_safe(heroicon_outline(HEROICONS.get(name, "cube"), size=size))


# Forms


def _part(name: str, *args: Any) -> SafeString:
    """A part of velory/fields.html: drawn by Jinja2, as forms are much of what their pages cost."""
    macros: Any = get_template("velory/fields.html", using="jinja2")
    return SafeString(getattr(macros.template.module, name)(*args))


@register.simple_tag
def form_fields(form: BaseForm, pairs: bool = False, plain: bool = False) -> SafeString:
    """All fields of the form, and on top what is wrong; `pairs` stand in two columns where there is room. `plain` ones
    don't say which are optional."""
    return _part("fields", form, pairs, plain)


@register.simple_tag
def form_field(field: BoundField, plain: bool = False) -> SafeString:
    """One field."""
    return _part("one", field, plain)


@register.simple_tag
def field_notes(field: BoundField) -> SafeString:
    """What is wrong in a field, and its help, where the field itself stands in something else."""
    return _part("notes", field)


@register.simple_tag
def form_errors(form: BaseForm) -> SafeString:
    """What is wrong in the form; nothing where nothing is."""
    return _part("errors", form)


# Tables


@register.simple_tag(takes_context=True)
def sort_header(context: RequestContext, key: str, label: str, default: str = "", css: str = "") -> SafeString:
    """`sort_heading`, of the request that the page answers."""
    return sort_heading(context["request"], key, label, default, css)


def sort_heading(request: HttpRequest, key: str, label: str, default: str, css: str) -> SafeString:
    """A table heading that sorts by `key` on a click, and the other way round on the next.

    The order stands in the address as `?sort=key` or `?sort=-key`; `default` is the order where
    the address says none. htmx refreshes the element with the id "results", as the head of the table says.
    """
    now = request.GET.get("sort") or default
    state, arrow = SafeString(""), ""
    if now == key:
        state, arrow = SafeString(' aria-sort="ascending"'), heroicon_mini("chevron-up", size=14)
    elif now == f"-{key}":
        state, arrow = SafeString(' aria-sort="descending"'), heroicon_mini("chevron-down", size=14)
    query = request.GET.copy()
    query["sort"] = f"-{key}" if now == key else key
    query.pop("page", None)
    url = f"{request.path}?{query.urlencode()}"
    return format_html(
        '<th scope="col"{}{}><a href="{}">{}{}</a></th>',
        format_html(' class="{}"', css) if css else "",
        state,
        url,
        label,
        mark_safe(arrow),
    )


# The menu


class Place(NamedTuple):
    """All that the menu depends on. Whoever has the same has the same menu."""

    language: str | None
    view: str
    table: str
    company: str | None
    is_admin: bool
    colleagues_visible: bool
    repair_flow_on: bool
    counts: tuple[tuple[str, str], ...]


@register.simple_tag(takes_context=True)
def sidebar(context: RequestContext) -> SafeString:
    """The menu, drawn once for whoever sees the same: it stands on every page and seldom changes."""
    user, match = context["user"], context["request"].resolver_match
    company = getattr(user, "company", None)
    return _sidebar(
        Place(
            get_language(),
            match.view_name if match else "",
            match.kwargs.get("table", "") if match else "",
            company and company.name,
            company is not None and user.is_admin,
            company is not None and company.colleagues_visible,
            company is not None and company.repair_flow_on,
            tuple((name, str(total)) for name, total in (context.get("menu") or {}).items()),
        )
    )


@lru_cache(maxsize=500)
def _sidebar(place: Place) -> SafeString:
    drawn = render_to_string("_nav.html", {"place": place, "menu": dict(place.counts)})
    return SafeString("\n".join(filter(None, map(str.strip, drawn.splitlines()))))


@register.inclusion_tag("_nav_link.html", takes_context=True)
def nav_link(
    context: Context,
    view: str,
    label: str,
    icon: str = "",
    count: str | None = None,
    within: str = "",
    **kwargs: Any,
) -> dict[str, Any]:
    """A link of the menu, marked where it is the current page.

    `within` is how the names of views begin that belong to it: they mark it as their section.
    """
    place: Place = context["place"]
    current = ""
    if place.view == view and kwargs.get("table", "") in ("", place.table):
        current = "page"
    elif within and place.view.startswith(within):
        current = "true"
    return {"url": reverse(view, kwargs=kwargs), "label": label, "icon": icon, "count": count, "current": current}
