"""A worker beside the server: `python -m velory.beside PID` runs `manage.py work`, starts it again when it dies, and
ends with the process PID that started it, however that one ends.

It is a process of its own, as gunicorn takes the place of `manage.py serve`; and it loads nothing of Django.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

MANAGE = Path(__file__).resolve().parent.parent / "manage.py"
# Seconds: between two looks, before a worker that died is started again, and how long a step may take to its end.
LOOK, AGAIN, PATIENCE = 0.5, 2, 20


def main(server: int) -> None:
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: told.append(number))

    def wanted() -> bool:
        return not told and os.getppid() == server

    while wanted():
        worker = subprocess.Popen([sys.executable, str(MANAGE), "work"])
        while wanted() and worker.poll() is None:
            time.sleep(LOOK)
        if worker.poll() is None:
            end(worker)
        elif wanted():
            sys.stderr.write(f"The worker has ended ({worker.returncode}); another one is started.\n")
            time.sleep(AGAIN)


def end(worker: "subprocess.Popen[bytes]") -> None:
    """Between two steps if it can; what it leaves undone is gone on with after the next start."""
    worker.terminate()
    try:
        worker.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


if __name__ == "__main__":
    main(int(sys.argv[1]))
