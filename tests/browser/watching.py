"""What no page may do: complain in the console, break its own policy, ask another site for anything."""

import re

from django.conf import settings
from django.test import Client

# Chromium notes each answer that is an error; which ones are right is for the tests to say.
_AN_ERROR_PAGE = re.compile(r"Failed to load resource: the server responded with a status of [45]\d\d")


class Watch:
    """Collects the `complaints` of a tab, and the `answers` that became its pages."""

    def __init__(self, page, origin):
        self.origin = origin
        self.complaints = []
        self.answers = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        page.on("request", self._request)
        page.on("response", self._response)

    def forget(self):
        self.complaints.clear()
        self.answers.clear()

    def _console(self, message):
        is_page = "/static/" not in message.location.get("url", "")
        if message.type in {"error", "warning"} and not (is_page and _AN_ERROR_PAGE.match(message.text)):
            self.complaints.append(f"console: {message.text}")

    def _request(self, request):
        if not request.url.startswith(self.origin):
            self.complaints.append(f"asks another site: {request.url}")

    def _response(self, response):
        if response.request.is_navigation_request():
            self.answers.append(response)


def session_cookie(user, url):
    """The cookie of somebody who has signed in."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}
