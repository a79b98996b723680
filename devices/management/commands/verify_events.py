from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.chain import AuditWalk
from accounts.models import Company
from accounts.scope import every_company
from accounts.signing import NoKey, own_public_key
from accounts.snapshot import snapshot
from devices import checkpoint as checkpoints
from devices.chain import Walk


class Command(BaseCommand):
    """`manage.py verify_events --company acme`: docs/event-log.md."""

    help = "Walks all event logs and audit logs, and names the first broken line of each. Changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--company", metavar="SLUG", help="only this company, such as acme")
        parser.add_argument(
            "--checkpoint", type=Path, metavar="FILE", help="compare with what sign_checkpoint has kept"
        )
        parser.add_argument(
            "--key", metavar="HEX", help="the public key that must have signed it; else that of CHECKPOINT_KEY_FILE"
        )

    def handle(self, *args: Any, company: str | None, checkpoint: Path | None, key: str | None, **options: Any) -> None:
        read = broken = 0
        with snapshot():
            for one in every_company(company):
                walk, audit = Walk(one), AuditWalk(one)
                told = (f"audit log: {fault}" for fault in [audit.first_fault()] if fault is not None)
                found = (f"device {device.pk} ({device}): {fault}" for device, fault in walk.first_faults())
                since = self.compare(one, checkpoint, key) if checkpoint is not None else ()
                for line in chain(found, told, since):
                    self.stdout.write(f"{one.slug}: {line}")
                    broken += 1
                self.stdout.write(
                    f"{one.slug}: {walk.lines} lines of {walk.devices} devices and {audit.lines} of the audit log read"
                )
                read += walk.lines + audit.lines
        if not read:
            where = "Is that the company's short name?" if company else "Is this the right database?"
            raise CommandError(f"0 lines read, so nothing is verified. {where}")
        if broken:
            raise CommandError(f"{broken} faults found.")
        self.stdout.write(f"{read} lines read, every log is intact.")

    def compare(self, company: Company, file: Path, key: str | None) -> Iterator[str]:
        """What has changed since each checkpoint of this company. A company that has none there is a fault too."""
        compared = 0
        try:
            key = key or own_public_key()
            if key is None:
                self.stdout.write(
                    "No key was named (--key) and none is set, so anybody may have signed the checkpoints."
                )
            with file.open(encoding="utf-8") as lines:
                for checkpoint in checkpoints.read(lines):
                    if checkpoint["statement"]["company"] != company.slug:
                        continue
                    compared += 1
                    name = f"checkpoint of {checkpoint['statement']['made_at']}"
                    if why := checkpoints.forged(checkpoint, key):
                        yield f"{name}: {why}"
                        continue
                    for difference in checkpoints.differences(company, checkpoint["heads"]):
                        yield f"{name}: {difference}"
        except (NoKey, OSError, ValueError) as error:
            raise CommandError(f"The checkpoints can't be read: {error}") from error
        if not compared:
            yield f"no checkpoint of this company in {file}"
        self.stdout.write(f"{company.slug}: checkpoints compared: {compared}")
