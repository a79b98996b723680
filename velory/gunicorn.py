"""gunicorn's settings. `manage.py serve` adds the address and how many workers and threads."""

import gc
import os

worker_class = "gthread"
timeout = 30
graceful_timeout = 20
keepalive = 5
# A worker is replaced now and then, so that a slow leak never becomes a problem.
max_requests = 5000
max_requests_jitter = 500
# The address of a table with all that one may filter by and choose; a longer one has a bare page of gunicorn's own.
limit_request_line = 8190
# The heartbeat file belongs into memory: on a busy disk a healthy worker could look dead.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
# Nobody steers a running gunicorn here; a socket that nobody needs stays shut.
control_socket_disable = True
# Velory itself writes a line for each request (velory/logs.py); what goes wrong goes to stderr, so to the journal.
errorlog = "-"
loglevel = "warning"


def post_worker_init(worker):
    """What a worker has loaded stays until its end: nothing looks through it for garbage any more."""
    gc.collect()
    gc.freeze()
