"""Where a message waits between a redirect and the page that shows it."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class NamedCookieStorage(CookieStorage):
    """Django fixes the name "messages"; ours carries the same prefix as the other cookies."""

    @property
    def cookie_name(self):  # type: ignore[override]
        return settings.MESSAGE_COOKIE_NAME


class MessageStorage(FallbackStorage):
    """The cookie, so that showing a message writes nothing; the session for what is too long."""

    storage_classes = (NamedCookieStorage, SessionStorage)
