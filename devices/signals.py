"""What devices announces beside django-fsm's own signals. It knows no repairs: repairs listens."""

from django.dispatch import Signal

# Inside the transaction, after a device was given to somebody: `device`, `to`, `by`, `facts`.
assigned = Signal()

# A move was tried: `verb`, and `outcome`: done, refused, forbidden or failed. Counts only; a receiver changes nothing.
move_tried = Signal()

# A device page is put together: `device`, `user`. Receivers return a dict for the template.
device_page = Signal()

# A table or list of devices is put together: `devices` (a list), `user`. Receivers set what a row shows of theirs:
# `device.remark`, a text, and whatever their own templates look for.
devices_listed = Signal()

# My devices is put together: `user`. Receivers return a dict for the template.
my_devices = Signal()

# An import is about to register a device in another status than Active: `device`, which isn't stored yet, and `by`.
# Receivers return the kinds of lines that belong into its log behind the first.
device_registering = Signal()

# Inside the transaction, behind it: `devices`, those that came in another status than Active, and `by`.
devices_registered = Signal()

# Inside the transaction, before devices are deleted for good, which undoing an import alone does: `company_id`, `keys`.
# Receivers delete what hangs on them.
devices_going = Signal()

# A table is put together in which a device may stand out: `company_id`. Receivers return, by status, an expression that
# says how many seconds nine of ten devices stood in it at most.
paces_wanted = Signal()
