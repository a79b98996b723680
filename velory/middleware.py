"""Small middlewares that belong to the whole site rather than to one app."""

from django.conf import settings
from django.utils import translation
from django.utils.cache import patch_cache_control


def permissions_policy(get_response):
    """Camera, microphone, location and their like are off: Velory uses none of them."""

    def middleware(request):
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
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
