"""The company's audit log, for its admins."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.access import PersonRequest, admin_required
from accounts.chain import AuditWalk
from accounts.choosing import ChooseField
from accounts.keyset import MOST_COUNTED, KeysetPage, Order, Total
from accounts.models import AuditChain, AuditLine, Company
from accounts.models.audit import give_names
from accounts.wording import GROUPS

LINES, NEWEST_FIRST = 50, Order(("sequence",), is_down=True)
# A log of so many lines is verified whenever somebody looks at it, a longer one when they ask for it.
VERIFIED_AT_ONCE = 500


class AuditFilter(forms.Form):
    about = forms.ChoiceField(
        label=_("About"), required=False, choices=lambda: [("", _("Everything")), *GROUPS.items()]
    )
    person = ChooseField("everybody", label=_("Person"), required=False, empty_label=_("Everybody"))

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].offer(company)  # type: ignore[attr-defined]


@require_safe
@admin_required
def audit_log(request: PersonRequest) -> HttpResponse:
    """Who signed in, what admins changed, the newest first."""
    company = request.user.company
    filters = AuditFilter(request.GET, company=company)
    lines = AuditLine.objects.visible_to(request.user)
    asked = filters.cleaned_data if filters.is_valid() else {}
    if asked.get("about"):
        lines = lines.filter(kind__startswith=f"{asked['about']}_")
    if asked.get("person"):
        lines = lines.about(asked["person"])
    page = KeysetPage(lines, NEWEST_FIRST, LINES, request.GET.get("page", ""))
    give_names(page.object_list)
    context: dict[str, Any] = {"page": page, "filters": filters, "is_filtered": any(asked.values())}
    if page.has_other_pages:
        context["total"] = Total.of(lines, MOST_COUNTED)
    if request.htmx:
        return render(request, "accounts/_audit.html", context)
    head = AuditChain.objects.filter(company=company).first()
    if head is None or head.log_sequence <= VERIFIED_AT_ONCE or "verify" in request.GET:
        context |= {"verified_at": clock.now(), "fault": AuditWalk(company).first_fault()}
    return render(request, "accounts/audit.html", context)
