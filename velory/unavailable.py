"""The answer while the database is away: a page of ours that says so, and nothing else to do.

Whichever part of Velory asked the database, a view, a middleware or a template, Django hands what went wrong to one of
the two handlers below. Connections are looked at before they are used again (CONN_HEALTH_CHECKS), so the next request
after the database is back is answered as ever.
"""

import sys

from django.core.cache.backends.db import DatabaseCache
from django.db import InterfaceError, OperationalError, connections, router
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

from .outages import is_outage

RETRY_AFTER = 10  # seconds


def bad_request(request, exception):
    """400, but where a session could not be stored because the database is away, which Django takes for a bad one."""
    return _unavailable(request) if is_outage(exception) else defaults.bad_request(request, exception)


def server_error(request):
    """503 while the database is away or, on SQLite, busy for longer than anybody waits; else 500."""
    return _unavailable(request) if is_outage(sys.exc_info()[1]) else defaults.server_error(request)


def _unavailable(request):
    # Without the request: its context processors would ask the database for the menu.
    page = render_to_string("503.html", {"sent_something": request.method == "POST"})
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER)})


class SharedCache(DatabaseCache):
    """Django's cache in a table, which says so when the database is away.

    Django takes an entry that could not be written for one that another process has just written. allauth would then
    answer "too many attempts" to somebody who tried once.
    """

    def _base_set(self, mode, key, value, *args, **kwargs):
        problems = []

        def watch(execute, sql, params, many, context):
            try:
                return execute(sql, params, many, context)
            except (OperationalError, InterfaceError) as problem:
                problems.append(problem)
                raise

        with connections[router.db_for_write(self.cache_model_class)].execute_wrapper(watch):
            done = super()._base_set(mode, key, value, *args, **kwargs)  # type: ignore[misc]
        if problems and not done:
            raise problems[0]
        return done
