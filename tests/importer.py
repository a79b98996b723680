"""Lists that somebody has uploaded, taken as far as a test wants them."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from accounts import jobs
from devices.importing import work
from devices.importing.forms import UploadForm


def a_list(content=b"Serial number,Holder email,Warranty ends\nSCENE-1,,\n", name="list.csv"):
    """A list of one device, or of this content, as it is uploaded."""
    return SimpleUploadedFile(name, content)


def uploaded(admin, file):
    """An import of this admin's, of which nothing is decided yet."""
    form = UploadForm({}, {"file": file})
    assert form.is_valid(), form.errors
    with transaction.atomic():
        return form.saved(by=admin)


def imported(admin, stage, file=None):
    """An import of this admin's: "columns", "rehearsed", "storing" as soon as there is a worker, or "stored"."""
    batch = uploaded(admin, file or a_list())
    if stage == "columns":
        return batch
    _work(batch, "devices_rehearse", "rehearsing")
    if stage == "storing":
        with transaction.atomic():
            work.begin(batch, "devices_import", stage, by=admin)
    if stage == "stored":
        batch.change(skip_bad=True)
        _work(batch, "devices_import", "storing")
    assert batch.stage == stage
    return batch


def _work(batch, kind, stage):
    with transaction.atomic():
        work.begin(batch, kind, stage, by=batch.who)
    jobs.work()
    batch.refresh_from_db()
