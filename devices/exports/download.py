"""A sheet as somebody's download."""

from collections.abc import Callable, Iterator

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from accounts import clock

from . import csv_file, workbook
from .sheet import Sheet

# By the ending of the file: how it is written, and as what it is sent.
FORMATS: dict[str, tuple[Callable[[Sheet], Iterator[bytes]], str]] = {
    "csv": (csv_file.csv_file, "text/csv; charset=utf-8"),
    "xlsx": (workbook.workbook, workbook.CONTENT_TYPE),
}


def wants_all_columns(request: HttpRequest) -> bool:
    """Whether the address asks for all columns instead of those that the table shows."""
    return request.GET.get("all") == "1"


def download(request: HttpRequest, sheet: Sheet) -> StreamingHttpResponse:
    """The sheet in the format that the address asks for, else as CSV; sent as it is written."""
    ending = request.GET.get("format", "")
    ending = ending if ending in FORMATS else "csv"
    write, content_type = FORMATS[ending]
    response = StreamingHttpResponse(write(sheet), content_type=content_type)
    today = timezone.localdate(clock.now())
    response["Content-Disposition"] = f'attachment; filename="velory-{sheet.slug}-{today}.{ending}"'
    return response
