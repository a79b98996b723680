"""What is killed with SIGKILL while people work: a worker of gunicorn, one backend of PostgreSQL, all of PostgreSQL."""

import os
import random
import signal
import subprocess
import time

from tests.postgres import Unavailable

PATIENCE = 30  # seconds


def kill_worker(server, database):
    """One of gunicorn's workers, with the requests that it is in the middle of. gunicorn starts another."""
    _kill(server.process.pid, "gunicorn")


def kill_backend(server, database):
    """The process of one connection. PostgreSQL then ends all others too and recovers from its log, as no memory that
    they share can be trusted any more."""
    _kill(database.pid, "velory_app")


def kill_database(server, database):
    """PostgreSQL as a whole; it is started again as soon as the rest of it has noticed."""
    database.crash()
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return database.start()
        except Unavailable:  # the last of the old processes still holds the memory
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


FAULTS = {"worker": kill_worker, "backend": kill_backend, "database": kill_database}


def strike(server, database, kills, work_between, seed):
    """Kill something `kills` times, each kind in turn and in no order, once the site answers again and people have
    worked for some seconds up to `work_between`. Yields what was killed."""
    dice, waiting = random.Random(seed), []
    for _number in range(kills):
        time.sleep(dice.uniform(0.2, work_between))
        waiting = waiting or dice.sample(sorted(FAULTS), len(FAULTS))
        kind = waiting.pop()
        FAULTS[kind](server, database)
        yield kind
        server.wait_until(200, "/readyz", patience=PATIENCE)


def _kill(parent, words):
    """SIGKILL for a child of this process that calls itself so; waits until there is one."""
    deadline = time.monotonic() + PATIENCE
    while not (found := [child for child, title in _children(parent) if words in title]):
        if time.monotonic() > deadline:
            raise TimeoutError(f"no process {words!r} to kill")
        time.sleep(0.01)
    os.kill(random.choice(found), signal.SIGKILL)


def _children(parent):
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        pid, above, title = line.split(None, 2)
        if int(above) == parent:
            yield int(pid), title
