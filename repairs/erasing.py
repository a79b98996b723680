"""A person is erased: what they said when they asked for a repair."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import erasing

from .models import Repair


@receiver(erasing)
def forget_descriptions(subject: User, **kwargs: Any) -> None:
    """The problem that they chose from the list stays: it is about the device."""
    Repair.objects.filter(company=subject.company, reporter=subject).update(description="")
