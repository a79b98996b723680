"""The headers under which the facts of a past repair are known: maintenances of Snipe-IT, work orders of a maintenance
system, sheets kept by hand, and our own. As `accounts.importing.columns.header_key` compares them."""

from django.utils.translation import gettext_lazy as _

ALIASES = {
    # Which device
    "serial_number": ["serial number", "serial", "serial no", "serial num", "asset serial", "device serial"],
    "asset_tag": ["asset tag", "tag", "asset number", "inventory number"],
    "device": ["device", "device name", "asset", "asset name", "computer name", "equipment"],
    # What was done
    "reference": ["reference", "id", "work order", "work order id", "work order number", "wo number", "number",
        "ticket", "ticket id", "ticket number", "repair id", "maintenance id", "case number"],
    "title": ["title", "name", "summary", "subject", "repair", "what was done"],
    "description": ["description", "details", "problem", "issue", "fault", "notes", "note", "comment", "comments"],
    "feedback": ["feedback", "resolution", "solution", "closing notes", "completion notes"],
    "type": ["type", "asset maintenance type", "maintenance type", "repair type", "work order type", "category"],
    "supplier": ["supplier", "vendor", "service provider", "contractor", "contractors", "repair shop"],
    "cost": ["cost", "costs", "total cost", "repair cost", "price", "amount"],
    # How it ended
    "status": ["status", "state", "work order status", "repair status", "outcome"],
    # When
    "reported_on": ["reported on", "reported", "date reported", "requested on", "request date", "created", "created on",
        "created at", "opened", "opened on", "opened at"],
    "started_on": ["started on", "start date", "started", "date started", "taken in", "taken in on", "repair date",
        "date", "sent on", "in repair since"],
    "completed_on": ["completed on", "completion date", "completed", "completed at", "date completed", "end date",
        "closed", "closed on", "closed at", "finished on", "resolved on", "returned on"],
    # Who
    "reporter": ["reported by", "reporter", "requested by", "requester", "primary user"],
    "technician": ["technician", "assigned to", "repair assignee", "assignee", "repaired by"],
    "completed_by": ["completed by", "closed by", "finished by"],
}  # fmt: skip

# What they are called on the page on which somebody chooses.
LABELS = {
    "serial_number": _("Device: serial number"),
    "asset_tag": _("Device: asset tag"),
    "device": _("Device: name, serial number or asset tag"),
    "reference": _("Reference: its number in the list"),
    "title": _("Title"),
    "description": _("What is wrong?"),
    "feedback": _("What was done"),
    "type": _("Type"),
    "supplier": _("Supplier"),
    "cost": _("Cost"),
    "status": _("Status"),
    "reported_on": _("Reported on"),
    "started_on": _("Began on"),
    "completed_on": _("Ended on"),
    "reporter": _("Reported by: email or name"),
    "technician": _("Repaired by: email or name"),
    "completed_by": _("Closed by: email or name"),
}

# The headers that tell a list from all others.
SHAPES = {
    "Velory": {"serial number", "reference", "started on", "completed on"},
    "Snipe-IT, maintenance report": {"asset tag", "asset maintenance type", "start date", "completion date"},
    "Snipe-IT, list of maintenances": {"asset tag", "maintenance type", "start date", "completion date"},
    "Atlas CMMS, work orders": {"title", "status", "asset name", "completed by", "completed on"},
}

# Velory's own list, to be filled in.
TEMPLATE = {
    "Serial number": "EXAMPLE-0001",
    "Asset tag": "",
    "Reference": "WO-1",
    "Title": "Screen replaced",
    "Description": "Delete this row",
    "Supplier": "Hardware store",
    "Cost": "249.00",
    "Status": "Repaired",
    "Reported on": "2025-01-30",
    "Started on": "2025-01-31",
    "Completed on": "2025-02-14",
    "Reported by": "alex@company.example",
    "Repaired by": "sam@company.example",
}
