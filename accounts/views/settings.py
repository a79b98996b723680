from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import PersonRequest, admin_required
from accounts.forms import SettingsForm, posted
from accounts.kept import keeps_typed, refilled
from accounts.models import Company


@keeps_typed
@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def company_settings(request: PersonRequest) -> HttpResponse:
    """What a company decides for itself; its name, plan and repair flow are Velory Support's to change."""
    company = Company.objects.get(pk=request.user.company_id)
    form = SettingsForm(posted(request), instance=company, by=request.user)
    if form.is_valid() and form.saved():
        messages.success(request, _("The settings were saved."))
        return redirect("accounts:settings")
    context = {"form": refilled(form, request), "company": company, "support_contact": settings.SUPPORT_CONTACT}
    return render(request, "accounts/settings.html", context)
