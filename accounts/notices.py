"""Mail to a person when something that lets people into their account has changed, whoever changed it."""

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import clock
from .background import soon
from .models import User
from .text import CONSOLE

# What they did themselves, or somebody who is signed in as them. allauth's names where it is allauth that tells us.
OWN = {
    "password_changed": _("Your password for Velory was changed"),
    "password_reset": _("You have a new password for Velory, chosen by a link that was mailed to you"),
    "password_chosen": _("You have a new password for Velory, chosen by a link from your IT admin or Velory Support"),
    "totp_activated": _("An authenticator app was added to your sign-in to Velory"),
    "totp_deactivated": _("The authenticator app was removed from your sign-in to Velory"),
    "webauthn_added": _("A passkey was added to your sign-in to Velory"),
    "webauthn_removed": _("A passkey was removed from your sign-in to Velory"),
    "recovery_codes_generated": _("New recovery codes were made for your sign-in to Velory"),
}

# What somebody did for them.
BY_OTHERS = {
    "email_changed": _("%(by)s gave your Velory account another email address"),
    "two_step_reset": _("%(by)s reset your two-step sign-in to Velory"),
    "sign_in_reset": _("%(by)s reset your sign-in to Velory, password and two-step sign-in"),
}


def notify(person: User, kind: str, *, by: str = "", email: str = "") -> None:
    """Mail them what has changed, once it is stored. Nothing is mailed where no mail is set up, and a mail server that
    is down stops nothing: the act has happened.

    `by` is the name of whoever did it for them, if it was not done at the console; `email` another address than theirs
    of now.
    """
    if not settings.MAIL_IS_SET_UP:
        return
    with translation.override(person.language or translation.get_language()):
        what = str((OWN | BY_OTHERS)[kind]) % {"by": by or gettext(CONSOLE)}
        context = {"person": person, "what": what, "when": clock.now(), "is_own": kind in OWN}
        body = render_to_string("accounts/notice_mail.txt", context)
    to = email or person.email
    transaction.on_commit(lambda: soon(lambda: send_mail(what, body, None, [to])), robust=True)
