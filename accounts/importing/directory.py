"""The people, spaces and payors that a file's rows may mean: those the company has, and those it is about to get."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from accounts.models import Company, Payor, Space, User
from accounts.text import name_key


@dataclass(eq=False, slots=True)
class NewPerson:
    """Somebody whom the file names and the company doesn't know. Made when the first row needs them."""

    email: str
    full_name: str
    row: User | None = None

    def made(self, company: Company) -> User:
        """The person, stored: an employee who has not joined. Without a name they go by their address."""
        if self.row is None:
            name = self.full_name or self.email[:150]
            self.row = User.objects.create_user(self.email, company=company, full_name=name)
        return self.row


@dataclass(eq=False, slots=True)
class NewSpace:
    """A space that the file names and the company doesn't have. Made when the first row needs it."""

    name: str
    row: Space | None = None
    # The first line that isn't refused and needs it.
    first_line: int | None = None

    def made(self, company: Company) -> Space:
        """The space, stored."""
        if self.row is None:
            self.row = Space.objects.create(company=company, name=self.name)
        return self.row


def make_all(newcomers: Iterable[NewPerson | NewSpace], company: Company) -> None:
    """`made` for each of these that isn't yet, in two statements."""
    missing = list({id(new): new for new in newcomers if new.row is None}.values())
    people = [new for new in missing if isinstance(new, NewPerson)]
    spaces = [new for new in missing if isinstance(new, NewSpace)]
    for person in people:
        person.row = User(company=company, email=person.email, full_name=person.full_name or person.email[:150])
        person.row.set_unusable_password()
    for space in spaces:
        space.row = Space(company=company, name=space.name)
    User.objects.bulk_create([person.row for person in people if person.row is not None])
    Space.objects.bulk_create([space.row for space in spaces if space.row is not None])


@dataclass
class Directory:
    """One company's people by address and by name, spaces and payors by name. Reads each of them once."""

    company: Company
    people: dict[str, User | NewPerson] = field(default_factory=dict)
    spaces: dict[str, Space | NewSpace] = field(default_factory=dict)
    payors: dict[str, Payor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._called: dict[str, list[User]] = defaultdict(list)
        names = ("company_id", "email", "full_name", "is_active", "role", "erased_at")
        for person in self.company.users.only(*names):
            person.company = self.company
            self.people[person.email] = person
            self._called[name_key(person.full_name)].append(person)
        self.spaces = {name_key(space.name): space for space in self.company.spaces.all()}
        for payor in self.company.payors.all():
            self.payors |= {name_key(payor.name): payor, name_key(str(payor)): payor}

    def person(self, email: str, full_name: str) -> User | NewPerson:
        """Whoever has this address; the name is for somebody new."""
        return self.people.setdefault(email, NewPerson(email, full_name))

    def people_called(self, full_name: str) -> list[User]:
        """Everybody of this name whom the company has already, the active ones if there are any."""
        called = self._called[name_key(full_name)]
        return [person for person in called if person.is_active] or called

    def space(self, name: str) -> Space | NewSpace:
        """The space of this name, whatever its letter case."""
        return self.spaces.setdefault(name_key(name), NewSpace(name))

    def has_space(self, name: str, line: int) -> bool:
        """Whether there is one of this name by the time that the file has come to this line."""
        space = self.spaces.get(name_key(name))
        if isinstance(space, NewSpace):
            return space.first_line is not None and space.first_line < line
        return space is not None

    def payor(self, name: str) -> Payor | None:
        return self.payors.get(name_key(name))
