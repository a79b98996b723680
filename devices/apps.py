from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class DevicesConfig(AppConfig):
    name = "devices"
    verbose_name = _("Devices")

    def ready(self) -> None:
        from . import alike, erasing, receivers, renaming, search_index, statistics  # noqa: F401  (some connect themselves)
        from .bulk import own  # noqa: F401  (likewise)
        from .bulk import tidying as bulk_tidying  # noqa: F401
        from .bulk import work as bulk_work  # noqa: F401
        from .importing import of_devices, tidying, work  # noqa: F401

        pre_migrate.connect(search_index.before_migrate, sender=self)
        post_migrate.connect(search_index.after_migrate, sender=self)
        post_migrate.connect(alike.after_migrate, sender=self)
        post_migrate.connect(statistics.after_migrate, sender=self)
