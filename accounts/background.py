"""What a visitor neither waits for nor can take the time of: mail that goes to one address and not to another."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from django.conf import settings
from django.db import connections
from django.utils import translation

# Seconds until it begins: the answer has left by then, and nothing that takes a processor's time tells on it.
LATER = 0.1

logger = logging.getLogger(__name__)
_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="background")


def soon(act: Callable[[], object]) -> None:
    """Let a thread do it, in the language and for the request of now. What goes wrong is in the log; a server that
    stops finishes first what was begun."""
    if settings.WORK_IN_BACKGROUND:
        _pool.submit(copy_context().run, _in_thread, act, translation.get_language())
    else:
        _do(act)


def _in_thread(act: Callable[[], object], language: str | None) -> None:
    try:
        time.sleep(LATER)
        with translation.override(language):  # which belongs to a thread, and not to the context
            _do(act)
    finally:
        connections.close_all()


def _do(act: Callable[[], object]) -> None:
    try:
        act()
    except Exception:
        logger.exception("What was to be done in the background failed.")
