"""One-time links, as an admin hands them out."""

from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import PersonRequest, admin_required
from accounts.models import SingleSignOn, User
from accounts.models.audit import record
from accounts.tokens import link_keys, link_path, works_until

SESSION_KEY = "link_key"  # of the link that this admin has made last


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def user_link(request: PersonRequest, pk: int) -> HttpResponse:
    """POST makes a link; GET shows it to the admin who has made it, as long as it works."""
    person: User = get_object_or_404(request.user.company.users.known(), pk=pk)
    if request.method == "POST":
        key = ""
        if person.is_active and not SingleSignOn.objects.is_only_way_for(person):
            with transaction.atomic():
                key = link_keys.new(person)
                record(person.company_id, "sign_in_link_made", by=request.user, person=person)
        return hand_out_link(request, person, key)
    key = request.session.get(SESSION_KEY, "")
    if not person.is_active or not link_keys.check_token(person, key):
        return redirect(person)
    context = {
        "person": person,
        "link": request.build_absolute_uri(link_path(person, key)),
        "until": works_until(person),
        "is_mailed": settings.MAIL_IS_SET_UP,
    }
    return render(request, "accounts/user_link.html", context)


def hand_out_link(request: PersonRequest, person: User, key: str = "") -> HttpResponse:
    """Make a link (unless its key was made already), mail it where mail is set up, and go to the page that shows it."""
    if not person.is_active:
        messages.error(request, _("%(person)s is deactivated. Reactivate first.") % {"person": person})
        return redirect(person)
    if SingleSignOn.objects.is_only_way_for(person):
        messages.info(request, _("%(person)s signs in with your company, and needs no link.") % {"person": person})
        return redirect(person)
    key = key or link_keys.new(person)
    request.session[SESSION_KEY] = key
    if settings.MAIL_IS_SET_UP:
        link = request.build_absolute_uri(link_path(person, key))
        # Robust: the admin sees the link all the same, so a mail server that is down is no error page.
        transaction.on_commit(lambda: mail_link(person, link), robust=True)
    return redirect("accounts:user_link", person.pk)


def mail_link(person: User, link: str) -> None:
    """The same words whether or not Velory knows the address from somewhere else, in the person's own language."""
    with translation.override(person.language or translation.get_language()):
        subject = _("Choose a password for Velory")
        context = {"person": person, "link": link, "until": works_until(person)}
        body = render_to_string("accounts/link_mail.txt", context)
    send_mail(subject, body, None, [person.email])
