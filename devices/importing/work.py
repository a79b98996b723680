"""What workers do for an import: rehearse it, store it, undo it. Each is a job, whose steps are some hundred rows."""

import codecs
import csv
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any

from django.utils.translation import gettext as _

from accounts import clock, jobs, uploads
from accounts.formulas import guarded
from accounts.importing.report import Report
from accounts.models import Job, Upload, User
from accounts.models.audit import record
from accounts.models.closable import Refused
from accounts.spreadsheets import DELIMITERS, NotATable, Table
from devices.models import Import

from .bringing import BATCH, Bringing, kind_named, portion
from .choices import REASON, Choices

Stage = Import.Stage


class _Refused(Exception):
    """Rows were refused that may not be left out; the step is taken back."""

    def __init__(self, entries: list[Any]) -> None:
        self.entries = entries


def begin(batch: Import, kind: str, stage: str, *, by: User, **details: Any) -> None:
    """Let a worker do this with the import. Belongs inside the transaction in which the import was locked."""
    job = jobs.enqueue(kind, who=by, is_long=batch.is_long, batch=batch.pk, **details)
    batch.change(job=job, stage=stage)


def _batch_of(job: Job) -> Import:
    _look_who(job)
    return Import.objects.select_related("company", "upload", "refused").get(pk=job.details["batch"])


@contextmanager
def _read(job: Job, batch: Import) -> Iterator[Bringing]:
    """The import's list, surveyed. What can't be read as a table fails the job, with the reason."""
    if batch.upload is None:
        raise _gone()
    _require_admin(job)
    try:
        with uploads.opened(batch.upload) as file:
            bringing = kind_named(batch.kind)(Table(file), batch.company, Choices.of(batch))
            bringing.look(_ticking(job))
            yield bringing
    except NotATable as problem:
        raise jobs.GivenUp(str(problem)) from problem
    except uploads.Gone as gone:
        raise _gone() from gone


def _gone() -> jobs.GivenUp:
    return jobs.GivenUp(_("The file was deleted in the meantime. Upload it again."))


def _require_admin(job: Job) -> None:
    """Nobody acts by a job of theirs who could not begin it any more. Raises GivenUp, with a reason that names nobody:
    it may be kept for longer than their name."""
    if not job.who.is_admin:
        raise jobs.GivenUp(_("Whoever asked for this is no IT admin any more, so nothing more was done."))


def _look_who(job: Job) -> None:
    """Who acts by the job, as they are now, and their company: a long one outlasts what it began with."""
    job.who = User.objects.select_related("company").get(pk=job.who_id)


def _ticking(job: Job) -> Callable[[], None]:
    """A long reading keeps its lease."""

    def tick() -> None:
        with job.step(0, 0):
            pass

    return tick


@jobs.kind("devices_rehearse")
def rehearse(job: Job) -> dict[str, object]:
    """Say what would happen, and store nothing of it."""
    with job.step(0):
        batch = _batch_of(job)
    with _read(job, batch) as bringing:
        with job.step(0, bringing.survey.rows):
            batch.change(statuses=bringing.meanings_found())
            bringing.choices = Choices.of(batch)
            report = bringing.report()
            bringing.begin()
            _new_list_of_refused(batch, bringing)
        for done, rows in bringing.batches():
            with job.step(done):
                entries = bringing.plan(rows)
                bringing.tally(report, entries)
                _write_refused(batch, entries)
        with job.step(bringing.survey.rows):
            decide = {
                "dates": bringing.survey.dates,
                "date_order": bringing.survey.date_order,
                "statuses": bringing.survey.statuses.most_common(),
                "status_header": bringing.status_header,
            }
            findings = _without_stayed(batch) | report.as_json() | {"decide": decide}
            batch.change(stage=Stage.REHEARSED, findings=findings)
    return {}


@jobs.kind("devices_import", is_alone=True)
def bring(job: Job) -> dict[str, object]:
    """Store it: all or nothing, or the good rows. An attempt that was broken off goes on behind the last step."""
    with job.step(job.progress):
        batch = _batch_of(job)
    if batch.stage == Stage.STORING:
        try:
            with _read(job, batch) as bringing:
                _store(job, batch, bringing)
        except _Refused as refused:
            with job.step(0):
                report = Report(rows=_report_of(batch).rows)
                for entry in refused.entries:
                    report.refused.add(entry.problems)
                _begin_to_take_back(batch, report)
    if batch.stage == Stage.UNDOING:
        _take_all_back(job, batch)
        with job.step(0):
            batch.change(stage=Stage.COLUMNS, rows_done=0)
    if batch.stage == Stage.COLUMNS and "stopped" in job.details:
        if batch.findings.get("stayed"):
            raise jobs.GivenUp(_("It was stopped, and taken back but for what is named below. Rehearse it again."))
        raise jobs.GivenUp(_("It was stopped. Nothing was imported. Rehearse it again, or give it up."))
    if batch.stage == Stage.COLUMNS:
        raise jobs.GivenUp(
            _(
                "Nothing was imported: the register has changed since the rehearsal, and rows were refused. "
                "Rehearse it again."
            )
        )
    return {}


def _store(job: Job, batch: Import, bringing: Bringing) -> None:
    before, goes_on = _report_of(batch), bool(batch.rows_done)
    with job.step(batch.rows_done, bringing.survey.rows):
        report = before if goes_on else bringing.report()
        bringing.begin()
        if not goes_on:
            batch.change(findings=_without_stayed(batch) | {"rehearsed": bringing.named_in(before)})
    most = BATCH
    for _done, rows in bringing.batches(after=batch.rows_done):
        while rows:
            with job.step(batch.rows_done):
                _look_who(job)
                _require_admin(job)
                if not batch.rows_done:
                    _new_list_of_refused(batch, bringing)
                entries = portion(bringing.plan(rows[:most]), lambda entry: entry.outcome == "changed")
                bringing.store(entries, by=job.who, batch=batch)
                if not batch.skip_bad and any(entry.problems for entry in entries):
                    raise _Refused(entries)
                bringing.tally(report, entries)
                _write_refused(batch, entries)
                done = batch.rows_done + len(entries)
                batch.change(rows_done=done, findings=batch.findings | report.as_json())
            rows = rows[len(entries) :]
            # Where many change, no more is planned than a step can store.
            most = min(BATCH, 2 * len(entries))
    with job.step(bringing.survey.rows):
        if goes_on:
            bringing.settle(report, batch)
        batch.change(stage=Stage.STORED, finished_at=clock.now(), findings=batch.findings | report.as_json())
        result = report.summary(batch.kind)
        record(batch.company_id, f"data_{batch.kind}_imported", by=job.who, result=result)


def _without_stayed(batch: Import) -> dict[str, Any]:
    """What it found, but for the devices that an earlier attempt could not take back."""
    return {name: found for name, found in batch.findings.items() if name != "stayed"}


def _begin_to_take_back(batch: Import, report: Report) -> None:
    """Of what was rehearsed and stored nothing is true any more but what this report says."""
    batch.change(stage=Stage.UNDOING, findings=batch.findings | report.as_json())


def stop(batch: Import, *, by: User) -> None:
    """Store no more of it. Of what is stored as a whole or not at all nothing stays: a worker takes it back. Of good
    rows those stay that are in the register, to be undone or gone on with. Belongs inside the transaction in which the
    import was locked: a worker that is at a step waits for that, and takes it back. Raises Refused where it is over."""
    job = Job.objects.select_for_update(no_key=True).filter(company=batch.company_id, pk=batch.job_id or 0).first()
    if job is None or job.is_over or batch.stage != Stage.STORING:
        raise Refused(_("It is over already. Nothing was stopped."))
    job.withdraw()
    report = _report_of(batch)
    if batch.skip_bad:
        batch.change(stage=Stage.STOPPED, finished_at=clock.now())
        # Nothing was stored yet where no row is done with; the report is that of the rehearsal then.
        stored = report if batch.rows_done else Report()
        record(batch.company_id, f"data_{batch.kind}_import_kept", by=by, result=stored.summary(batch.kind))
        return
    _begin_to_take_back(batch, Report(rows=report.rows))
    begin(batch, "devices_import", Stage.UNDOING, by=by, stopped=True)
    record(batch.company_id, f"data_{batch.kind}_import_stopped", by=by)


@jobs.when_failed("devices_import", "devices_undo")
def break_off(job: Job) -> None:
    """Workers have given it up in the middle: a part of it is in the register, or nothing, and it is as it was."""
    batch = Import.objects.get(company=job.company_id, pk=job.details["batch"])
    if batch.stage == Stage.STORING and not batch.rows_done:
        batch.change(stage=Stage.REHEARSED)
    elif batch.stage in (Stage.STORING, Stage.UNDOING):
        result = _report_of(batch).summary(batch.kind)
        record(batch.company_id, f"data_{batch.kind}_import_broken_off", by=job.who, result=result)


def _report_of(batch: Import) -> Report:
    return Report.from_json(batch.findings)


@jobs.kind("devices_undo", is_alone=True)
def undo(job: Job) -> dict[str, object]:
    """Take it back as one act: refused where something has happened since to a device of it. Of one that was broken
    off, a part is all that can be taken back: such a device stays."""
    with job.step(job.progress):
        batch = _batch_of(job)
        if batch.stage == Stage.UNDONE:
            return {}
        # Once begun it is gone through with.
        is_begun = bool(job.progress) or job.details.get("is_broken_off", False)
        stuck = not is_begun and kind_named(batch.kind).in_the_way(batch)[1] > 0
        if stuck or not (job.progress or job.who.is_admin):
            batch.change(stage=job.details.get("before", Stage.STORED))
    if stuck:
        raise jobs.GivenUp(_("Something has happened to a device of this import, so it can't be undone any more."))
    _take_all_back(job, batch, of=job.total)
    with job.step(job.progress):
        batch.change(stage=Stage.UNDONE, finished_at=clock.now())
        result = _report_of(batch).summary(batch.kind)
        record(batch.company_id, f"data_{batch.kind}_import_undone", by=job.who, result=result)
    return {}


def _take_all_back(job: Job, batch: Import, *, of: int = 0) -> None:
    """In the opposite order, so that people and spaces go after the devices that they were made for. `of` is how many
    things there were when an earlier attempt began."""
    _require_admin(job)
    kind = kind_named(batch.kind)
    with job.step(job.progress):
        left = kind.left(batch)
        total = max(of, left)
        done = total - left
    while True:
        with job.step(min(done + 1, total), total):
            taken = kind.take_back(batch, by=job.who, most=BATCH)
            if not taken:
                break
            done += taken


# The list of refused rows


def _new_list_of_refused(batch: Import, bringing: Bringing) -> None:
    if batch.refused is not None:
        batch.refused.delete()
    header = [*(name for name in bringing.table.headers if name != REASON), REASON]
    beginning = codecs.BOM_UTF8 + _csv(batch, [header])
    batch.change(refused=uploads.store(batch.company_id, f"refused-{batch.name}", [beginning]))


def _write_refused(batch: Import, entries: Iterable[Any]) -> None:
    """The rows as they came, and behind each why: to be mended, and uploaded alone."""
    headers = batch.findings["headers"]
    rows = []
    for entry in entries:
        if entry.problems:
            columns = zip_longest(headers, entry.row.cells, fillvalue="")
            cells = [cell for header, cell in columns if header != REASON]
            rows.append([*cells, " ".join(str(problem) for problem in entry.problems)])
    if rows and batch.refused is not None:
        uploads.append(batch.refused, _csv(batch, rows))


def _csv(batch: Import, rows: Iterable[Iterable[object]]) -> bytes:
    """Divided as the list was, so that the same spreadsheet opens it."""
    text = io.StringIO()
    delimiter = ";" if batch.findings["delimiter"] == DELIMITERS[";"] else ","
    csv.writer(text, delimiter=delimiter).writerows([guarded(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def refused_rows(upload: Upload) -> Iterator[bytes]:
    """The list of refused rows, in pieces."""
    with uploads.opened(upload) as file:
        while piece := file.read(uploads.PART):
            yield piece
