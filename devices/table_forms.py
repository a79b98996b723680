"""What people choose about a table: its columns and density, and filters that they keep."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from .models import SavedFilter
from .tables import Table


class ColumnsForm(forms.Form):
    """Which columns a table has, and how close its rows stand."""

    columns = forms.MultipleChoiceField(
        label=_("Columns"),
        help_text=_("The device itself always stands first."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    density = forms.ChoiceField(
        label=_("Rows"),
        help_text=_("For all tables of hardware."),
        choices=[("comfortable", _("Comfortable")), ("compact", _("Compact"))],
        widget=forms.RadioSelect,
    )

    def __init__(self, data: QueryDict | None, *, table: Table) -> None:
        shown = [column.slug for column in table.columns]
        initial = {"columns": shown, "density": "compact" if table.is_compact else "comfortable"}
        super().__init__(data, initial=initial)
        self._standard = {column.slug for column in table.offered if column.is_standard} - {"name"}
        field: Any = self.fields["columns"]
        field.choices = [(column.slug, column.heading) for column in table.offered if column.slug != "name"]

    @property
    def chosen(self) -> list[str] | None:
        """The columns; None where they are the standard ones."""
        chosen = self.cleaned_data["columns"]
        return None if set(chosen) == self._standard else chosen

    @property
    def is_compact(self) -> bool:
        return self.cleaned_data["density"] == "compact"


class NameForm(forms.Form):
    """The name of a saved filter."""

    name = SavedFilter._meta.get_field("name").formfield(label=_("Name"))

    def refuse_taken(self) -> None:
        self.add_error("name", _("There is a saved filter with this name already."))


class SaveFilterForm(NameForm):
    """A name for what a table shows, and for whom."""

    shared = forms.ChoiceField(
        label=_("Who sees it"),
        choices=[("", _("Only me")), ("company", _("Every IT admin of the company"))],
        required=False,
        widget=forms.RadioSelect,
    )
    replace = forms.BooleanField(label=_("Replace it"), required=False, widget=forms.HiddenInput)

    def clean_shared(self) -> bool:
        return self.cleaned_data["shared"] == "company"

    def refuse_taken(self) -> None:
        """Ask whether it shall take the place of the other."""
        self.add_error("name", _("There is a saved filter with this name already. Choose another name, or replace it."))
        self.fields["replace"].widget = forms.CheckboxInput()
