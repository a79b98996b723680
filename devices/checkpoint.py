"""Checkpoints: where the log of every device of a company stood at a moment, signed by a key outside the database.

Whoever owns the database can make a whole chain anew; they can't sign. docs/event-log.md has the format.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from itertools import chain
from typing import Any, NamedTuple

from accounts import clock, signing
from accounts.batches import batched
from accounts.chain import CHUNK
from accounts.models import AuditChain, AuditLine, Company

from .models import Device, Event

FORMAT = "velory-checkpoint/1"

Head = tuple[str, int, str]


class Difference(NamedTuple):
    """A device whose log is not what was signed. `str()` says how."""

    device: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.device}: {self.what % self._asdict()}"


def canonical(value: object) -> bytes:
    """JSON without blanks, keys in order, in UTF-8: what is hashed and signed."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def digest_of(heads: object) -> str:
    """SHA-256 in hex over the canonical heads."""
    return hashlib.sha256(canonical(heads)).hexdigest()


def take(company: Company) -> dict[str, Any]:
    """A signed checkpoint of the company's logs as they stand. Raises signing.NoKey."""
    audit = AuditChain.objects.filter(company=company).values_list("uuid", "log_sequence", "log_digest")
    logs = Device.objects.filter(company=company).values_list("uuid", "log_sequence", "log_digest")
    heads = sorted((uuid.hex, sequence, digest) for uuid, sequence, digest in chain(audit, logs))
    statement = {
        "format": FORMAT,
        "company": company.slug,
        "made_at": clock.now().astimezone(UTC).isoformat(timespec="seconds"),
        "logs": len(heads),
        "digest": digest_of(heads),
    }
    signature = signing.sign(canonical(statement))
    if signature is None:
        raise signing.NoKey("CHECKPOINT_KEY_FILE is not set, and a checkpoint without a signature proves nothing.")
    return {"statement": statement, **signature, "heads": heads}


def read(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The checkpoints of a file, the oldest first. Raises ValueError for what is none."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            checkpoint = json.loads(line)
            checkpoint["heads"] = [
                (str(uuid), int(sequence), str(digest)) for uuid, sequence, digest in checkpoint["heads"]
            ]
            _ = (
                checkpoint["statement"]["company"],
                checkpoint["statement"]["made_at"],
                checkpoint["statement"]["digest"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"line {number} is no checkpoint") from error
        yield checkpoint


def forged(checkpoint: Mapping[str, Any], public_key: str | None) -> str:
    """Why the checkpoint is not what this key has signed, or nothing. Without a key, whether it is signed at all."""
    if digest_of(checkpoint["heads"]) != checkpoint["statement"]["digest"]:
        return "its heads are not those that were signed"
    if public_key is not None and checkpoint.get("public_key") != public_key:
        return f"signed by another key: {checkpoint.get('public_key')}"
    signature = str(checkpoint.get("signature")), str(checkpoint.get("public_key"))
    return "" if signing.is_signed(canonical(checkpoint["statement"]), *signature) else "the signature is not right"


def differences(company: Company, heads: Iterable[Head]) -> Iterator[Difference]:
    """The devices whose log is shorter now than it was, or holds another line there. Longer is as it should be."""
    return chain.from_iterable(_differences(company, some) for some in batched(heads, CHUNK))


def _differences(company: Company, heads: list[Head]) -> Iterator[Difference]:
    uuids = [uuid for uuid, _sequence, _digest in heads]
    devices = {
        device.uuid.hex: device
        for device in Device.objects.filter(company=company, uuid__in=uuids).only("uuid", "name")
    }
    numbers = {sequence for _uuid, sequence, _digest in heads}
    lines = Event.objects.filter(company=company, device__in=devices.values(), sequence__in=numbers)
    stands = {
        (device, sequence): digest for device, sequence, digest in lines.values_list("device", "sequence", "digest")
    }
    audit = AuditChain.objects.filter(company=company).first()
    for uuid, sequence, digest in heads:
        if audit is not None and audit.uuid.hex == uuid:
            signed = AuditLine.objects.filter(company=company, sequence=sequence).first()
            yield from _difference("audit log", sequence, digest, signed.digest if signed else None)
        elif (device := devices.get(uuid)) is None:
            yield Difference(f"log {uuid}", sequence, "is gone, with its %(line)d lines")
        else:
            name = f"device {device.pk} ({device})"
            yield from _difference(name, sequence, digest, stands.get((device.pk, sequence)))


def _difference(name: str, sequence: int, digest: str, found: str | None) -> Iterator[Difference]:
    if found is None:
        yield Difference(name, sequence, "line %(line)d of the log is gone")
    elif found != digest:
        yield Difference(name, sequence, "line %(line)d of the log is not the one that was signed")
