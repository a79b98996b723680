"""Lists that are known by their headers. Where one is, its columns are chosen by themselves."""

from collections.abc import Mapping, Sequence

from accounts.importing.columns import header_key

# The headers, as `header_key` has them, that tell a list from all others. The first that fits.
SHAPES = {
    "Velory": {"serial number", "holder email", "warranty ends"},
    "Snipe-IT, list export": {"asset tag", "checked out to", "checkouts"},
    "Snipe-IT, import template": {"asset tag", "checkout type", "checked out to email"},
    "Snipe-IT, custom report": {"asset tag", "checked out", "model no"},
    "Microsoft Intune (Entra)": {"serial number", "primary user upn", "microsoft entra device id"},
    "Microsoft Intune (Azure AD)": {"serial number", "primary user upn", "azure ad device id"},
    "Jamf, MUT computers": {"computer serial", "display name", "po number"},
    "Jamf, MUT mobile devices": {"mobile device serial", "display name", "po number"},
    "Jamf, search of computers": {"computer name", "serial number", "jamf pro computer id"},
    "Jamf, search of mobile devices": {"display name", "serial number", "jamf pro mobile device id"},
    "GLPI": {"name", "serial number", "manufacturers"},
}
# Lists of people, which no page imports.
PEOPLE = {"Snipe-IT, list of people": {"first name", "last name", "email", "username", "activated"}}


def shape_of(headers: Sequence[str], shapes: Mapping[str, set[str]]) -> str:
    """The name of the shape; blank for one that isn't known."""
    known = set(map(header_key, headers))
    return next((name for name, wanted in shapes.items() if wanted <= known), "")
