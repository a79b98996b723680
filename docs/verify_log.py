#!/usr/bin/env python3
"""Checks a downloaded event log of Velory without Velory. Needs Python 3.9 and nothing else.

    python3 verify_log.py velory-log-12-2026-11-24.zip
    python3 verify_log.py velory-log-12-2026-11-24.zip --key 3b6a27bc… --checkpoint checkpoints.jsonl

It looks that the files have the checksums that the manifest names, that each line's digest is right and holds the
digest of the line before, that each name is the one that was sealed, and that the manifest is signed. With --key the
signature must be by this public key, which you should have from somewhere else than from the file. With --checkpoint
it looks that the log still holds what was signed then; a file without a checkpoint of this log is a fault. What all
this proves stands in docs/event-log.md.

Prints what it found. Ends with 0 if the log is intact, else with 1.
"""

import argparse
import hashlib
import json
import sys
import zipfile
from datetime import datetime

# Ed25519 as in RFC 8032, section 5.1.7. Only to verify: nothing here is secret, so nothing has to take constant time.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def add(one, other):
    """The sum of two points, each as (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z."""
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % P, (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = add(result, point)
        point, number = add(point, point), number >> 1
    return result


def same(one, other):
    return (one[0] * other[2] - other[0] * one[2]) % P == 0 == (one[1] * other[2] - other[1] * one[2]) % P


def point_of(content):
    """The point that 32 bytes stand for. Raises ValueError where they stand for none."""
    number = int.from_bytes(content, "little")
    y, sign = number & (2**255 - 1), number >> 255
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if len(content) != 32 or y >= P or (x * x - x2) % P or (x == 0 and sign):
        raise ValueError("no point")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_signed(content, signature, public_key):
    """Whether the signature of the content is this key's; both in hex."""
    try:
        key, signature = bytes.fromhex(public_key), bytes.fromhex(signature)
        number = int.from_bytes(signature[32:], "little")
        if len(signature) != 64 or number >= ORDER:
            return False
        digest = hashlib.sha512(signature[:32] + key + content).digest()
        challenge = int.from_bytes(digest, "little") % ORDER
        return same(times(number, BASE), add(point_of(signature[:32]), times(challenge, point_of(key))))
    except (ValueError, TypeError):
        return False


# The log


def canonical(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def check_signature(content, signature, wanted_key):
    """What is wrong with a signature: its public key and itself, in hex."""
    if not is_signed(content, signature.get("signature"), signature.get("public_key")):
        yield "the signature is not right"
    elif wanted_key and signature["public_key"] != wanted_key:
        yield "signed by another key: " + signature["public_key"]


def check_files(archive, manifest):
    for name, checksum in manifest["files"].items():
        found = hashlib.sha256()
        with archive.open(name) as file:
            for chunk in iter(lambda file=file: file.read(1 << 20), b""):
                found.update(chunk)
        if found.hexdigest() != checksum:
            yield name + " is not the file that the manifest names"


def check_lines(lines, manifest, digests):
    """Walk the chain. Puts the digest of each line whose number is a key of `digests` beside it."""
    previous, number, plates = "", 0, set()
    for text in lines:
        row = json.loads(text)
        if "plate" in row:
            plates.add(row["plate"])
            sealed = hashlib.sha256((row["salt"] + "\0" + row["name"]).encode()).hexdigest()
            if sealed != row["plate"] if row["salt"] else row["name"]:
                yield f"before line {number + 1}: a name is not the one that was sealed"
            continue
        before, device, sequence, actor, _kind, details, _occurred, _recorded = row["line"]
        if sequence != number + 1:
            yield f"line {number + 1} is missing"
        elif before != previous:
            yield f"line {sequence} does not follow the one before"
        if hashlib.sha256(canonical(row["line"])).hexdigest() != row["digest"]:
            yield f"line {sequence} has been changed"
        if device != manifest["log"]["uuid"]:
            yield f"line {sequence} is another log's"
        named = [actor, *(key for role, key in details.items() if role not in ("field", "line", "since") and key)]
        if not plates.issuperset(named):
            yield f"line {sequence} names a plate that is not there"
        previous, number = row["digest"], sequence
        if number in digests:
            digests[number] = previous
    if number != manifest["lines"]:
        yield f"the log ends with line {number}, the manifest says {manifest['lines']}"
    elif previous != manifest["head"]:
        yield f"line {number}, the last, is not the one that the manifest names"


def checkpoints_of(path, uuid):
    """Each checkpoint of the file that knows this device: itself, and the line and digest that it holds."""
    with open(path, encoding="utf-8") as file:
        for text in filter(str.strip, file):
            checkpoint = json.loads(text)
            for device, sequence, digest in checkpoint["heads"]:
                if device == uuid:
                    yield checkpoint, sequence, digest


def moment(text):
    """As logs and checkpoints have it: 2026-11-24T12:30:00+00:00."""
    return datetime.fromisoformat(text)


def check_checkpoint(checkpoint, wanted_key):
    statement = checkpoint["statement"]
    if hashlib.sha256(canonical(checkpoint["heads"])).hexdigest() != statement["digest"]:
        yield "its heads are not those that were signed"
    yield from check_signature(canonical(statement), checkpoint, wanted_key)


def problems(options):
    with zipfile.ZipFile(options.file) as archive:
        content = archive.read("manifest.json")
        manifest = json.loads(content)
        if "manifest.sig" in archive.namelist():
            signature = json.loads(archive.read("manifest.sig"))
            yield from check_signature(content, signature, options.key)
            print("The file is signed by", signature.get("public_key"))
        elif options.key:
            yield "not signed"
        else:
            print("The file is not signed.")
        yield from check_files(archive, manifest)
        found = list(checkpoints_of(options.checkpoint, manifest["log"]["uuid"])) if options.checkpoint else []
        if options.checkpoint and not found:
            yield "no checkpoint of this log in " + options.checkpoint
        for key in sorted({str(checkpoint.get("public_key")) for checkpoint, _sequence, _digest in found}):
            print("The checkpoints are signed by", key)
        if not options.key:
            print("No key was asked for (--key), so anybody may have signed.")
        digests = {sequence: None for _checkpoint, sequence, _digest in found}
        with archive.open("events.jsonl") as lines:
            yield from check_lines(lines, manifest, digests)
        for checkpoint, sequence, digest in found:
            made_at = checkpoint["statement"]["made_at"]
            for problem in check_checkpoint(checkpoint, options.key):
                yield f"checkpoint of {made_at}: {problem}"
            if sequence > manifest["lines"] and moment(manifest["made_at"]) <= moment(made_at):
                print(f"This file is older than the checkpoint of {made_at}. It says nothing of the lines", end=" ")
                print(f"{manifest['lines'] + 1} to {sequence}, which were signed then: download the log anew.")
            elif sequence > manifest["lines"]:
                yield f"checkpoint of {made_at}: line {sequence} was signed before this file was made, and is missing"
            elif digests[sequence] != digest:
                yield f"checkpoint of {made_at}: line {sequence} is not the one that was signed"
    print(f"{manifest['lines']} lines of {manifest['log']['name']}. Checkpoints compared: {len(found)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="the downloaded zip file")
    parser.add_argument("--key", help="the public key that must have signed, in hex")
    parser.add_argument("--checkpoint", help="a file of checkpoints to compare with")
    options = parser.parse_args()
    try:
        found = list(problems(options))
    except OSError as error:
        found = [f"{error.filename or options.file} can't be read: {error.strerror or error}"]
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile):
        found = ["this is not a log of Velory, or not all of it (or not a file of checkpoints)"]
    for problem in found:
        print("BROKEN:", problem)
    if not found:
        print("The log is intact.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
