"""A log as a file that proves itself without Velory: docs/event-log.md has its format to the letter, and
docs/verify_log.py checks it."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

from django.utils.translation import override

from accounts import clock, signing
from accounts.chain import audit_lines_with_head
from accounts.formulas import guarded
from accounts.models import AuditChain, Company

from .chain import lines_with_head
from .models import Device

FORMAT = "velory-log/1"
IN_MEMORY = 1024 * 1024

README = """A log of Velory: that of one device, or the audit log of a company.

events.jsonl   every line of the log in its canonical form with its digest, and before it the names on it
events.csv     the same to read: times in UTC, text in English
manifest.json  what this is, and the SHA-256 checksums of the files
manifest.sig   the signature of manifest.json, where the installation has a key

To check it without Velory, take verify_log.py from Velory's documentation (docs/verify_log.py; it needs Python 3 and
nothing else):

    python3 verify_log.py THIS_FILE.zip

What the check proves, and what it does not, stands in docs/event-log.md.
"""


class _Counted:
    """A file that knows the checksum of what was written into it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._hash = file, hashlib.sha256()

    def write(self, text: str) -> None:
        content = text.encode()
        self._hash.update(content)
        self._file.write(content)

    @property
    def checksum(self) -> str:
        return self._hash.hexdigest()


class Log(NamedTuple):
    """A log to be written: its lines with their plates and its head, in order; `name` and `company` are for the
    reader, `head` is that of a log without lines."""

    uuid: str
    name: str
    company: str
    head: tuple[int, str]
    lines: Iterator[Any]


def log_of_device(device: Device) -> Log:
    name = " ".join(filter(None, [device.name, device.serial_number]))
    head = device.log_sequence, device.log_digest
    return Log(device.uuid.hex, name, device.company.name, head, lines_with_head(device))


def audit_log_of(company: Company) -> Log:
    """A company whose log has no line yet has an empty one."""
    chain = AuditChain.objects.filter(company=company).first() or AuditChain(company=company)
    head = chain.log_sequence, chain.log_digest
    return Log(chain.uuid.hex, "Audit log", company.name, head, audit_lines_with_head(company))


def log_file(log: Log) -> IO[bytes]:
    """The zip file, at its beginning. It is written as the log is read, so memory does not grow with the log. A broken
    log is written as it stands: that is when somebody needs it. Raises signing.NoKey."""
    file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (whoever sends it closes it)
    with ZipFile(file, "w", ZIP_DEFLATED) as archive, SpooledTemporaryFile(max_size=IN_MEMORY) as table:
        readable = _Counted(table)
        with archive.open("events.jsonl", "w", force_zip64=True) as canonical, override("en"):
            lines = _Counted(canonical)
            count, head = _write(log, lines, readable)
        table.seek(0)
        with archive.open("events.csv", "w", force_zip64=True) as copy:
            while chunk := table.read(IN_MEMORY):
                copy.write(chunk)
        archive.writestr("README.txt", README)
        manifest = {
            "format": FORMAT,
            "company": log.company,
            "log": {"uuid": log.uuid, "name": log.name},
            "lines": count,
            "head": head,
            "made_at": clock.now().astimezone(UTC).isoformat(timespec="seconds"),
            "files": {
                "README.txt": hashlib.sha256(README.encode()).hexdigest(),
                "events.csv": readable.checksum,
                "events.jsonl": lines.checksum,
            },
        }
        content = json.dumps(manifest, ensure_ascii=False, indent=2).encode()
        archive.writestr("manifest.json", content)
        if signature := signing.sign(content):
            archive.writestr("manifest.sig", json.dumps(signature, indent=2))
    file.seek(0)
    return file


def _write(log: Log, lines: _Counted, table: _Counted) -> tuple[int, str]:
    """Write both files. The head of the log as it stood: the number of its last line, and its digest."""
    head, named = log.head, set[str]()
    table.write("\ufeff")
    _row(table, ["Line", "Recorded at", "Occurred at", "Event", "Digest"])
    for line in log.lines:
        head = line.head_sequence, line.head_digest
        for plate in _new_plates(line, named):
            lines.write(_json({"plate": plate.pk, "kind": plate.kind, "name": plate.name, "salt": plate.salt}) + "\n")
        lines.write(f'{{"line":{line.canonical(log.uuid)},"digest":{_json(line.digest)}}}\n')
        times = [_moment(line.recorded_at), _moment(line.occurred_at)]
        _row(table, [line.sequence, *times, line.sentence, line.digest])
    return head


def _new_plates(event: Any, named: set[str]) -> Iterator[Any]:
    """The plates of this line that no line before it had."""
    for key in (event.actor_id, *sorted(event.plate_ids)):
        if key in event.plates and key not in named:
            named.add(key)
            yield event.plates[key]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _row(table: _Counted, cells: list[object]) -> None:
    line = io.StringIO()
    csv.writer(line).writerow([guarded(cell) for cell in cells])
    table.write(line.getvalue())
