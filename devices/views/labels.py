"""Labels for the devices of a table, ready to be printed."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest, admin_required
from devices.labels import SHEETS, Sheet, code_of, sheets_of
from devices.tables import TABLES, HardwareFilter

# More would take longer to draw than anybody waits for a page.
MOST = 500


class SheetForm(forms.Form):
    """On which sheet, and where it begins: a sheet is seldom used up at once."""

    sheet = forms.ChoiceField(
        label=gettext_lazy("Sheet"), choices=[(sheet.slug, sheet.name) for sheet in SHEETS.values()], required=False
    )
    first = forms.IntegerField(label=gettext_lazy("First free label, row by row"), min_value=1, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        sheet, first = self.chosen
        if first > sheet.labels:
            text = ngettext("This sheet has %(count)d label.", "This sheet has %(count)d labels.", sheet.labels)
            raise ValidationError({"first": text % {"count": sheet.labels}})
        return cleaned

    @property
    def chosen(self) -> tuple[Sheet, int]:
        """The sheet, and the first position on it."""
        cleaned = self.cleaned_data
        return SHEETS[cleaned.get("sheet") or next(iter(SHEETS))], cleaned.get("first") or 1


@require_safe
@admin_required
def labels(request: PersonRequest, table: str) -> HttpResponse:
    """For what the table shows, over all its pages, or for the devices that the address names."""
    if table not in TABLES:
        raise Http404
    form = SheetForm({"sheet": "l7160", "first": "1"} | request.GET.dict())
    devices = HardwareFilter(TABLES[table], request).qs.order_by("name_key", "pk")
    found = list(devices.only("name", "serial_number", "asset_tag")[: MOST + 1])
    shown = [(device, code_of(request.build_absolute_uri(device.get_absolute_url()))) for device in found[:MOST]]
    context = {
        "form": form,
        "table": TABLES[table],
        "count": len(shown),
        # What else the address says: filters, or which devices.
        "kept": [(name, value) for name, values in request.GET.lists() if name not in form.fields for value in values],
    }
    if len(found) > MOST:
        text = _("Only the first %(most)d devices are on these sheets. Filter the table further.")
        context["too_many"] = text % {"most": MOST}
    if form.is_valid():
        sheet, first = form.chosen
        context |= {"sheet": sheet, "sheets": sheets_of(shown, sheet, first)}
        context["paper"] = static(f"css/labels-{sheet.paper}.css")
    return render(request, "devices/labels.html", context)
