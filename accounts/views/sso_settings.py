"""Settings → Single sign-on: the company's provider, and the domains that lead to it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import PersonRequest, admin_required
from accounts.forms import posted
from accounts.models import Domain, SingleSignOn
from accounts.models.closable import Refused
from accounts.sso.domains import remove
from accounts.sso.forms import DomainForm, SingleSignOnForm
from accounts.sso.proof import NameServerAway, is_published
from accounts.sso.provider import Provider, ProviderProblem


def callback_address(request: HttpRequest) -> str:
    """Where a provider sends people back to; the same for every company."""
    return request.build_absolute_uri(reverse("accounts:sso_callback"))


@sensitive_post_parameters("client_secret")
@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def sso_settings(request: PersonRequest) -> HttpResponse:
    sso = _of_company(request)
    form = SingleSignOnForm(posted(request), instance=sso, by=request.user)
    if form.is_valid() and form.saved():
        messages.success(request, _("The settings were saved."))
        return redirect("accounts:sso")
    return _page(request, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def domain_new(request: PersonRequest) -> HttpResponse:
    """Add a domain, to be proved."""
    if request.method != "POST":
        return redirect("accounts:sso")
    form = DomainForm(request.POST, instance=Domain(company=request.user.company), by=request.user)
    if form.is_valid() and form.saved():
        messages.success(request, _("%(domain)s was added. Now prove that it is yours.") % {"domain": form.instance})
        return redirect("accounts:sso")
    return _page(request, domain_form=form)


@require_POST
@admin_required
def domain_check(request: PersonRequest, pk: int) -> HttpResponse:
    """Look whether the domain has the record that proves it."""
    domain = get_object_or_404(request.user.company.domains, pk=pk)
    words = {"domain": domain.name}
    try:
        if is_published(domain):
            domain.set_proved(by=request.user)
            messages.success(request, _("%(domain)s is proved.") % words)
        else:
            text = _("%(domain)s has no such record yet. It may take an hour until everybody sees a new one.")
            messages.error(request, text % words)
    except NameServerAway:
        messages.error(request, _("Nobody could be asked about %(domain)s at the moment. Try again later.") % words)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("accounts:sso")


@require_POST
@admin_required
def domain_remove(request: PersonRequest, pk: int) -> HttpResponse:
    domain = get_object_or_404(request.user.company.domains, pk=pk)
    try:
        remove(domain, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(domain)s was removed.") % {"domain": domain.name})
    return redirect("accounts:sso")


@require_POST
@admin_required
def sso_test(request: PersonRequest) -> HttpResponse:
    """Ask the provider who it is, as signing in would begin."""
    try:
        Provider(_of_company(request))
    except ProviderProblem as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("The provider answers, and is the one that you named."))
    return redirect("accounts:sso")


def _of_company(request: PersonRequest) -> SingleSignOn:
    company = request.user.company
    return SingleSignOn.objects.filter(company=company).first() or SingleSignOn(company=company)


def _page(request: PersonRequest, **forms: object) -> HttpResponse:
    sso, company = _of_company(request), request.user.company
    context = {
        "form": SingleSignOnForm(instance=sso, by=request.user),
        "domain_form": DomainForm(instance=Domain(company=company), by=request.user),
        "domains": list(company.domains.all()),
        "is_set_up": sso.pk is not None,
        "callback_address": callback_address(request),
    }
    return render(request, "accounts/sso.html", context | forms)
