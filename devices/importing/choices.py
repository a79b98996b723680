"""What somebody decides about a list before it is imported."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from accounts.importing.columns import header_key
from devices.models import Device, Import

from .values import DateOrder

# The column that a list of refused rows has behind its own, in English as every export. There it is no part of the
# list; where somebody has moved it, the list is another one.
REASON = "Why it was refused"


@dataclass(frozen=True)
class Choices:
    """Decisions for one list. `fields` gives the field of each column, None what the headers say; `statuses` the status
    of each text in the column for it, None where that column isn't used."""

    fields: Sequence[str] | None = None
    dates: DateOrder | None = None
    emptied: Sequence[str] = ()
    statuses: Mapping[str, str] | None = None

    @classmethod
    def of(cls, batch: Import) -> "Choices":
        """What was decided for this import."""
        dates = DateOrder(batch.dates) if batch.dates else None
        return cls(batch.fields, dates, batch.emptied, batch.statuses)

    @cached_property
    def meanings(self) -> dict[str, str]:
        """`statuses` by the texts as they are compared: letter case doesn't matter."""
        return {text.casefold(): meaning for text, meaning in (self.statuses or {}).items()}


def headers_key(headers: Sequence[str]) -> str:
    """Tells lists apart by their headers, whatever the letter case and punctuation in them."""
    own = "\n".join(map(header_key, own_headers(headers)))
    return hashlib.sha256(own.encode()).hexdigest()


def own_headers(headers: Sequence[str]) -> Sequence[str]:
    """Without the column of reasons behind them."""
    return headers[:-1] if headers[-1:] == [REASON] else headers


# Beside a text for statuses, in place of a status: such rows are left out.
LEFT_OUT = "left_out"

# What texts of other registers mean, in lower case, blank for Active. Of any other text nobody knows whether its
# devices are in use, or work at all.
_MEANINGS = {
    **dict.fromkeys(
        ("active", "assigned", "available", "checked out", "deployable", "deployed", "in production", "in service",
         "in stock", "in storage", "in use", "issued", "lent", "new", "ok", "operational", "pending", "ready",
         "ready to deploy", "reserved", "spare", "stock", "working",
         "aktiv", "i bruk", "i drift", "ny", "på lager", "reserv", "tilldelad", "tillgänglig", "utlånad", "utlämnad"),
        "",
    ),
    **dict.fromkeys(
        ("out for repair", "out for diagnostics", "in repair", "being repaired", "under maintenance", "under repair",
         "på reparation", "under reparation"),
        Device.Status.IN_REPAIR,
    ),
    **dict.fromkeys(
        ("active - needs repair", "needs repair", "broken", "defective", "aktiv - behöver repareras",
         "behöver repareras", "trasig"),
        Device.Status.NEEDS_REPAIR,
    ),
}  # fmt: skip


def likely_status(text: str, *, repair_flow_on: bool) -> str:
    """The status of this text, as a proposal for somebody to look at; blank for Active. What isn't known is not
    imported, nor is what is to be repaired where there is no flow for it: it would come in as if it worked."""
    meaning = _MEANINGS.get(text.casefold(), LEFT_OUT)
    return str(meaning) if repair_flow_on or not meaning else LEFT_OUT
