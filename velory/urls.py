"""Every address of the site, in the order in which they are tried."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.http import Http404
from django.urls import URLPattern, include, path, re_path
from django.utils.translation import gettext_lazy as _

from accounts.views import second_step
from accounts.views.security import to_security
from accounts.views.visits import end_visit, visit
from velory.health import PROBES

admin.site.site_header = _("Velory Support")
admin.site.site_title = _("Velory Support")
admin.site.site_url = None  # the app has nothing for support staff
admin.site.index_title = _("Companies, people, devices")
# Support staff sign in where everybody does: one form, one rate limit.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


def closed(request):
    """An address that allauth brings and Velory doesn't offer."""
    raise Http404


# Where the database is away, these say so; everything else is answered as Django does.
handler400 = "velory.unavailable.bad_request"
handler500 = "velory.unavailable.server_error"

watching: list[URLPattern] = []
if settings.METRICS_TOKEN:
    from velory.metrics import metrics

    watching = [path("metrics", metrics, name="metrics")]

urlpatterns = [
    # The middleware of velory.health answers these earlier. They stand here as everything that can be opened does.
    *(path(address[1:], probe, name=probe.__name__) for address, probe in PROBES.items()),
    *watching,
    # Before devices, whose hardware/<table>/ would take hardware/repairs/ for a table.
    path("", include("repairs.urls")),
    path("", include("devices.urls")),
    path("", include("accounts.urls")),
    # People are added, and their addresses kept, by their company. allauth needs these names all
    # the same.
    re_path(r"^account/(?:signup|email|confirm-email|password/set|login/code)/", closed),
    path("account/", include("allauth.account.urls")),
    # Before allauth's pages of the same names, which the rest of two-step sign-in leads to.
    path("account/two-step/", to_security, name="mfa_index"),
    path("account/two-step/authenticate/", second_step.authenticate, name="mfa_authenticate"),
    path("account/two-step/totp/activate/", second_step.activate_app, name="mfa_activate_totp"),
    path("account/two-step/totp/deactivate/", second_step.remove_app, name="mfa_deactivate_totp"),
    path("account/two-step/recovery-codes/generate/", second_step.make_codes, name="mfa_generate_recovery_codes"),
    path("account/two-step/webauthn/", to_security, name="mfa_list_webauthn"),
    path("account/two-step/webauthn/add/", second_step.add_passkey, name="mfa_add_webauthn"),
    path("account/two-step/webauthn/keys/<int:pk>/remove/", second_step.remove_passkey, name="mfa_remove_webauthn"),
    path("account/two-step/", include("allauth.mfa.urls")),
    path("admin/visit/", admin.site.admin_view(visit), name="support_visit"),
    path("admin/visit/end/", admin.site.admin_view(end_visit), name="support_visit_end"),
    path("admin/", admin.site.urls),
]
