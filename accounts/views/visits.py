"""Where Velory Support says whose data it has to look at, and why."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.forms import posted
from accounts.models import Company, User
from accounts.visits import begin


class VisitForm(forms.Form):
    company = forms.ModelChoiceField(Company.objects.all(), label=gettext_lazy("Company"))
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=forms.TextInput(attrs={"size": 80}),
        help_text=gettext_lazy("Such as the number of their request. The company's IT admins read it."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def visit(request: HttpRequest) -> HttpResponse:
    """Choose the company and give the reason; then on to what was to be looked at."""
    address = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        address = reverse("admin:index")
    form = VisitForm(posted(request), initial={"company": request.GET.get("company")})
    if form.is_valid():
        begin(request, **form.cleaned_data, by=cast(User, request.user))
        return redirect(address)
    context: dict[str, Any] = {**admin.site.each_context(request), "form": form, "title": _("Whose data, and why?")}
    return render(request, "admin/visit.html", context)
