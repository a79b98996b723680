from django.apps import AppConfig, apps
from django.core.management import call_command
from django.db.models.signals import post_migrate


class VeloryConfig(AppConfig):
    """The wiring: settings, URLs, middleware and the commands that run the whole."""

    name = "velory"
    verbose_name = "Velory"

    def ready(self):
        # An app without models gets no post_migrate of its own, so we ride on that of accounts, whose receiver comes
        # next: it gives the roles their rights to this table, too.
        post_migrate.connect(make_cache_table, sender=apps.get_app_config("accounts"))


def make_cache_table(using, **kwargs):
    """The shared cache's table is there after every `migrate`: one command fewer to forget."""
    call_command("createcachetable", database=using, verbosity=0)
