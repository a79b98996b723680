from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms import posted
from accounts.models import SingleSignOn
from accounts.sign_in_forms import ChoosePasswordForm
from accounts.tokens import person_of_link, works_until

# Stands in the address instead of the key, which moves into the session at once: so the key is in no Referer, and
# not in the address bar while somebody looks over the shoulder.
CHOOSE = "choose"
SESSION_KEY = "join_key"


@sensitive_post_parameters()
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, uidb36: str, key: str) -> HttpResponse:
    """Choose a password by a link that works once, and be signed in. Opening it uses nothing up: mail scanners do."""
    if refused := ratelimit.consume_or_429(request, action="join"):
        return refused
    person = person_of_link(uidb36, request.session.get(SESSION_KEY, "") if key == CHOOSE else key)
    if person is None:
        return render(request, "accounts/join_gone.html", status=410)
    if SingleSignOn.objects.is_only_way_for(person):
        return render(request, "accounts/sso_only.html", status=403)
    if key != CHOOSE:
        request.session[SESSION_KEY] = key
        return redirect("accounts:join", uidb36, CHOOSE)
    form = ChoosePasswordForm(person, posted(request))
    if form.is_valid() and form.saved():
        request.session.pop(SESSION_KEY, None)
        # Whoever was signed in here before is not any more, even where this person owes a second step.
        logout(request)
        return perform_login(request, person)
    return render(request, "accounts/join.html", {"form": form, "person": person, "until": works_until(person)})
