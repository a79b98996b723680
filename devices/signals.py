"""What devices announces beside django-fsm's own signals. It knows no repairs: repairs listens."""

from django.dispatch import Signal

# Inside the transaction, after a device was given to somebody: `device`, `to`, `by`, `facts`.
assigned = Signal()

# A device page is put together: `device`, `user`. Receivers return a dict for the template.
device_page = Signal()
