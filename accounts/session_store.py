"""Django's sessions in the database, each found by a query that is compiled once: every request asks for one."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from .compiled import CompiledQuery

_SESSION = CompiledQuery(Session, lambda key: Session.objects.filter(session_key=key), text=True)


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Session | None:
        found = _SESSION(self.session_key) if self.session_key is not None else []
        if found and found[0].expire_date > timezone.now():
            return found[0]
        self._session_key = None
        return None
