"""Signing in at the provider of one's company: which one it is, there, and back."""

import logging
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import scope
from accounts.forms import posted
from accounts.models import Domain, SingleSignOn
from accounts.models.audit import record
from accounts.sso.forms import AddressForm, clean_domain
from accounts.sso.people import NotLetIn, who_comes_in
from accounts.sso.protocols import ProviderAway, ProviderBusy, ProviderProblem, SignInEnded, provider_of
from accounts.sso.turns import asking_if_needed
from accounts.text import readable_domain

logger = logging.getLogger(__name__)

# How long somebody may stay at their provider.
SECONDS = 15 * 60
SALT = "accounts.single_sign_on"
INSTEAD_SALT = "accounts.single_sign_on.instead"
RETRY_AFTER = 5  # seconds


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_with_company(request: HttpRequest) -> HttpResponse:
    """Which company's provider it is, by the domain of one's address. What follows is a link: the policy of our pages
    lets no form lead to another site (`form-action`)."""
    if refused := ratelimit.consume_or_429(request, action="single_sign_on"):
        return refused
    form, start = AddressForm(posted(request)), ""
    if form.is_valid():
        if _provider_of(form.domain):
            start = reverse("accounts:sso_start", args=[form.domain], query=_next(request))
        else:
            form.add_error("email", _("No company signs in this way with such addresses. Sign in with your password."))
    return render(request, "accounts/sso_sign_in.html", {"form": form, "start": start})


@login_not_required
@require_safe
def start(request: HttpRequest, domain: str) -> HttpResponse:
    """Off to the provider. What belongs to this attempt is kept by the browser, so nothing is written here but the
    count of attempts: each asks an address that a company has named."""
    if refused := ratelimit.consume_or_429(request, action="single_sign_on", limit_get=True):
        return refused
    domain = clean_domain(domain)
    sso = _provider_of(domain)
    if sso is None:
        text = _("No company signs in by the domain in that link. Type your address, or sign in with your password.")
        messages.error(request, text)
        return redirect("accounts:sso_sign_in")
    if request.user.is_authenticated and not _is_meant(request, domain):
        return _instead_of(request, domain)
    try:
        with asking_if_needed(request, sso):
            address, attempt = provider_of(sso, request.build_absolute_uri).begin()
    except ProviderProblem as problem:
        return failed(request, problem, sso)
    kept = {"domain": domain, "protocol": sso.protocol, "attempt": attempt, **_next(request)}
    answer = redirect(address)
    answer.set_cookie(
        settings.SSO_COOKIE_NAME,
        signing.dumps(kept, salt=SALT),
        max_age=SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return answer


@login_not_required
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """Back from the provider: whoever it says that they are comes in, if they are of the company that it belongs to.

    This GET signs in, and so it writes: the standard has it so. Only an answer to a question of this very browser does.
    """
    if refused := ratelimit.consume_or_429(request, action="single_sign_on", limit_get=True):
        return refused
    answer = _signed_in(request)
    if "Retry-After" not in answer:  # else nobody was asked yet, and what came back is still good
        answer.delete_cookie(settings.SSO_COOKIE_NAME)
    return answer


def _signed_in(request: HttpRequest) -> HttpResponse:
    kept = _kept(request)
    sso = _provider_of(kept.get("domain", ""))
    if sso is None or kept.get("protocol") != sso.protocol:
        return not_signed_in(request, "stale", status=400)
    try:
        with asking_if_needed(request, sso):
            provider = provider_of(sso, request.build_absolute_uri)
            claims = provider.who_came(request.GET.dict(), kept["attempt"])
    except ProviderProblem as problem:
        return failed(request, problem, sso)
    # The provider has vouched for somebody of this company: from here on its people are seen.
    scope.recognise(None, sso.company_id)
    try:
        person = who_comes_in(sso, claims)
    except NotLetIn as refusal:
        if refusal.person is not None:
            record(sso.company_id, "sign_in_sso_refused", by=refusal.person, person=refusal.person)
        return not_signed_in(request, "refused", status=403)
    # Whoever was signed in here before is not any more.
    logout(request)
    scope.recognise(person.pk, person.company_id)
    request.came_by_provider = True  # type: ignore[attr-defined]  # for the audit log
    return perform_login(request, person, redirect_url=kept.get("next"), signal_kwargs={"single_sign_on": True})


def _instead_of(request: HttpRequest, domain: str) -> HttpResponse:
    """Somebody is signed in here already. Any page of others can lead their browser to this address, and a provider
    that asks nothing would put somebody else in their place: so they are asked."""
    meant = signing.dumps([request.user.pk, domain], salt=INSTEAD_SALT)
    query = {"instead": meant, **_next(request)}
    shown = {
        "domain": domain,
        "readable": readable_domain(domain),
        "stay": _next(request).get("next", "/"),
        "go": reverse("accounts:sso_start", args=[domain], query=query),
    }
    return render(request, "accounts/sso_instead.html", shown)


def _is_meant(request: HttpRequest, domain: str) -> bool:
    """Whether whoever is signed in here was asked (`_instead_of`), and goes on."""
    try:
        meant = signing.loads(request.GET.get("instead", ""), salt=INSTEAD_SALT, max_age=SECONDS)
    except signing.BadSignature:
        return False
    return meant == [request.user.pk, domain]


def _provider_of(domain: str) -> SingleSignOn | None:
    """The provider that addresses of this domain lead to. Nobody is known yet: the domain alone decides."""
    scope.look_for_domain(domain)
    proved = Domain.objects.filter(name=domain, proved_at__isnull=False).first()
    if proved is None:
        return None
    return SingleSignOn.objects.filter(company_id=proved.company_id, is_on=True).first()


def _next(request: HttpRequest) -> dict[str, str]:
    """The page of ours that somebody wanted to open."""
    wanted = request.POST.get("next") or request.GET.get("next")
    return {"next": wanted} if wanted and get_adapter().is_safe_url(wanted) else {}


def _kept(request: HttpRequest) -> dict[str, Any]:
    try:
        return signing.loads(request.COOKIES.get(settings.SSO_COOKIE_NAME, ""), salt=SALT, max_age=SECONDS)
    except signing.BadSignature:
        return {}


def failed(request: HttpRequest, problem: ProviderProblem, sso: SingleSignOn) -> HttpResponse:
    """Says what to do; why it failed is for the log, and for the company's admin when they press Test."""
    logger.warning("Single sign-on of company %s failed: %s", sso.company_id, problem)
    if isinstance(problem, ProviderBusy):
        answer = not_signed_in(request, "busy", status=503)
        answer["Retry-After"] = str(RETRY_AFTER)
        return answer
    if isinstance(problem, ProviderAway):
        return not_signed_in(request, "away", status=503)
    return not_signed_in(request, "ended" if isinstance(problem, SignInEnded) else "stale", status=400)


def not_signed_in(request: HttpRequest, why: str, status: int) -> HttpResponse:
    """`why`: away, busy, refused, ended or stale."""
    return render(request, "accounts/sso_failed.html", {"why": why}, status=status)
