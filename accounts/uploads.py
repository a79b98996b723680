"""Files in the database, part by part: written and read without ever being in memory as a whole."""

import io
import os
from collections.abc import Iterable
from typing import Any

from .models import Upload, UploadPart
from .scope import company_scope

PART = 2**19  # bytes


class Gone(Exception):
    """The file was deleted while it was read."""


def store(company_id: int, name: str, pieces: Iterable[bytes] = ()) -> Upload:
    """A file of these pieces. Belongs inside a transaction."""
    upload = Upload.objects.create(company_id=company_id, name=os.path.basename(name)[-255:])
    for piece in pieces:
        for start in range(0, len(piece), PART):
            append(upload, piece[start : start + PART])
    return upload


def append(upload: Upload, data: bytes) -> None:
    """Write more to its end. Belongs inside a transaction."""
    if data:
        fields: dict[str, Any] = {"company_id": upload.company_id, "upload": upload}
        UploadPart.objects.create(start=upload.size, data=data, **fields)
        upload.size += len(data)
        upload.save(update_fields=["size"])


def opened(upload: Upload) -> io.BufferedReader:
    """The file, to read and to seek in. It may be read outside a transaction, and opens the company's scope itself.
    Reading raises Gone."""
    return io.BufferedReader(_Stored(upload), PART)


class _Stored(io.RawIOBase):
    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._place = 0
        self._start, self._data = 0, memoryview(b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._upload.size}[whence]
        return self._place

    def readinto(self, buffer: Any) -> int:
        if not self._start <= self._place < self._start + len(self._data) and not self._find_part():
            return 0
        data = self._data[self._place - self._start :][: len(buffer)]
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def _find_part(self) -> bool:
        """The part in which the place lies. False at the end."""
        if self._place >= self._upload.size:
            return False
        with company_scope(self._upload.company_id):
            before = UploadPart.objects.filter(upload=self._upload, start__lte=self._place)
            part = before.order_by("-start").first()
        if part is None:
            raise Gone
        self._start, self._data = part.start, memoryview(bytes(part.data))
        return self._place < self._start + len(self._data)
