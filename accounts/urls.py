from django.conf import settings as configured
from django.urls import path, re_path

from .views import (
    audit,
    erasing,
    invitations,
    join,
    links,
    payors,
    profile,
    second_step,
    security,
    settings,
    spaces,
    suggestions,
    users,
)

app_name = "accounts"
urlpatterns = [
    path("spaces/", spaces.spaces, name="spaces"),
    path("spaces/new/", spaces.space_new, name="space_new"),
    path("spaces/<int:pk>/", spaces.space_edit, name="space_edit"),
    path("spaces/<int:pk>/remove/", spaces.space_remove, name="space_remove"),
    path("spaces/<int:pk>/reopen/", spaces.space_reopen, name="space_reopen"),
    path("payors/", payors.payors, name="payors"),
    path("payors/new/", payors.payor_new, name="payor_new"),
    path("payors/<int:pk>/", payors.payor_edit, name="payor_edit"),
    path("payors/<int:pk>/remove/", payors.payor_remove, name="payor_remove"),
    path("payors/<int:pk>/reopen/", payors.payor_reopen, name="payor_reopen"),
    path("users/", users.users, name="users"),
    path("users/new/", users.user_new, name="user_new"),
    path("users/<int:pk>/", users.user_edit, name="user_edit"),
    path("users/<int:pk>/remove/", users.user_remove, name="user_remove"),
    path("users/<int:pk>/reactivate/", users.user_reactivate, name="user_reactivate"),
    path("users/<int:pk>/erase/", erasing.user_erase, name="user_erase"),
    path("users/<int:pk>/link/", links.user_link, name="user_link"),
    path("users/<int:pk>/two-step/", users.user_two_step, name="user_two_step"),
    path("users/<int:pk>/withdraw/", invitations.withdraw, name="user_withdraw"),
    path("users/invitations/", invitations.invitations, name="user_invitations"),
    path("suggestions/<slug:kind>/", suggestions.suggestions, name="suggestions"),
    path("settings/audit/", audit.audit_log, name="audit_log"),
    path("settings/", settings.company_settings, name="settings"),
    path("profile/", profile.profile, name="profile"),
    path("profile/security/", security.security, name="security"),
    path("sign-in/cancel/", second_step.cancel, name="cancel_sign_in"),
    # Twelve characters of base 36 are a number that every database can look up.
    re_path(r"^join/(?P<uidb36>[0-9a-z]{1,12})-(?P<key>[0-9a-z-]+)/$", join.join, name="join"),
]

if configured.SSO_IS_INSTALLED:
    from .views import single_sign_on, sso_settings

    urlpatterns += [
        path("settings/single-sign-on/", sso_settings.sso_settings, name="sso"),
        path("settings/single-sign-on/test/", sso_settings.sso_test, name="sso_test"),
        path("settings/single-sign-on/domains/", sso_settings.domain_new, name="domain_new"),
        path("settings/single-sign-on/domains/<int:pk>/check/", sso_settings.domain_check, name="domain_check"),
        path("settings/single-sign-on/domains/<int:pk>/remove/", sso_settings.domain_remove, name="domain_remove"),
        path("sign-in/company/", single_sign_on.sign_in_with_company, name="sso_sign_in"),
        path("sign-in/company/back/", single_sign_on.callback, name="sso_callback"),
        path("sign-in/company/<str:domain>/", single_sign_on.start, name="sso_start"),
    ]
    if "saml" in configured.SSO_PROTOCOLS:
        from .views import saml

        # Eighteen digits are a number that every database can look up.
        company = "sign-in/company/saml/(?P<company_id>[1-9][0-9]{0,17})/"
        urlpatterns += [
            re_path(f"^{company}$", saml.metadata, name="saml_metadata"),
            re_path(f"^{company}back/$", saml.response, name="saml_response"),
        ]
