"""Velory Support looks at one company at a time, for an hour, and says why: the reason stands in that company's audit
log."""

from datetime import datetime, timedelta

from django.http import HttpRequest

from . import clock
from .models import Company, User
from .models.audit import record

SESSION_KEY = "visit"
LASTS = timedelta(hours=1)


def begin(request: HttpRequest, company: Company, reason: str, *, by: User) -> None:
    """From now on, until another begins or this one ends, the Django admin shows this company's data."""
    record(company.pk, "support_visit", by=by, reason=reason)
    request.session[SESSION_KEY] = {"company": company.pk, "until": (clock.now() + LASTS).isoformat()}


def company_visited(request: HttpRequest) -> int | None:
    """The key of the company whose data is shown to this member of the support staff; None without a visit."""
    visit = request.session.get(SESSION_KEY)
    if visit is None or datetime.fromisoformat(visit["until"]) <= clock.now():
        return None
    return visit["company"]
