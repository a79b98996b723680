"""How much anybody may send as a file."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile


class Limited(FileUploadHandler):
    """Stands before Django's own handlers, which keep small files in memory and write others to the disk. What is more
    than `UPLOAD_LIMIT`, all files of a request together, is read to its end and thrown away: the request comes to its
    view without the file, and with `upload_too_large`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.size += len(raw_data)
        if self.size > settings.UPLOAD_LIMIT:
            self.request.upload_too_large = True  # type: ignore[union-attr]
            # Not StopUpload: what comes after that is read line by line, and a file may be one line.
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
