"""Labels for devices: the sheets that they are printed on, and the QR code that leads to the device's page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.batches import batched
from accounts.qr import qr_path

T = TypeVar("T")

# Modules of white around a code; the label's own margin is white, too.
QUIET = 2


@dataclass(frozen=True)
class Sheet:
    """A sheet of labels. Its measures stand in static/css/labels.css, under its slug; those of its paper in a sheet of
    their own beside it."""

    slug: str
    name: str | Promise
    labels: int
    paper: str = "a4"


SHEETS = {
    sheet.slug: sheet
    for sheet in (
        Sheet("l7160", _("Avery L7160: A4, 3 × 7, 63.5 × 38.1 mm"), 21),
        Sheet("l7159", _("Avery L7159: A4, 3 × 8, 63.5 × 33.9 mm"), 24),
        Sheet("l7163", _("Avery L7163: A4, 2 × 7, 99.1 × 38.1 mm"), 14),
        Sheet("l7651", _("Avery L7651: A4, 5 × 13, 38.1 × 21.2 mm"), 65),
        Sheet("5160", _("Avery 5160: Letter, 3 × 10, 2.625 × 1 in"), 30, "letter"),
        Sheet("5163", _("Avery 5163: Letter, 2 × 5, 4 × 2 in"), 10, "letter"),
        Sheet("99012", _("Dymo 99012: a roll, 89 × 36 mm"), 1, "roll"),
    )
}


def sheets_of(things: Iterable[T], sheet: Sheet, first: int) -> list[Sequence[T | None]]:
    """The things on their sheets; None where a label was used before, which is before position `first` (from 1)."""
    used: list[T | None] = [None] * (first - 1)
    return list(batched([*used, *things], sheet.labels))


def code_of(address: str) -> SafeString:
    """The code that leads to this address, as a picture (SVG)."""
    width, path = qr_path(address, quiet=QUIET, mask=2)
    return format_html(
        '<svg class="label__code" viewBox="0 0 {0} {0}" aria-hidden="true"><path d="{1}"/></svg>', width, path
    )
