from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction

from accounts.scope import support
from accounts.sealed import Unreadable, reseal
from accounts.two_step import SECRETS


class Command(BaseCommand):
    """`manage.py reseal`: docs/operations.md."""

    help = (
        "Seals anew, with SECRET_KEY, whatever was sealed with a key of SECRET_KEY_FALLBACKS: the secrets of two-step "
        "sign-in and of single sign-on. Afterwards that key can go."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        sealed = unreadable = 0
        with support(), transaction.atomic():
            for name in self.resealed():
                if name is None:
                    sealed += 1
                else:
                    self.stderr.write(
                        f"{name} was sealed with a key that is neither in SECRET_KEY nor in its fallbacks."
                    )
                    unreadable += 1
        self.stdout.write(f"{sealed} secrets are sealed with SECRET_KEY.")
        if unreadable:
            raise CommandError(f"{unreadable} can't be read. With their key in SECRET_KEY_FALLBACKS, run it again.")

    def resealed(self) -> Iterator[str | None]:
        """For each secret None, or its name where it can't be read."""
        for factor in Authenticator.objects.filter(type__in=SECRETS).select_for_update():
            key = SECRETS[factor.type]
            try:
                factor.data[key] = reseal(factor.data[key])
            except Unreadable:
                yield f"{factor.type} of person {factor.user_id}"
            else:
                factor.save(update_fields=["data"])
                yield None
        for model, field in sealed_columns():
            for row in model._base_manager.exclude(**{field: ""}).select_for_update():
                try:
                    setattr(row, field, reseal(getattr(row, field)))
                except Unreadable:
                    yield f"{model._meta.verbose_name} {row.pk}"
                else:
                    row.save(update_fields=[field])
                    yield None


def sealed_columns() -> Iterator[tuple[type[models.Model], str]]:
    """The columns that hold something sealed. They are named so."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.name.startswith("sealed_"):
                yield model, field.name
