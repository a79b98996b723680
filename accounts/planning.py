"""When PostgreSQL may keep the plan of a statement that a connection asks for again and again.

Under row level security it plans for longer than it reads what has a key. A plan that is kept was made for no values in
particular, though: right for a device and its repairs, and very wrong for a filter, as one payor has ten devices and
the next half a million. So statements are planned for their very values, unless the view says `plan_once`. And what
differs most, the company, always stands in the statement itself (`CompanyExact`): plans are kept for each company.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import ForeignKey
from django.db.models.fields.related_lookups import RelatedExact
from django.http import HttpRequest
from django.urls import Resolver404, resolve

from .models import Company

# PostgreSQL's setting: it chooses itself, and keeps no plan.
SETTING, KEPT, FOR_VALUES = "plan_cache_mode", "auto", "force_custom_plan"
# What the query of an address may say of order and place.
ALLOWED = {"sort", "page"}

View = TypeVar("View", bound=Callable[..., Any])


def plan_once(view: View) -> View:
    """Decorator of a view, below those that decide who may open it: what it finds, it finds by keys, or all of a
    company in the order of an index. `ALLOWED` may stand in the query of its address; anything else is a filter."""
    view.plans_once = True  # type: ignore[attr-defined]
    return view


def mode_for(request: HttpRequest) -> str:
    """What the setting is for this request."""
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return FOR_VALUES
    return KEPT if getattr(view, "plans_once", False) and ALLOWED.issuperset(request.GET) else FOR_VALUES


@ForeignKey.register_lookup
class CompanyExact(RelatedExact):
    """`company_id = 7` with the number itself in the statement. Any other key is sent beside it, as Django does."""

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        sql, params = super().process_rhs(compiler, connection)
        is_company = getattr(self.lhs.output_field, "related_model", None) is Company
        return (str(int(params[0])), ()) if is_company and sql == "%s" else (sql, params)
