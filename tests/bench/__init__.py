"""Scripts that measure and print. They run outside pytest, so Django is set up here."""

import django

django.setup()
