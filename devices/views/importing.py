"""Imports: the list of them, and one from its upload over rehearsal and import to undoing."""

import csv
import io
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import clock
from accounts.access import PersonRequest, admin_required
from accounts.exporting import note_export
from accounts.forms import posted
from accounts.importing.report import LABELS, OUTCOMES, Report
from accounts.models.closable import Refused
from devices.importing import work
from devices.importing.bringing import kind_named, kinds_in_words
from devices.importing.forms import ColumnsForm, DecisionsForm, UploadForm
from devices.models import Import

Stage = Import.Stage
ON_A_PAGE = 50

ImportView = Callable[..., HttpResponseBase]


def of_import(view: ImportView) -> ImportView:
    """Give the view the import of its address, of the person's company; a POST locks it. 404 for any other."""

    @admin_required
    @wraps(view)
    def wrapper(request: PersonRequest, pk: int) -> HttpResponseBase:
        imports = Import.objects.filter(company=request.user.company).select_related(
            "company", "who", "upload", "refused"
        )
        if request.method != "POST":
            return view(request, get_object_or_404(imports.select_related("job"), pk=pk))
        with transaction.atomic():
            locked = imports.select_for_update(no_key=True, of=("self",))
            return view(request, get_object_or_404(locked, pk=pk))

    return wrapper


def _too_late(request: PersonRequest, batch: Import) -> HttpResponse:
    """A page left over from before, or a second click."""
    messages.error(
        request, _("This import has gone on in the meantime: %(stage)s.") % {"stage": batch.get_stage_display()}
    )
    return _page_of(request, batch, status=409)


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def imports(request: PersonRequest) -> HttpResponse:
    """All imports of the company, and the form that begins another."""
    form = UploadForm(posted(request), request.FILES or None, too_large=hasattr(request, "upload_too_large"))
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            batch = form.saved(by=request.user)
            if not form.is_known:
                return redirect("devices:import_columns", batch.pk)
            work.begin(batch, "devices_rehearse", Stage.REHEARSING, by=request.user)
        return redirect(batch)
    page = Paginator(Import.objects.filter(company=request.user.company).listed(), ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    return render(request, "devices/imports.html", {"form": form, "page": page, "kinds": kinds_in_words()})


@require_safe
@admin_required
def import_template(request: PersonRequest) -> HttpResponse:
    """Velory's own list, to be filled in: of devices, or of what `of` names."""
    name = request.GET.get("of", "devices")
    if name not in dict(kinds_in_words()):
        raise Http404
    brought = kind_named(name)
    text = io.StringIO()
    csv.writer(text).writerows([brought.template.keys(), brought.template.values()])
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="velory-{brought.kind}.csv"'
    return response


@require_safe
@of_import
def import_page(request: PersonRequest, batch: Import) -> HttpResponse:
    """Where it stands, and what can be done with it now. While a worker is at it, htmx asks again and again."""
    if not request.htmx:
        return _page_of(request, batch)
    if batch.is_working:
        return render(request, "devices/_import_progress.html", {"batch": batch})
    response = HttpResponse()
    response["HX-Refresh"] = "true"
    return response


def _page_of(
    request: PersonRequest, batch: Import, status: int = 200, decisions: DecisionsForm | None = None
) -> HttpResponse:
    brought = kind_named(batch.kind)
    context: dict[str, Any] = {"batch": batch, "found_in": brought.found_in, "show": brought.show}
    if "counts" in batch.findings:
        report = context["report"] = Report.from_json(batch.findings)
        context["numbers"] = [
            (LABELS[kind], [report.number(kind, outcome) for outcome in OUTCOMES]) for kind in report.counts
        ]
        good = report.number(batch.kind, "created") + report.number(batch.kind, "changed")
        bad = context["bad"] = report.number(batch.kind, "refused")
        context["unchanged"] = report.number(batch.kind, "unchanged")
        context["start_words"] = good and brought.start_words(good, are_all=not bad)
    if batch.is_unstored:
        context["decisions"] = decisions or DecisionsForm(batch=batch)
        context["deciding"] = brought.deciding
    return render(request, "devices/import.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@of_import
def import_columns(request: PersonRequest, batch: Import) -> HttpResponse:
    """Which column is which, beside what stands in it. Saving it rehearses."""
    if not batch.is_unstored or "samples" not in batch.findings:
        return _too_late(request, batch)
    form = ColumnsForm(posted(request), batch=batch)
    if request.method == "POST" and batch.is_working:
        return _too_late(request, batch)
    if request.method == "POST" and form.is_valid():
        batch.change(fields=form.chosen, emptied=form.cleaned_data.get("emptied", []))
        work.begin(batch, "devices_rehearse", Stage.REHEARSING, by=request.user)
        return redirect(batch)
    return render(request, "devices/import_columns.html", {"batch": batch, "form": form})


@require_POST
@of_import
def import_rehearse(request: PersonRequest, batch: Import) -> HttpResponse:
    """Once more, with what was decided."""
    if batch.is_working or not batch.is_unstored or _is_stale(request, batch):
        return _too_late(request, batch)
    return _rehearsed_as_decided(request, batch, DecisionsForm(request.POST, batch=batch))


def _rehearsed_as_decided(request: PersonRequest, batch: Import, form: DecisionsForm) -> HttpResponse:
    if not form.is_valid():
        return _page_of(request, batch, decisions=form)
    batch.change(**form.decided)
    work.begin(batch, "devices_rehearse", Stage.REHEARSING, by=request.user)
    return redirect(batch)


@require_POST
@of_import
def import_start(request: PersonRequest, batch: Import) -> HttpResponse:
    """Let a worker store it, as it was rehearsed: what was decided since is rehearsed first. One that was stopped goes
    on behind the last row that was stored."""
    if batch.stage == Stage.STOPPED and batch.upload is not None:
        batch.change(who=request.user)
        work.begin(batch, "devices_import", Stage.STORING, by=request.user)
        return redirect(batch)
    if batch.is_working or batch.stage != Stage.REHEARSED or _is_stale(request, batch):
        return _too_late(request, batch)
    form = DecisionsForm(request.POST, batch=batch)
    if form.differs:
        if form.is_valid():
            told = _("You decided something new, so it is rehearsed once more. Nothing was imported yet.")
            messages.info(request, told)
        return _rehearsed_as_decided(request, batch, form)
    skip_bad = request.POST.get("rows") == "good"
    if not Report.from_json(batch.findings).may_be_stored(batch.kind, skip_bad=skip_bad):
        return _too_late(request, batch)
    batch.change(skip_bad=skip_bad, rows_done=0, who=request.user)
    work.begin(batch, "devices_import", Stage.STORING, by=request.user)
    return redirect(batch)


def _is_stale(request: PersonRequest, batch: Import) -> bool:
    """Whether the page showed another rehearsal: somebody has decided something else since."""
    return request.POST.get("rehearsal", str(batch.job_id)) != str(batch.job_id)


@require_POST
@of_import
def import_stop(request: PersonRequest, batch: Import) -> HttpResponse:
    """Store no more of it."""
    try:
        work.stop(batch, by=request.user)
    except Refused:
        return _too_late(request, batch)
    return redirect(batch)


@require_safe
@of_import
def import_refused(request: PersonRequest, batch: Import) -> StreamingHttpResponse:
    """The refused rows as they came, each with its reason, to be mended and uploaded alone."""
    if batch.refused is None:
        raise Http404
    note_export(request, "data_exported", table=f"{batch}, refused rows")
    response = StreamingHttpResponse(work.refused_rows(batch.refused), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="velory-refused-{clock.now():%Y-%m-%d}.csv"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@of_import
def import_undo(request: PersonRequest, batch: Import) -> HttpResponse:
    """Confirmation window and act: everything that it made goes, everything that it changed is as it was."""
    if not batch.can_be_undone:
        return _too_late(request, batch)
    brought = kind_named(batch.kind)
    stuck, count = ([], 0) if batch.is_broken_off else brought.in_the_way(batch)
    if request.method == "POST" and not stuck:
        how = {"is_broken_off": batch.is_broken_off, "before": batch.stage}
        work.begin(batch, "devices_undo", Stage.UNDOING, by=request.user, **how)
        return redirect(batch)
    context = {
        "batch": batch,
        "stuck": stuck,
        "more": count - len(stuck),
        "consequences": brought.undoing,
        "cancel_url": batch.get_absolute_url(),
    }
    return render(request, "devices/import_undo.html", context, status=409 if request.method == "POST" else 200)


@require_POST
@of_import
def import_give_up(request: PersonRequest, batch: Import) -> HttpResponse:
    """Nothing comes of it; the list goes some days later. A rehearsal that goes on is broken off."""
    if not batch.is_unstored:
        return _too_late(request, batch)
    if batch.is_working and batch.job is not None:
        batch.job.withdraw()
    batch.change(stage=Stage.GIVEN_UP, finished_at=clock.now())
    messages.success(request, _("%(name)s was given up. Nothing was imported.") % {"name": batch})
    return redirect("devices:imports")
