from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.access import PersonRequest
from accounts.models import Payor, Space
from accounts.models.closable import Refused, is_used, refuse_while_holding


def remove(request: PersonRequest, subject: Space | Payor, *, back: str) -> HttpResponse:
    """Confirmation window and act: delete what was never used, close what was, and say what stands in the way."""
    name, refusal = str(subject), None
    try:
        if request.method == "POST":
            if subject.remove(by=request.user):
                messages.success(request, _("%(name)s was deleted.") % {"name": name})
            else:
                messages.success(request, _("%(name)s was closed.") % {"name": name})
            return redirect(back)
        refuse_while_holding(subject)
    except Refused as reason:
        refusal = reason
    context = {
        "subject": subject,
        "by": "payor" if isinstance(subject, Payor) else "space",
        "refusal": refusal,
        "is_used": is_used(subject),
        "cancel_url": subject.get_absolute_url(),
    }
    return render(request, "accounts/remove.html", context, status=409 if request.method == "POST" else 200)
