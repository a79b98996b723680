import logging
import signal
import time
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, connections

from accounts import jobs
from accounts.models.job import Stopped, told_to_stop

logger = logging.getLogger("velory.work")

# Seconds: how often a worker looks for work, how long it waits for a database that is away, how often it tidies.
LOOK, WAIT, TIDY = 1, 5, 3600


class Command(BaseCommand):
    """Does what waits in the background (accounts/jobs.py), and goes on until it is told to end. A thread beside does
    short work alone, so that nobody waits with it for another company's long import.

    SIGTERM ends it between two steps of a job, and whoever comes next goes on from there; so does one that was killed,
    only a minute later. As many as wanted may run beside each other, on any number of machines.
    """

    help = "Does the work that waits in the background, such as imports."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what waits now, and end")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        if once:
            jobs.tidy()
            while jobs.work():
                pass
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            # By a thread of its own: this one may be waiting for the event, and hold its lock.
            signal.signal(number, lambda *_: Thread(target=told_to_stop.set).start())
        with ThreadPoolExecutor(1, "short") as beside:
            short = beside.submit(self._go_on, is_long=False)
            self._go_on(tidies=True)
        short.result()

    def _go_on(self, *, tidies: bool = False, **which: bool) -> None:
        """Until told to end. What ends one of the two otherwise ends both, and whoever has started them begins anew."""
        try:
            self._work(tidies=tidies, **which)
        finally:
            told_to_stop.set()
            connections.close_all()

    def _work(self, *, tidies: bool, **which: bool) -> None:
        tidied = float("-inf")
        while not told_to_stop.is_set():
            try:
                if tidies and time.monotonic() - tidied > TIDY:
                    tidied = time.monotonic()
                    jobs.tidy()
                if not jobs.work(**which):
                    told_to_stop.wait(LOOK)
            except Stopped:
                return
            except (DatabaseError, InterfaceError):
                logger.exception("The database does not answer; trying again in %d seconds", WAIT)
                connections.close_all()
                told_to_stop.wait(WAIT)
