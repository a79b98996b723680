"""Small parts of every page: times, durations, category pictures, sortable headings, the menu."""

from datetime import date, datetime
from typing import Any

from django import template
from django.template.context import Context, RequestContext
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from heroicons.templatetags.heroicons import heroicon_mini, heroicon_outline

from accounts import clock

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
    return "" if moment is None else _time(moment, _written(moment, form))


@register.filter
def how_long(start: datetime | None, end: datetime | None = None) -> str:
    """The time from `start` until `end`, or until now where there is no end: "3 days"."""
    if start is None:
        return ""
    end = end or clock.now()
    if (end - start).total_seconds() < 60:
        return _("less than a minute")
    return timesince(start, end, depth=1)


def _written(moment: date, form: str) -> str:
    """In the reader's language. Some begin short months with a capital (Django's M), some don't (its b)."""
    if isinstance(moment, datetime) and timezone.is_aware(moment):
        moment = timezone.localtime(moment)
    form = form.replace("M", pgettext("a short month in dates: M for Nov, b for nov", "M"))
    return capfirst(date_format(moment, form))


def _time(moment: date, text: str, *, title: bool = False) -> SafeString:
    exact = format_html(' title="{}"', _written(moment, EXACT)) if title else ""
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


# Tables


@register.simple_tag(takes_context=True)
def sort_header(context: RequestContext, key: str, label: str, default: str = "", css: str = "") -> SafeString:
    """A table heading that sorts by `key` on a click, and the other way round on the next.

    The order stands in the address as `?sort=key` or `?sort=-key`; `default` is the order where
    the address says none. htmx refreshes the element with the id "results".
    """
    request = context["request"]
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
        '<th scope="col"{}{}><a href="{}" hx-get="{}" hx-target="#results" hx-push-url="true">{}{}</a></th>',
        format_html(' class="{}"', css) if css else "",
        state,
        url,
        url,
        label,
        mark_safe(arrow),
    )


# The menu


@register.inclusion_tag("_nav_link.html", takes_context=True)
def nav_link(
    context: Context,
    view: str,
    label: str,
    icon: str = "",
    count: int | None = None,
    within: str = "",
    **kwargs: Any,
) -> dict[str, Any]:
    """A link of the menu, marked where it is the current page.

    `within` is how the names of views begin that belong to it: they mark it as their section.
    """
    match = getattr(context.get("request"), "resolver_match", None)
    current = ""
    if match and match.view_name == view and kwargs.items() <= match.kwargs.items():
        current = "page"
    elif match and within and match.view_name.startswith(within):
        current = "true"
    url = reverse(view, kwargs=kwargs)
    return {"url": url, "label": label, "icon": icon, "count": count, "current": current}
