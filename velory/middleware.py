"""Small middlewares that belong to the whole site rather than to one app."""

from django.conf import settings
from django.utils import translation
from django.utils.cache import patch_cache_control

SIGN_OUT = ("account_logout", "admin:logout")


def permissions_policy(get_response):
    """Camera, microphone, location and their like are off: Velory uses none of them."""

    def middleware(request):
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return response

    return middleware


def own_pages_only(get_response):
    """No other site may embed what Velory answers, pictures and downloads included (Cross-Origin-Resource-Policy)."""

    def middleware(request):
        response = get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return middleware


def forget_on_sign_out(get_response):
    """Whoever signs out leaves nothing in the browser: it drops what it keeps of Velory, pages for "back" included.

    Nothing should be there anyway (`private_pages`). Cookies are left out: the header would take along those that other
    sites of the same domain have set.
    """

    def middleware(request):
        response = get_response(request)
        name = request.resolver_match.view_name if request.resolver_match else ""
        if request.method == "POST" and name in SIGN_OUT and response.status_code < 400:
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    return middleware


def private_pages(get_response):
    """Nothing that a view answers is kept by a browser or a proxy, unless the view says otherwise.

    Each page shows somebody's name and company, so "back" after signing out must not bring it up
    again. Static files are answered before they get here and are cached for a year.
    """

    def middleware(request):
        response = get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response

    return middleware


def own_language(get_response):
    """Whoever is signed in reads Velory in the language of their profile.

    Stands after the authentication and inside LocaleMiddleware, which has chosen by the browser
    until here, names the language in the response, and starts the next request anew.
    """

    def middleware(request):
        if request.user.is_authenticated and request.user.language:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return get_response(request)

    return middleware


def utf8_only(get_response):
    """What is sent is read as UTF-8, whatever charset its sender names.

    Our forms are UTF-8. Django would decode a multipart form by any codec that Python knows ("hex", "idna",
    "unicode_escape"), and refuse others in a way that its own error page trips over. Stands before everything that may
    look at what was sent.
    """

    def middleware(request):
        request.encoding = "utf-8"
        return get_response(request)

    return middleware
