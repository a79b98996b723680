"""What somebody decides about a list before it is imported."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from accounts.importing.columns import header_key
from devices.models import Device, Import

from .values import DateOrder

# The column that a list of refused rows has behind its own, in English as every export. It is no part of the list.
REASON = "Why it was refused"


@dataclass(frozen=True)
class Choices:
    """Decisions for one list. `fields` gives the field of each column, None what the headers say; `statuses` the status
    of each text in the column for it."""

    fields: Sequence[str] | None = None
    dates: DateOrder | None = None
    emptied: Sequence[str] = ()
    statuses: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, batch: Import) -> "Choices":
        """What was decided for this import."""
        dates = DateOrder(batch.dates) if batch.dates else None
        return cls(batch.fields, dates, batch.emptied, batch.statuses)


def headers_key(headers: Sequence[str]) -> str:
    """Tells lists apart by their headers, whatever the letter case and punctuation in them."""
    own = [header_key(header) for header in headers if header != REASON]
    return hashlib.sha256("\n".join(own).encode()).hexdigest()


# Beside a text for statuses, in place of a status: such rows are left out.
LEFT_OUT = "left_out"

# What texts of other registers mean, in lower case; everything else is Active.
_MEANINGS = {
    "out for repair": Device.Status.IN_REPAIR,
    "out for diagnostics": Device.Status.IN_REPAIR,
    "in repair": Device.Status.IN_REPAIR,
    "being repaired": Device.Status.IN_REPAIR,
    "under maintenance": Device.Status.IN_REPAIR,
    "active - needs repair": Device.Status.NEEDS_REPAIR,
    "needs repair": Device.Status.NEEDS_REPAIR,
    "broken": Device.Status.NEEDS_REPAIR,
    **dict.fromkeys(
        ("archived", "recycled (archived)", "lost/stolen", "broken - not fixable", "retired", "disposed", "sold"),
        LEFT_OUT,
    ),
}


def likely_statuses(texts: Iterable[str]) -> dict[str, str]:
    """The status of each of these texts, as a proposal for somebody to look at; blank for Active."""
    return {text: str(_MEANINGS.get(text.casefold(), "")) for text in texts}
