import os
import shutil
import socket
import subprocess
import sys
from io import StringIO

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, SystemCheckError
from django.db import OperationalError, connection, connections
from django.db.migrations.executor import MigrationExecutor


class Command(BaseCommand):
    """Starts Velory as it should be started: gunicorn runs no checks of its own, so we do.

    Refuses, with one line that says what to do, when a check fails, the database does not answer or
    lags behind the code, static files were not collected, or the port is taken. Then starts a worker
    for the background beside it, and becomes gunicorn.
    """

    help = "Checks everything, then serves Velory with gunicorn."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
        parser.add_argument("--port", type=int, default=settings.PORT, help=f"port ({settings.PORT})")
        parser.add_argument("--workers", type=int, default=2, help="processes (2)")
        parser.add_argument("--threads", type=int, default=6, help="threads of each (6)")
        parser.add_argument("--without-work", action="store_true", help="a worker runs elsewhere: manage.py work")

    def handle(self, *, host, port, workers, threads, without_work, **options):
        self.refuse_a_taken_port(host, port)
        self.refuse_a_failing_check()
        self.refuse_an_old_database()
        self.refuse_missing_static_files()
        if not settings.HTTPS and not settings.DEMO:
            self.stderr.write("HTTPS=false: passwords cross the network readable. For trying out only.")
        self.become_gunicorn(host, port, workers, threads, beside=not without_work)

    def refuse_a_taken_port(self, host, port):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As gunicorn does: a port that was freed a second ago may be used again.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except (OSError, OverflowError) as problem:
                other = "make demo PORT=8123" if settings.DEMO else "--port 8123"
                reason = getattr(problem, "strerror", None) or problem
                raise CommandError(
                    f"Cannot listen on {host} port {port}: {reason}. Choose another: {other}"
                ) from problem

    def refuse_a_failing_check(self):
        try:
            call_command(
                "check",
                deploy=settings.HTTPS,
                databases=["default"],
                fail_level="WARNING" if settings.HTTPS else "ERROR",
                stdout=StringIO(),
            )
        except SystemCheckError as problem:
            raise CommandError(str(problem)) from problem
        except OperationalError as problem:
            raise self.no_answer(problem) from problem

    def refuse_an_old_database(self):
        try:
            executor = MigrationExecutor(connection)
        except OperationalError as problem:
            raise self.no_answer(problem) from problem
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if waiting:
            raise CommandError(f"The database is {len(waiting)} migrations behind. Run: python manage.py migrate")

    def refuse_missing_static_files(self):
        if not settings.DEBUG and not (settings.STATIC_ROOT / "staticfiles.json").exists():
            raise CommandError("Static files are missing. Run: python manage.py collectstatic --no-input")

    def become_gunicorn(self, host, port, workers, threads, *, beside):
        connections.close_all()
        self.stdout.write(f"Velory listens on http://{f'[{host}]' if ':' in host else host}:{port}/")
        self.stdout.flush()
        # The port is part of the demo's cookie names, and gunicorn reads the settings afresh.
        os.environ["PORT"] = str(port)
        os.chdir(settings.BASE_DIR)
        if settings.METRICS_TOKEN:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = self.empty_folder_for_metrics()
        command = [sys.executable, "-m", "gunicorn", "--config", "python:velory.gunicorn"]
        command += ["--bind", f"[{host}]:{port}" if ":" in host else f"{host}:{port}"]
        command += ["--workers", str(workers), "--threads", str(threads)]
        if beside:
            # gunicorn keeps our process id, by which the worker knows when to end.
            subprocess.Popen([sys.executable, "-m", "velory.beside", str(os.getpid())])
        os.execv(sys.executable, [*command, "velory.wsgi:application"])

    def empty_folder_for_metrics(self):
        """Where the workers of this start put their counts together; those of an earlier one would be added to them."""
        folder = settings.BASE_DIR / "var" / "metrics"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return str(folder)

    def no_answer(self, problem):
        return CommandError(f"The database does not answer: {str(problem).strip()}")
