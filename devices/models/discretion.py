"""What of a device is no business of an employee's: neither on its page (templates/devices/_facts.html) nor in its
log."""

# Fields that say what it cost, and where it came from.
FIELDS = ("supplier", "order_number", "purchase_cost")

# Kinds of lines: what an admin wrote, which may be about anybody, and who pays.
LINES = ("note_added", "late_entry", "correction", "payor_changed")
