"""What the statuses and types of other registers mean, as a proposal for somebody to look at."""

from devices.importing.choices import LEFT_OUT
from repairs.models import Repair

Outcome = Repair.Outcome

# In lower case. Any other status is not imported: it may be that of a repair that goes on.
_STATUSES = {
    **dict.fromkeys(
        ("complete", "completed", "closed", "done", "finished", "fixed", "repaired", "resolved", "returned"),
        Outcome.REPAIRED,
    ),
    **dict.fromkeys(
        ("beyond repair", "disposed", "not repairable", "recycled", "scrapped", "unrepairable", "written off"),
        Outcome.RECYCLED,
    ),
    **dict.fromkeys(("exchanged", "replaced", "swapped"), Outcome.REPLACED),
    **dict.fromkeys(("no fault found", "not needed"), Outcome.NOT_NEEDED),
}
# Types of maintenance in which nothing was repaired; any other type was a repair.
_NO_REPAIRS = {"calibration", "configuration change", "license", "pat test", "software support", "upgrade"}


def likely_outcome(text: str, *, is_type: bool = False) -> str:
    """The outcome of a repair of this status, or of this type where the list has no statuses."""
    known = text.casefold()
    if is_type:
        return LEFT_OUT if known in _NO_REPAIRS else str(Outcome.REPAIRED)
    return str(_STATUSES.get(known, LEFT_OUT))
