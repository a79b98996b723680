"""A person is erased: their name in the logs, and what they wrote about devices."""

from typing import Any
from urllib.parse import parse_qsl

from django.dispatch import receiver

from accounts.batches import batched
from accounts.models import User
from accounts.signals import erasing

from .models import Event, Nameplate, Note, SavedFilter

# Kinds of lines in which somebody's own words stand.
WRITTEN = ("late_entry", "correction")


@receiver(erasing)
def forget_in_logs(subject: User, **kwargs: Any) -> None:
    """Blank their plates and those of the texts that they wrote. The keys stay, so every chain holds."""
    plates = Nameplate.objects.filter(company=subject.company).exclude(salt="")
    theirs = Nameplate.objects.filter(company=subject.company, kind=Nameplate.Kind.USER, reference=subject.pk).values(
        "pk"
    )
    lines = Event.objects.filter(company=subject.company, kind__in=WRITTEN, actor__in=theirs)
    texts = [details["text"] for details in lines.values_list("details", flat=True)]
    for some in batched(texts, 500):
        plates.filter(kind=Nameplate.Kind.TEXT, pk__in=some).update(name="", salt="")
    plates.filter(kind=Nameplate.Kind.USER, reference=subject.pk).update(name="", salt="")


@receiver(erasing)
def forget_filters(subject: User, **kwargs: Any) -> None:
    """Their own go with their account; of the company's, those that look for them by name or address."""
    names = {subject.full_name.casefold(), subject.email.casefold()}
    for kept in SavedFilter.objects.filter(company=subject.company):
        if any(name in value.casefold() for _field, value in parse_qsl(kept.query) for name in names):
            kept.delete()


@receiver(erasing)
def forget_notes(subject: User, **kwargs: Any) -> None:
    """What they noted goes; that they noted something stays."""
    Note.objects.filter(company=subject.company, author=subject).update(text="")
