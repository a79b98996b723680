"""What people of the demo's companies have done: one class for each act, which plays it through Velory's own verbs.

A step says how many working days ago it was. Where nobody is named, somebody of IT did it.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from accounts import clock
from devices.models import Device
from repairs import acts
from repairs.models import MDMRelease, Repair

from .products import Product

if TYPE_CHECKING:
    from .player import Stage

COMPANY, EMPLOYEE = "Company", "Employee"


@dataclass(frozen=True)
class Step:
    ago: int

    def play(self, device: Device, stage: "Stage") -> None:
        """Do it now, which is whatever `accounts.clock` says."""
        raise NotImplementedError


@dataclass(frozen=True)
class Assign(Step):
    to: str
    payor: str = COMPANY

    def play(self, device: Device, stage: "Stage") -> None:
        device.assign(stage.holder(self.to), stage.payors[self.payor], by=stage.it())


@dataclass(frozen=True)
class Unassign(Step):
    def play(self, device: Device, stage: "Stage") -> None:
        device.unassign(by=stage.it())


@dataclass(frozen=True)
class Report(Step):
    by: str = ""
    problem: str = ""
    description: str = ""

    def play(self, device: Device, stage: "Stage") -> None:
        device.move(
            "report",
            by=stage.person_or_it(self.by),
            problem=self.problem,
            description=self.description,
        )


@dataclass(frozen=True)
class BackUp(Step):
    by: str = ""
    how: str = Repair.Backup.DONE

    def play(self, device: Device, stage: "Stage") -> None:
        repair = Repair.objects.open().select_related("device").get(device=device)
        acts.acknowledge_backup(repair, self.how, by=stage.person_or_it(self.by))


@dataclass(frozen=True)
class CannotBackUp(BackUp):
    how: str = Repair.Backup.IMPOSSIBLE


@dataclass(frozen=True)
class Revert(Step):
    by: str = ""

    def play(self, device: Device, stage: "Stage") -> None:
        device.move("revert", by=stage.person_or_it(self.by))


@dataclass(frozen=True)
class TakeIn(Step):
    def play(self, device: Device, stage: "Stage") -> None:
        device.move("take_in", by=stage.it())


@dataclass(frozen=True)
class ReleaseFromMDM(Step):
    state: str = MDMRelease.State.RELEASED

    def play(self, device: Device, stage: "Stage") -> None:
        releases = MDMRelease.objects.select_related("repair__device")
        release = releases.get(repair__device=device, state=MDMRelease.State.OPEN)
        acts.close_mdm_release(release, self.state, by=stage.it())


@dataclass(frozen=True)
class NotEnrolled(ReleaseFromMDM):
    state: str = MDMRelease.State.NOT_ENROLLED


@dataclass(frozen=True)
class Finish(Step):
    """It works again, and nobody has it yet. (To assign it while in repair finishes the repair, too.)"""

    def play(self, device: Device, stage: "Stage") -> None:
        device.move("finish", by=stage.it())


@dataclass(frozen=True)
class Recycle(Step):
    outcome: str = Repair.Outcome.RECYCLED

    def play(self, device: Device, stage: "Stage") -> None:
        device.move("recycle", by=stage.it(), outcome=self.outcome)


@dataclass(frozen=True)
class LetOrder(Recycle):
    """Removed, and whoever had it may order a new one."""

    outcome: str = Repair.Outcome.REPLACED


@dataclass(frozen=True)
class Restore(Step):
    def play(self, device: Device, stage: "Stage") -> None:
        device.move("restore", by=stage.it())


@dataclass(frozen=True)
class ReplaceWith(Step):
    """A new device is registered and handed over, and the old one is removed."""

    product: Product
    tag: str
    to: str
    payor: str = COMPANY

    def play(self, device: Device, stage: "Stage") -> None:
        stage.devices[self.tag] = acts.replace(
            device,
            by=stage.it(),
            holder=stage.holder(self.to),
            payor=stage.payors[self.payor],
            **stage.describe(self.product, self.tag, bought=clock.now()),
        )


@dataclass(frozen=True)
class Lend(Step):
    """Somebody whose own device is in repair has this one until then."""

    instead_of: str
    payor: str = COMPANY

    def play(self, device: Device, stage: "Stage") -> None:
        repair = Repair.objects.open().get(device=stage.devices[self.instead_of])
        acts.lend(device, repair, stage.payors[self.payor], by=stage.it())


@dataclass(frozen=True)
class WriteNote(Step):
    text: str

    def play(self, device: Device, stage: "Stage") -> None:
        device.add_note(self.text, by=stage.it())


@dataclass(frozen=True)
class Edit(Step):
    fields: dict[str, Any] = field(hash=False)

    def play(self, device: Device, stage: "Stage") -> None:
        device.edit(by=stage.it(), **self.fields)


@dataclass(frozen=True)
class Register(Step):
    """The beginning of each story; `Item.steps` puts it there. What was old by then had been bought long before."""

    product: Product
    tag: str
    holder: str
    payor: str
    was_old: bool

    def play(self, device: Device | None, stage: "Stage") -> None:
        by = stage.it()
        age = stage.rng.randint(90, 1100) if self.was_old else stage.rng.randint(2, 9)
        stage.devices[self.tag] = Device.objects.register(
            stage.company,
            by=by,
            holder=stage.holder(self.holder) if self.holder else None,
            payor=stage.payors[self.payor] if self.holder else None,
            **stage.describe(self.product, self.tag, bought=clock.now() - timedelta(days=age)),
        )
