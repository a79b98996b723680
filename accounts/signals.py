"""What accounts announces. It knows no devices: whoever does listens here."""

from django.dispatch import Signal

# Sent with `subject`, a person, space or payor: receivers return the list of things that hang on it.
holdings_wanted = Signal()

# Sent inside the transaction with `subject` (a person or space) and `by`: receivers take everything out of its hands,
# or raise Refused.
releasing = Signal()

# Sent inside the transaction with `subject`, a person who is being erased: receivers blank whatever names them.
erasing = Signal()
