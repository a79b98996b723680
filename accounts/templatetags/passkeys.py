import json
from typing import Any

from django import template

register = template.Library()


@register.filter
def as_json(data: Any) -> str:
    """For an attribute, which escapes it: our policy allows no script within the page, not even one that holds data."""
    return json.dumps(data)
