"""Everything that a company has, as one zip archive: for its admin to keep, or to bring elsewhere.

Each table is in it twice. As CSV for people: names instead of keys, in English, safe to open in a spreadsheet. As JSON
lines for programs: every column as it is stored, so that whoever has these can put the tables together again, and
compute each digest of the event log anew. `manifest.json` counts the rows and gives each file's SHA-256.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.db import models
from django.utils.translation import override

from accounts import clock
from accounts.batches import batched
from accounts.formulas import guarded
from accounts.models import Company
from accounts.models.chained import Chained
from accounts.scope import company_scope
from accounts.snapshot import snapshot
from accounts.tenants import tenant_models

from .exports.sink import Sink

# What nobody takes along: a copy of it would let others in.
SECRET = re.compile(r"password|secret|token")
# Models that belong to a company and stay out of the archive, each with the reason.
LEFT_OUT: dict[str, str] = {
    "accounts.upload": "lists that somebody brought, kept for some days: what was in them is in the register",
    "accounts.uploadpart": "the bytes of such a list",
    "accounts.job": "what the workers do: what came of it stands where it belongs",
}

ROWS_AT_ONCE = 500
_WORTH_SENDING = 2**16  # bytes

README = """Everything that {name} has in Velory, as it was at {moment}.

NAME.csv    for people: names instead of keys, times in UTC; each line of a log also as a sentence. A spreadsheet takes
            it for text; where an apostrophe stands before = + - or @, it is there so that nothing runs as a formula.
NAME.jsonl  for programs: each line a row, with every column as it is stored. *_id refers to the row with that id in the
            table it is named after. Passwords and other secrets are left out.
manifest.json  how many rows each file holds, and its SHA-256.

It holds personal data. Keep it where nobody else can read it, and delete it when it has served.
"""


def take_out(company: Company) -> Iterator[bytes]:
    """The archive, in pieces, written as it is read: its memory does not grow with the company. All tables are of one
    moment. Runs outside a request's transaction, and opens its own."""
    sink = Sink()
    moment = clock.now().astimezone(UTC)
    files: dict[str, dict[str, object]] = {}
    with snapshot(), company_scope(company.pk), ZipFile(sink, "w", ZIP_DEFLATED) as archive:

        def add(name: str, lines: Iterable[str], counted: int) -> Iterator[bytes]:
            digest, rows = hashlib.sha256(), -counted
            entry = ZipInfo(name, moment.timetuple()[:6])
            entry.compress_type = ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as file:
                for line in lines:
                    data = line.encode()
                    file.write(data)
                    digest.update(data)
                    rows += 1
                    if sink.size > _WORTH_SENDING:
                        yield sink.take()
            files[name] = {"rows": rows, "sha256": digest.hexdigest()}

        yield from add("README.txt", [README.format(name=company.name, moment=f"{moment:%Y-%m-%d %H:%M} UTC")], 1)
        for model in taken_out():
            yield from add(f"{model._meta.label_lower}.csv", _csv(model, company), 1)
            yield from add(f"{model._meta.label_lower}.jsonl", _json_lines(model, company), 0)
        manifest = {"company": company.slug, "taken_out_at": moment.isoformat(), "files": files}
        yield from add("manifest.json", [json.dumps(manifest, indent=2)], 1)
    yield sink.take()


def taken_out() -> list[type[models.Model]]:
    """The models whose rows go along."""
    return [model for model in tenant_models() if model._meta.label_lower not in LEFT_OUT]


def file_name(company: Company) -> str:
    return f"velory-{company.slug}-{clock.now():%Y-%m-%d}.zip"


def _columns(model: type[models.Model]) -> list[models.Field]:
    return [field for field in model._meta.concrete_fields if not SECRET.search(field.name)]


def _rows(model: type[models.Model], company: Company) -> Iterator[list[Any]]:
    """The company's rows, some at a time."""
    rows = model._base_manager.filter(**{"pk" if model is Company else "company": company.pk}).order_by("pk")
    keys = (field.name for field in _columns(model) if field.is_relation and field.name != "company")
    yield from batched(rows.select_related(*keys).iterator(chunk_size=ROWS_AT_ONCE), ROWS_AT_ONCE)


# For programs


def _json_lines(model: type[models.Model], company: Company) -> Iterator[str]:
    columns = _columns(model)
    for rows in _rows(model, company):
        for row in rows:
            values = {field.attname: getattr(row, field.attname) for field in columns}
            yield json.dumps(values, ensure_ascii=False, default=_as_text) + "\n"


def _as_text(value: Any) -> str:
    """Times in UTC to the microsecond, as the digest of an event has them. The rest as it reads."""
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else str(value)


# For people


def _csv(model: type[models.Model], company: Company) -> Iterator[str]:
    columns = [field for field in _columns(model) if field.name != "company"]
    said = ["sentence"] if issubclass(model, Chained) else []
    yield "\ufeff" + _csv_line([field.name for field in columns] + said)
    for rows in _rows(model, company):
        with override("en"):
            sentences = _sentences(model, rows) if issubclass(model, Chained) else [()] * len(rows)
            lines = [
                _csv_line([*(_readable(row, field) for field in columns), *more])
                for row, more in zip(rows, sentences, strict=True)
            ]
        yield from lines


def _sentences(model: Any, rows: list[Any]) -> list[tuple[str]]:
    """What the lines of a log say."""
    named = {line.pk: line for line in model.objects.filter(pk__in=[row.pk for row in rows]).with_names()}
    return [(named[row.pk].sentence,) for row in rows]


def _readable(row: models.Model, field: models.Field) -> object:
    value = getattr(row, field.name)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return getattr(row, f"get_{field.name}_display")() if field.choices else value


def _csv_line(cells: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([guarded(cell) for cell in cells])
    return line.getvalue()
