"""How the demo's companies are written down: who works there, what they have, and what became of each thing."""

from dataclasses import dataclass, field

from accounts.models import Company, User

from .products import Product
from .steps import COMPANY, Register, Step


@dataclass(frozen=True)
class Person:
    full_name: str
    email: str
    role: str = User.Role.EMPLOYEE
    # Whoever has not joined holds devices, and would get a link for choosing a password.
    joined: bool = True
    # Named when the demo starts.
    shown: bool = False


@dataclass(frozen=True)
class Item:
    """One device: named after the product and its tag, with somebody (or nobody) from the start, and its story."""

    product: Product
    tag: str
    holder: str = ""
    payor: str = COMPANY
    # In working days. Empty: it was there when the company began with Velory.
    ago: int | None = None
    then: tuple[Step, ...] = ()

    def steps(self, began: int) -> list[Step]:
        """The whole story, with its beginning: `began` is when the company came to Velory, in working days ago."""
        ago = began if self.ago is None else self.ago
        was_old = self.ago is None
        first = Register(ago, self.product, self.tag, self.holder, self.payor, was_old)
        return [first, *self.then]


@dataclass(frozen=True)
class Story:
    """A company, and what its people have done since it came to Velory, `began` working days ago."""

    name: str
    slug: str
    plan: str
    released: bool
    began: int
    people: tuple[Person, ...]
    items: tuple[Item, ...]
    spaces: dict[str, str] = field(default_factory=dict)
    cost_centres: tuple[str, ...] = ()
    repair_instructions: str = ""
    colleagues_visible: bool = False

    @property
    def summary(self) -> str:
        """One line for whoever chooses a sign-in."""
        gate = "" if self.released else ", repair flow not released"
        return f"{self.name} ({Company.Plan(self.plan).label}{gate})"
