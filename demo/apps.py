from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DemoConfig(AppConfig):
    """Companies to try Velory with. Installed only where DEMO is set."""

    name = "demo"
    verbose_name = _("Demo")
