"""The event log as a file that proves itself."""

from django.http import FileResponse

from accounts import clock
from accounts.access import PersonRequest
from devices.access import device_view
from devices.models import Device
from devices.proof import log_file


@device_view("GET", "HEAD", admin=True)
def download(request: PersonRequest, device: Device) -> FileResponse:
    """The whole log of the device, names included: for the company's admins."""
    name = f"velory-log-{device.pk}-{clock.now():%Y-%m-%d}.zip"
    return FileResponse(log_file(device), as_attachment=True, filename=name, content_type="application/zip")
