from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Companies and people")

    def ready(self) -> None:
        # Some connect or register themselves.
        from . import factors, lifetime, middleware, receivers, search_index, signing, sqlite, walls  # noqa: F401

        user_logged_in.connect(middleware.remember_company, dispatch_uid="accounts.middleware.remember_company")
        user_logged_in.connect(lifetime.remember_beginning, dispatch_uid="accounts.lifetime.remember_beginning")

        connection_created.connect(sqlite.teach, dispatch_uid="accounts.sqlite.teach")
        pre_migrate.connect(walls.before_migrate, sender=self)
        post_migrate.connect(walls.after_migrate, sender=self)
        post_migrate.connect(search_index.after_migrate, sender=self)
