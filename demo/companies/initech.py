"""Initech: on Starter, and the repair flow not released for it yet."""

from accounts.models import Company, User
from demo.products import BROTHER, IPHONE_SE, LATITUDE, THINKVISION
from demo.steps import EMPLOYEE, Assign, Unassign, WriteNote
from demo.stories import Item, Person, Story

PETER, MILENA, BO = "Peter Holm", "Milena Novak", "Bo Lundgren"
OFFICE = "Office"

INITECH = Story(
    name="Initech",
    slug="initech",
    plan=Company.Plan.STARTER,
    released=False,
    began=60,
    people=(
        Person(PETER, "admin@initech.example", User.Role.ADMIN, shown=True),
        Person(MILENA, "employee@initech.example", shown=True),
        Person(BO, "bo.lundgren@initech.example", joined=False),
    ),
    spaces={OFFICE: ""},
    items=(
        Item(LATITUDE, "IN-01", PETER),
        Item(LATITUDE, "IN-02", MILENA),
        Item(LATITUDE, "IN-03", BO, then=(WriteNote(35, "Asked for a lighter one."),)),
        Item(LATITUDE, "IN-04", MILENA, then=(Unassign(50), Assign(22, OFFICE))),
        Item(IPHONE_SE, "IN-05", PETER),
        Item(IPHONE_SE, "IN-06", MILENA, EMPLOYEE),
        Item(THINKVISION, "IN-07", ago=12),
        Item(BROTHER, "IN-08", OFFICE),
    ),
)
