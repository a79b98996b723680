"""Middlewares that take something away, for measuring what it costs (tests/bench/cost.py). No use elsewhere."""

from accounts.models.chained import Chained


def chain(get_response):
    """No line's digest is computed: each is the same."""
    Chained.compute_digest = lambda self, log_uuid: "0" * 64
    return get_response
