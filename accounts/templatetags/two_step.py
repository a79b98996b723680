from django import template

from accounts.models import User
from accounts.two_step import needs_two_step

register = template.Library()


@register.filter
def must_use_two_step(person: User) -> bool:
    return needs_two_step(person)
