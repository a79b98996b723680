"""What Velory writes down while it runs: a line for each request, and on every line the request that it belongs to.

Whoever runs Velory reads these lines, so they tell ids and nothing else of people: no name, no mail or network address,
no address of a page (a link for choosing a password is one), no query.
"""

import json
import logging
import re
import time
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime

from django.conf import settings
from django.utils.functional import empty

access = logging.getLogger("velory.access")

_request: ContextVar = ContextVar("request", default=None)

_GIVEN_ID = re.compile(r"[\w-]{8,64}", re.ASCII)
_MAIL_ADDRESS = re.compile(r"[^\s@<>()\"',;:=]+@[\w-]+(?:\.[\w-]+)+")
# PostgreSQL quotes the row that broke a rule.
_QUOTED_ROW = re.compile(r"^(DETAIL|CONTEXT|LINE \d+):.*?(?=^\n|^The above |^During |\Z)", re.MULTILINE | re.DOTALL)


def log_requests(get_response):
    """Names each request, in its lines and to whoever sent it (X-Request-ID), and writes one line when it is answered.

    Stands first, so that the line has the answer that went out. The probes leave none: there would be little else.
    """
    from velory.health import PROBES  # not above: logging is set up before there are models

    def middleware(request):
        request.id = _given_id(request) or uuid.uuid4().hex
        began = time.perf_counter()
        token = _request.set(request)
        try:
            response = get_response(request)
            response.headers["X-Request-ID"] = request.id
            if request.path_info not in PROBES:
                facts = {"method": request.method, "view": _view(request), "status": response.status_code}
                facts["duration_ms"] = round((time.perf_counter() - began) * 1000, 1)
                access.info(" ".join(["%s"] * 3 + ["%s ms"]), *facts.values(), extra={"facts": facts})
            return response
        finally:
            _request.reset(token)

    return middleware


def _given_id(request):
    """The id that the proxy gave the request, so that both logs tell of it by one name. Strangers give none."""
    given = request.headers.get("X-Request-ID", "") if settings.TRUSTED_PROXIES else ""
    return given if _GIVEN_ID.fullmatch(given) else ""


def _view(request):
    """The name of the page, such as devices:overview; "-" for what is none."""
    return (request.resolver_match and request.resolver_match.view_name) or "-"


def _person(request):
    """Who is signed in, as far as anybody has looked: a line of the log asks no database."""
    person = request.__dict__.get("user")
    return None if getattr(person, "_wrapped", person) is empty else person


class WithinRequest(logging.Filter):
    """Gives every record the ids of the request in which it was written, and takes the page's address out of it."""

    def filter(self, record):
        request = _request.get()
        record.ids = {}
        if request is not None:
            person = _person(request)
            record.ids["request_id"] = request.id
            record.ids["company"] = getattr(person, "company_id", None)
            record.ids["user"] = getattr(person, "pk", None)
            if isinstance(record.args, tuple):
                record.args = tuple(_view(request) if arg == request.path else arg for arg in record.args)
        return True


class WithoutSender(logging.Filter):
    """Of a request that never came as far as Velory, gunicorn tells who sent it and what stood in it. That there was
    one is enough."""

    WORDS = ("Invalid request", "Error handling request")

    def filter(self, record):
        for words in self.WORDS:
            if str(record.msg).startswith(words):
                record.msg, record.args = words, ()
        return True


class _Discreet(logging.Formatter):
    """Leaves out what an error quotes: mail addresses, and the row that the database refused."""

    def message_of(self, record):
        return _MAIL_ADDRESS.sub("(address)", record.getMessage())

    def formatException(self, ei):
        return _MAIL_ADDRESS.sub("(address)", _QUOTED_ROW.sub(r"\1: (left out)\n", super().formatException(ei)))


class JsonFormatter(_Discreet):
    """A JSON object a line, for programs."""

    def format(self, record):
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self.message_of(record),
            **record.ids,
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class LineFormatter(_Discreet):
    """A line to read: level, logger, message, and in brackets the ids. A traceback follows on lines of its own."""

    def format(self, record):
        ids = " ".join(f"{name}={value}" for name, value in record.ids.items() if value is not None)
        line = f"{record.levelname} {record.name}: {self.message_of(record)}" + (f" [{ids}]" if ids else "")
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line
