from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RepairsConfig(AppConfig):
    name = "repairs"
    verbose_name = _("Repairs")

    def ready(self) -> None:
        from . import bulk, erasing, pace, pages, receivers  # noqa: F401  (they connect themselves)
        from .importing import of_repairs  # noqa: F401  (likewise)
