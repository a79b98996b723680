"""Where Velory Support says whose data it has to look at, and why."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import posted
from accounts.models import Company, User
from accounts.visits import begin, company_visited, end


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
    asked = request.GET.get("company") or company_visited(request)
    form = VisitForm(posted(request), initial={"company": asked})
    if form.is_valid():
        begin(request, **form.cleaned_data, by=cast(User, request.user))
        text = _("The visit has begun. Your reason stands in the audit log of %(company)s.")
        messages.success(request, text % {"company": form.cleaned_data["company"]})
        return redirect(address)
    context: dict[str, Any] = {**admin.site.each_context(request), "form": form, "title": _("Whose data, and why?")}
    return render(request, "admin/visit.html", context)


@require_POST
def end_visit(request: HttpRequest) -> HttpResponse:
    end(request)
    messages.success(request, _("The visit is over: you see no company's data."))
    return redirect("admin:index")
