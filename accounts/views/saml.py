"""What SAML needs besides the pages of signing in: what Velory says of itself, and where providers' answers arrive."""

from allauth.core import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from accounts import scope
from accounts.models import SingleSignOn
from accounts.sso.protocols import ProviderProblem, entity_id, response_address
from accounts.sso.saml import SAMLProvider

from .single_sign_on import failed, not_signed_in


class SeeOther(HttpResponseRedirect):
    """What was sent is not sent on."""

    status_code = 303


@login_not_required
@require_safe
def metadata(request: HttpRequest, company_id: str) -> HttpResponse:
    """Velory as this company's provider has to know it. Nothing is looked up, so nobody learns which companies there
    are."""
    here = request.build_absolute_uri
    names = {
        "entity_id": entity_id(int(company_id), here),
        "response_address": response_address(int(company_id), here),
    }
    return render(request, "accounts/saml_metadata.xml", names, content_type="application/samlmetadata+xml")


@csrf_exempt
@login_not_required
@require_POST
def response(request: HttpRequest, company_id: str) -> HttpResponse:
    """The provider's answer arrives (the assertion consumer service).

    The form was on the provider's page, so it has no token of ours, and comes without our cookies, which are
    SameSite=Lax: whose browser this is can't be known here, and anybody may send anything. So this neither signs in nor
    keeps anything. It verifies, and leads on to a page of ours (`single_sign_on.callback`), to which the cookies come.
    """
    if refused := ratelimit.consume_or_429(request, action="single_sign_on"):
        return refused
    scope.look_for_provider(int(company_id))
    saml = SingleSignOn.objects.filter(company_id=company_id, is_on=True, protocol=SingleSignOn.Protocol.SAML)
    if (sso := saml.first()) is None:
        return not_signed_in(request, "stale", status=400)
    try:
        answer = SAMLProvider(sso, request.build_absolute_uri).sealed(request.POST.get("SAMLResponse", ""))
    except ProviderProblem as problem:
        return failed(request, problem, sso)
    return SeeOther(reverse("accounts:sso_callback", query={"answer": answer}))
