"""Content Security Policy, under the names that Django 6 gives it.

On Django 6 this module goes: the middleware becomes
`django.middleware.csp.ContentSecurityPolicyMiddleware`, `CSP` comes from `django.utils.csp`, and
`SECURE_CSP` stays as it is.
"""

from django.conf import settings


class CSP:
    """The keywords that we use. `unsafe-inline` and `unsafe-eval` are left out on purpose."""

    HEADER = "Content-Security-Policy"
    NONE = "'none'"
    SELF = "'self'"


class ContentSecurityPolicyMiddleware:
    """Sends `settings.SECURE_CSP` with every response that does not bring a policy of its own."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.policy = build_policy(settings.SECURE_CSP)

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault(CSP.HEADER, self.policy)
        return response


def build_policy(directives):
    """The header's value for `{"img-src": [CSP.SELF, …], …}`."""
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())
