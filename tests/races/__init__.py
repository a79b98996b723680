"""Runs outside pytest, too, so Django is set up here."""

import django

django.setup()
