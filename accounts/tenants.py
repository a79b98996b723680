"""Everything that belongs to a company, found by asking the models, so that a new one can't be forgotten."""

from collections.abc import Iterator

from django.apps import apps
from django.db import models

from .models import Company


def tenant_models() -> list[type[models.Model]]:
    """The models whose rows name their company, in the order of the apps; Company itself first."""
    return [Company, *(model for model in apps.get_models(include_auto_created=True) if names_company(model))]


def hanging_models() -> dict[type[models.Model], "models.ForeignKey"]:
    """The models whose rows name no company but something that does, such as a person's second factor, each with the
    key to it. What hangs on another of these comes before it."""
    known = set(tenant_models())
    found: dict[type[models.Model], models.ForeignKey] = {}
    while more := {
        model: field
        for model in apps.get_models(include_auto_created=True)
        if model not in known
        for field in _keys(model)
        if field.related_model in known
    }:
        known |= more.keys()
        found = {**more, **found}
    return found


def names_company(model: type[models.Model]) -> bool:
    """Whether each of its rows says whose it is."""
    return any(field.name == "company" and field.related_model is Company for field in _keys(model))


def _keys(model: type[models.Model]) -> Iterator["models.ForeignKey"]:
    if not model._meta.proxy and model._meta.managed:
        yield from (field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey))
