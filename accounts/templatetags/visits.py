from typing import Any

from django import template
from django.template.context import Context

from accounts.visits import visit_now

register = template.Library()


@register.inclusion_tag("admin/_visit_bar.html", takes_context=True)
def visit_bar(context: Context) -> dict[str, Any]:
    """On every page of the Django admin: whose data support sees, and until when."""
    request = context["request"]
    visit = visit_now(request) if request.user.is_authenticated and request.user.is_staff else None
    company, until = visit or (None, None)
    return {"company": company, "until": until, "csrf_token": context.get("csrf_token")}
