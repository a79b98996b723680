from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import PersonRequest, member_required
from accounts.forms import ProfileForm, posted


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def profile(request: PersonRequest) -> HttpResponse:
    """Who I am here, which my company decides, and the language, which I decide."""
    form = ProfileForm(posted(request), instance=request.user)
    if form.is_valid():
        request.user.save(update_fields=["language"])
        language = request.user.language or translation.get_language_from_request(request)
        with translation.override(language):
            messages.success(request, _("Your profile was saved."))
        return redirect("accounts:profile")
    return render(request, "accounts/profile.html", {"form": form})
