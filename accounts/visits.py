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


def end(request: HttpRequest) -> None:
    """From now on no company's data is shown."""
    request.session.pop(SESSION_KEY, None)


def company_visited(request: HttpRequest) -> int | None:
    """The key of the company whose data is shown to this member of the support staff; None without a visit."""
    visit = request.session.get(SESSION_KEY)
    return visit["company"] if visit is not None and _until(visit) > clock.now() else None


def visit_now(request: HttpRequest) -> tuple[Company, datetime] | None:
    """Whose data is shown, and until when; None without a visit."""
    key = company_visited(request)
    company = Company.objects.filter(pk=key).first() if key is not None else None
    return (company, _until(request.session[SESSION_KEY])) if company is not None else None


def _until(visit: dict[str, str]) -> datetime:
    return datetime.fromisoformat(visit["until"])
