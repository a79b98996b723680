"""How form fields are drawn."""

from typing import Any

from django.forms import renderers
from django.template import TemplateDoesNotExist
from django.utils.functional import cached_property


class FormRenderer(renderers.Jinja2):
    """Django's own controls by its templates for Jinja2, which draws a list of choices several times as fast; what has
    none of those, such as the controls of the Django admin, by Django's engine."""

    @cached_property
    def _others(self) -> renderers.DjangoTemplates:
        return renderers.DjangoTemplates()

    def get_template(self, template_name: str) -> Any:
        try:
            return super().get_template(template_name)
        except TemplateDoesNotExist:
            return self._others.get_template(template_name)
