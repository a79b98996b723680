"""Two addresses for whatever watches Velory: does the process answer, and can it work?

Neither asks who is there, neither is kept anywhere, and both are cheap. What they tell is no secret: names of
migrations, triggers, tables and policies.
"""

from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import walls


@require_safe
@never_cache
def healthz(request):
    """The process answers. Asks no database: a restart mends no database."""
    return JsonResponse({"alive": True})


@require_safe
@never_cache
def readyz(request):
    """200 where requests can be served, else 503 with what is missing."""
    missing = _missing()
    return JsonResponse({"ready": not missing, "missing": missing}, status=503 if missing else 200)


PROBES = {"/healthz": healthz, "/readyz": readyz}


def probes(get_response):
    """Answers the probes before session, sign-in and transactions: they must not need what they are asked about."""

    def middleware(request):
        probe = PROBES.get(request.path_info)
        return probe(request) if probe else get_response(request)

    return middleware


def _missing():
    try:
        applied = MigrationRecorder(connection).applied_migrations()
        behind = [f"migration {app}.{name}" for app, name in _newest_migrations() if (app, name) not in applied]
        return behind or walls.missing(connection)
    except DatabaseError:
        return ["database"]


@cache
def _newest_migrations():
    """The last migration of each app. Whoever has these has those before. Files don't change under a process."""
    return sorted(MigrationLoader(None).graph.leaf_nodes())
