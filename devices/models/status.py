from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """Where a device stands. Only the transitions of Device change it."""

    ACTIVE = "active", _("Active")
    NEEDS_REPAIR = "needs_repair", _("Active - needs repair")
    IN_REPAIR = "in_repair", _("In repair")
    RECYCLED = "recycled", _("Recycled (archived)")
