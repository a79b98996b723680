"""Settings → Single sign-on: the company's provider, and the domains that lead to it."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import PersonRequest, admin_required
from accounts.forms import posted
from accounts.models import Domain, SingleSignOn
from accounts.models.closable import Refused
from accounts.sso.forms import FORMS, DomainForm
from accounts.sso.proof import NameServerAway, is_published
from accounts.sso.protocols import (
    ProviderBusy,
    ProviderProblem,
    callback_address,
    entity_id,
    provider_of,
    response_address,
)
from accounts.sso.turns import asking


@sensitive_post_parameters("client_secret")
@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def sso_settings(request: PersonRequest) -> HttpResponse:
    sso = _of_company(request)
    files = request.FILES if request.method == "POST" else None
    form = FORMS[_protocol(request, sso)](posted(request), files, instance=sso, by=request.user)
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
    words = {"domain": domain}
    try:
        with asking(request, domain.company_id):
            found = is_published(domain)
        if found:
            domain.set_proved(by=request.user)
            messages.success(request, _("%(domain)s is proved.") % words)
        else:
            text = _("%(domain)s has no such record yet. It may take an hour until everybody sees a new one.")
            messages.error(request, text % words)
    except (NameServerAway, ProviderBusy):
        messages.error(request, _("Nobody could be asked about %(domain)s at the moment. Try again later.") % words)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("accounts:sso")


@require_POST
@admin_required
def domain_remove(request: PersonRequest, pk: int) -> HttpResponse:
    domain = get_object_or_404(request.user.company.domains, pk=pk)
    try:
        domain.remove(by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(domain)s was removed.") % {"domain": domain})
    return redirect("accounts:sso")


@require_POST
@admin_required
def sso_test(request: PersonRequest) -> HttpResponse:
    """Ask the provider who it is, as signing in by OpenID Connect begins."""
    sso = _of_company(request)
    try:
        if sso.protocol == SingleSignOn.Protocol.SAML:  # on a page of before
            raise ProviderProblem(_("By SAML nobody can be asked: try it by signing in."))
        with asking(request, request.user.company_id):
            provider_of(sso, request.build_absolute_uri)
    except ProviderProblem as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("The provider answers, and is the one that you named."))
    return redirect("accounts:sso")


def _of_company(request: PersonRequest) -> SingleSignOn:
    company = request.user.company
    return SingleSignOn.objects.filter(company=company).first() or SingleSignOn(company=company)


def _protocol(request: PersonRequest, sso: SingleSignOn) -> str:
    """By which protocol the page is about the provider: the one that was chosen on it, or is in use."""
    wanted = (request.POST.get("protocol"), request.GET.get("protocol"), sso.protocol, *settings.SSO_PROTOCOLS)
    return next(protocol for protocol in wanted if protocol in settings.SSO_PROTOCOLS)


def _page(request: PersonRequest, **forms: object) -> HttpResponse:
    sso, company = _of_company(request), request.user.company
    protocol = _protocol(request, sso)
    is_known = sso.pk is not None and sso.protocol == protocol
    context = {
        "protocol": protocol,
        "protocols": [choice for choice in SingleSignOn.Protocol.choices if choice[0] in settings.SSO_PROTOCOLS],
        "is_known": is_known,
        "provider": _saml(request, sso, is_known) if protocol == SingleSignOn.Protocol.SAML else _openid(request),
        "form": FORMS[protocol](instance=sso, by=request.user),
        "domain_form": DomainForm(instance=Domain(company=company), by=request.user),
        "domains": list(company.domains.all()),
    }
    return render(request, "accounts/sso.html", context | forms)


def _openid(request: PersonRequest) -> dict[str, object]:
    """What to tell a provider about us."""
    return {"callback_address": callback_address(request.build_absolute_uri)}


def _saml(request: PersonRequest, sso: SingleSignOn, is_known: bool) -> dict[str, object]:
    """What to tell a provider about us, and what is known of it."""
    from accounts.sso.saml import certificates_of

    company_id, here = request.user.company.pk, request.build_absolute_uri
    return {
        "entity_id": entity_id(company_id, here),
        "response_address": response_address(company_id, here),
        "issuer": sso.issuer,
        "sign_in_address": sso.sign_in_address,
        "certificates": certificates_of(sso) if is_known else [],
    }
