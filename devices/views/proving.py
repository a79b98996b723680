"""Logs as files that prove themselves."""

from django.http import FileResponse
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.access import PersonRequest, admin_required
from accounts.exporting import note_export
from devices.access import device_view
from devices.models import Device
from devices.proof import Log, audit_log_of, log_file, log_of_device


@device_view("GET", "HEAD", admin=True)
def download(request: PersonRequest, device: Device) -> FileResponse:
    """The whole log of the device, names included: for the company's admins."""
    answer = sent(log_of_device(device), f"velory-log-{device.pk}")
    note_export(request, "data_log_downloaded", device=device.name)
    return answer


@require_safe
@admin_required
def download_audit_log(request: PersonRequest) -> FileResponse:
    """The whole audit log of the company, names included. The line about this download is the next one's first news."""
    answer = sent(audit_log_of(request.user.company), "velory-audit-log")
    note_export(request, "data_audit_log_downloaded")
    return answer


def sent(log: Log, name: str) -> FileResponse:
    """The file, made before its line is written: that one keeps the audit log to itself until the request ends."""
    filename = f"{name}-{clock.now():%Y-%m-%d}.zip"
    return FileResponse(log_file(log), as_attachment=True, filename=filename, content_type="application/zip")
