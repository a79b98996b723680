"""Numbers for Prometheus: requests by page, how long they took, and how moves ended. Of people and companies: nothing.

Needs prometheus-client, and is there only where METRICS_TOKEN is set. `manage.py serve` names a folder
(PROMETHEUS_MULTIPROC_DIR) in which the workers put their counts together.
"""

import os
import secrets
import time

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

from devices.signals import move_tried

REQUESTS = Counter("velory_requests", "Requests answered.", ["view", "status"])
SECONDS = Histogram(
    "velory_request_duration_seconds",
    "From the request's arrival to its answer.",
    ["view"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
MOVES = Counter("velory_moves", "Moves tried.", ["verb", "outcome"])


def measure(get_response):
    """Counts each request by the view that answered it; what is no page, or no address of ours, is "-"."""

    def middleware(request):
        began = time.perf_counter()
        response = get_response(request)
        view = (request.resolver_match and request.resolver_match.view_name) or "-"
        REQUESTS.labels(view, response.status_code).inc()
        SECONDS.labels(view).observe(time.perf_counter() - began)
        return response

    return middleware


def count_move(verb, outcome, **kwargs):
    MOVES.labels(verb, outcome).inc()


move_tried.connect(count_move, dispatch_uid="velory.metrics")


@require_safe
@never_cache
@login_not_required
def metrics(request):
    """The numbers of all workers, for whoever sends the token; for others there is no such page."""
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    if not secrets.compare_digest(request.headers.get("Authorization", "").encode(), wanted.encode()):
        raise Http404
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
