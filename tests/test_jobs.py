"""Work in the background: nothing that was promised is lost, and nothing is done twice."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connections, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable

from accounts import clock, jobs, scope
from accounts.models import Job, Space
from accounts.models.job import LEASE, MOST_ATTEMPTS, LeaseLost, told_to_stop
from accounts.scope import company_scope
from tests.conftest import role
from tests.server import ROOT, environment_for


@pytest.fixture(autouse=True)
def _not_told_to_stop():
    yield
    told_to_stop.clear()


@pytest.fixture
def kinds(monkeypatch):
    """The kinds of work that there are, for a test to add to."""
    monkeypatch.setattr(jobs, "_kinds", {})
    return jobs.kind


def work():
    """As the worker does, by the application's role."""
    with role("velory_app"):
        return jobs.work()


def later(by=LEASE + timedelta(seconds=1)):
    return clock.at(timezone.now() + by)


def test_what_was_asked_for_is_done_in_the_language_of_whoever_asked(world, kinds):
    @kinds("greet")
    def greet(job):
        with job.step(1, 1):
            return {"said": _("Saved."), "to": job.who.full_name, "whom": job.details["whom"]}

    with translation.override("sv"):
        jobs.enqueue("greet", who=world.admin, whom="everybody")
    assert work()
    job = Job.objects.get()
    with translation.override("sv"):
        assert job.result == {"said": _("Saved."), "to": "Ada Holm", "whom": "everybody"}
    assert (job.state, job.progress, job.total, job.lease_until) == ("done", 1, 1, None)
    assert not work()


def test_what_was_taken_back_is_never_done(world, kinds):
    with transaction.atomic():
        jobs.enqueue("greet", who=world.admin)
        transaction.set_rollback(True)
    assert not work()


def test_each_company_has_its_turn(world, kinds):
    done = []
    kinds("note")(lambda job: done.append(job.company_id) or {})
    for person in (world.admin, world.admin, world.globex_admin):
        jobs.enqueue("note", who=person)
    work()
    assert done == [world.acme.pk, world.globex.pk]
    work()
    assert done == [world.acme.pk, world.globex.pk, world.acme.pk]


def test_a_worker_sees_its_companys_rows_alone(world, kinds):
    kinds("look")(lambda job: _seen(job))

    def _seen(job):
        with job.step(1):
            return {"spaces": list(Space.objects.values_list("company_id", flat=True).distinct())}

    jobs.enqueue("look", who=world.globex_admin)
    work()
    seen = Job.objects.get().result["spaces"]
    assert world.globex.pk in seen
    if connections["default"].vendor == "postgresql":
        assert seen == [world.globex.pk]


def test_what_a_killed_worker_left_is_taken_up_again_when_its_lease_has_run_out(world, kinds):
    kinds("count")(lambda job: {"attempt": job.attempts})
    jobs.enqueue("count", who=world.admin)
    assert jobs.claim(world.acme.pk).attempts == 1  # and then it dies
    assert not work()
    with later():
        assert work()
    assert Job.objects.get().result == {"attempt": 2}


def test_what_kills_every_worker_is_given_up_with_a_clear_word(world, kinds):
    jobs.enqueue("count", who=world.admin)
    for attempt in range(MOST_ATTEMPTS):
        with later(attempt * LEASE * 2):
            assert jobs.claim(world.acme.pk)
    with later(MOST_ATTEMPTS * LEASE * 2):
        assert jobs.claim(world.acme.pk) is None
    job = Job.objects.get()
    assert (job.state, job.problem) == ("failed", "It was interrupted 5 times, so it was given up.")


def test_what_gets_further_with_each_attempt_is_not_given_up(world, kinds):
    jobs.enqueue("count", who=world.admin)
    for attempt in range(2 * MOST_ATTEMPTS):
        with later(attempt * LEASE * 2):
            job = jobs.claim(world.acme.pk)
            for progress in range(attempt + 2):  # from the beginning, and further than the last
                with job.step(progress, 100):
                    pass
    for attempt in range(MOST_ATTEMPTS):
        with later((2 * MOST_ATTEMPTS + attempt) * LEASE * 2), jobs.claim(world.acme.pk).step(5):
            pass
    with later(3 * MOST_ATTEMPTS * LEASE * 2):
        assert jobs.claim(world.acme.pk) is None
    assert Job.objects.get().state == "failed"


def test_a_company_has_one_import_at_a_time(world, kinds, monkeypatch):
    monkeypatch.setattr(jobs, "_alone", {"import"})
    for who in (world.admin, world.admin, world.globex_admin):
        jobs.enqueue("import", who=who)
    jobs.enqueue("other", who=world.admin)
    assert jobs.claim(world.acme.pk).kind == "import"
    assert jobs.claim(world.acme.pk).kind == "other"
    assert jobs.claim(world.acme.pk) is None
    assert jobs.claim(world.globex.pk).kind == "import"
    with later():  # it was killed
        assert jobs.claim(world.acme.pk).attempts == 2


def test_a_worker_that_hangs_in_a_step_does_not_hold_its_locks_for_ever(world, kinds):
    if connections["default"].vendor != "postgresql":
        pytest.skip("SQLite has one lock, and waits for it for 20 seconds")
    jobs.enqueue("count", who=world.admin)
    with jobs.claim(world.acme.pk).step(1), connections["default"].cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        wait = cursor.fetchone()[0]
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert (wait, cursor.fetchone()[0]) == ("30s", "45s")


def test_a_worker_whose_lease_somebody_else_has_writes_nothing_more(world, kinds):
    jobs.enqueue("count", who=world.admin)
    slow = jobs.claim(world.acme.pk)
    with later():
        quick = jobs.claim(world.acme.pk)
    with pytest.raises(LeaseLost), slow.step(1):
        Space.objects.create(company=world.acme, name="Written too late")
    with quick.step(1):
        Space.objects.create(company=world.acme, name="In time")
    assert set(world.acme.spaces.values_list("name", flat=True)) >= {"In time"}
    assert not world.acme.spaces.filter(name="Written too late").exists()


def test_each_step_renews_the_lease(world, kinds):
    jobs.enqueue("count", who=world.admin)
    job = jobs.claim(world.acme.pk)
    with later(LEASE / 2), job.step(5, 10):
        pass
    with later():
        assert jobs.claim(world.acme.pk) is None


def test_a_worker_that_is_told_to_end_does_so_between_two_steps_and_loses_nothing(world, kinds):
    @kinds("two")
    def two(job):
        for number in range(job.progress, 2):
            with job.step(number + 1):
                Space.objects.create(company=world.acme, name=f"Step {number}")
            told_to_stop.set()
        return {}

    jobs.enqueue("two", who=world.admin)
    with pytest.raises(jobs.Stopped):
        work()
    job = Job.objects.get()
    assert (job.state, job.progress, job.attempts_in_vain, job.lease_until) == ("waiting", 1, 0, None)
    told_to_stop.clear()
    assert work()
    assert Job.objects.get().state == "done"
    assert world.acme.spaces.filter(name__startswith="Step").count() == 2


def test_what_goes_wrong_is_said_and_the_next_is_done(world, kinds, caplog):
    @kinds("fail")
    def fail(job):
        if job.details.get("known"):
            raise jobs.GivenUp("The file is empty.")
        # No trouble of the database's own, and the next attempt would meet it again.
        raise IntegrityError("a secret")

    jobs.enqueue("fail", who=world.admin)
    jobs.enqueue("fail", who=world.admin, known=True)
    work()
    work()
    problems = list(Job.objects.order_by("pk").values_list("state", "problem"))
    assert problems[0][1].startswith("Something went wrong on our side.")
    assert problems[1] == ("failed", "The file is empty.")
    assert {state for state, _problem in problems} == {"failed"}
    assert "IntegrityError" in caplog.text


def test_trouble_with_the_database_is_tried_again(world, kinds):
    @kinds("try")
    def attempt(job):
        if job.attempts == 1:
            raise OperationalError("the server closed the connection")
        return {"attempt": job.attempts}

    jobs.enqueue("try", who=world.admin)
    work()
    with later():
        work()
    assert Job.objects.get().result == {"attempt": 2}


def test_whoever_waits_for_a_lock_is_not_given_up_and_keeps_nobody_waiting(world, kinds):
    @kinds("wait")
    def wait(job):
        if job.attempts <= 2 * MOST_ATTEMPTS:
            with job.step(0):
                raise OperationalError from LockNotAvailable()
        return {"attempt": job.attempts}

    kinds("count")(lambda job: {})
    waiting = jobs.enqueue("wait", who=world.admin)
    other = jobs.enqueue("count", who=world.admin)
    for attempt in range(2 * MOST_ATTEMPTS + 1):
        with later(attempt * 2 * LEASE):
            assert work()
            assert work() == (attempt == 0)  # the other one, and then nothing until the lease has run out
    other.refresh_from_db()
    waiting.refresh_from_db()
    assert (other.state, waiting.result) == ("done", {"attempt": 2 * MOST_ATTEMPTS + 1})


def test_two_workers_never_have_the_same_job(live_world, kinds):
    for _number in range(6):
        jobs.enqueue("count", who=live_world.admin)
    claimed, start = [], threading.Barrier(4)

    def take():
        start.wait()
        try:
            for _try in range(3):
                if (job := jobs.claim(live_world.acme.pk)) is not None:
                    claimed.append(job.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take) for _thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) > 3


def test_short_work_does_not_wait_for_long_work_of_anybody(live_world, kinds, monkeypatch):
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    ended, all_short = [], threading.Event()

    @kinds("long")
    def long(job):
        waited = all_short.wait(20)
        told_to_stop.set()
        return {"short ones were done": waited}

    @kinds("short")
    def short(job):
        ended.append(job.company_id)
        if len(ended) == 2:
            all_short.set()
        return {}

    jobs.enqueue("long", who=live_world.admin, is_long=True)
    jobs.enqueue("short", who=live_world.admin)
    jobs.enqueue("short", who=live_world.globex_admin)
    call_command("work")
    with scope.support():
        done = list(Job.objects.filter(state="done").order_by("pk").values_list("kind", "result"))
    assert done == [("long", {"short ones were done": True}), ("short", {}), ("short", {})]


def test_what_ends_one_thread_of_a_worker_ends_the_worker(live_world, kinds, monkeypatch):
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)

    def work(**which):
        if which:
            raise MemoryError
        return False

    monkeypatch.setattr(jobs, "work", work)
    with pytest.raises(MemoryError):
        call_command("work")


def test_a_chore_that_fails_keeps_nothing_from_being_done(world, kinds, monkeypatch, caplog):
    def fail(company_id):
        Space.objects.create(company_id=company_id, name="Half a chore")
        raise ValueError("a chore")

    monkeypatch.setattr(jobs, "_chores", [fail])
    kinds("count")(lambda job: {})
    jobs.enqueue("count", who=world.admin)
    call_command("work", once=True)
    assert Job.objects.get().state == "done"
    assert "A chore of company" in caplog.text
    assert not Space.objects.filter(name="Half a chore").exists()


def test_what_has_been_over_for_long_is_forgotten(world, kinds):
    kinds("count")(lambda job: {})
    jobs.enqueue("count", who=world.admin)
    call_command("work", once=True)
    assert Job.objects.get().state == "done"
    with later(jobs.KEPT + timedelta(minutes=1)), company_scope(world.acme.pk):
        call_command("work", once=True)
    assert not Job.objects.exists()


# The processes


@pytest.fixture
def tables(migrate, tmp_path):
    where = f"sqlite:///{tmp_path}/work.sqlite3"
    migrate(where)
    return where


def children_of(pid):
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


def wait_for(condition, patience=15):
    until = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < until, "it takes too long"
        time.sleep(0.1)
    return found


@pytest.mark.one_database
@pytest.mark.skipif(not os.path.isdir("/proc"), reason="looks at processes as Linux has them")
def test_beside_a_server_a_worker_is_started_again_and_ends_with_it(tables):
    beside = "subprocess.Popen([sys.executable, '-m', 'velory.beside', str(os.getpid())])"
    script = f"import os, subprocess, sys, time; {beside}; time.sleep(60)"
    server = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=environment_for(tables))
    beside = wait_for(lambda: children_of(server.pid))[0]
    worker = wait_for(lambda: children_of(beside))[0]
    os.kill(worker, signal.SIGKILL)
    another = wait_for(lambda: [pid for pid in children_of(beside) if pid != worker])[0]
    server.kill()
    server.wait()
    wait_for(lambda: not os.path.exists(f"/proc/{beside}") and not os.path.exists(f"/proc/{another}"))


@pytest.mark.one_database
def test_a_worker_ends_when_it_is_told_to(tables):
    worker = subprocess.Popen([sys.executable, "manage.py", "work"], cwd=ROOT, env=environment_for(tables))
    wait_for(lambda: _catches_sigterm(worker.pid))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(10) == 0


def _catches_sigterm(pid):
    try:
        with open(f"/proc/{pid}/status") as status:
            caught = next(line for line in status if line.startswith("SigCgt"))
    except OSError:
        return False
    return int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1
