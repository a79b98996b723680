"""What of a device is no business of an employee's: neither on its page (templates/devices/_facts.html) nor in its
log."""

# Fields that say what it cost, and where it came from.
FIELDS = ("supplier", "order_number", "purchase_cost")

# Kinds of lines: notes, and who pays.
LINES = ("note_added", "payor_changed")
