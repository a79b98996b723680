"""Globex: on Standard, the repair flow released, a smaller house."""

from accounts.models import Company, User
from demo.products import (
    BROTHER,
    GALAXY_S23,
    IPAD,
    IPHONE_14,
    JABRA,
    LATITUDE,
    MACBOOK_PRO,
    PRECISION,
    SCANNER,
    T14,
    THINKVISION,
    ULTRASHARP,
)
from demo.steps import (
    EMPLOYEE,
    Assign,
    BackUp,
    Finish,
    NotEnrolled,
    Recycle,
    ReleaseFromMDM,
    Report,
    TakeIn,
    WriteNote,
)
from demo.stories import Item, Person, Story

INGRID, JONAS, AMARA, PIA = "Ingrid Solheim", "Jonas Keller", "Amara Okafor", "Pia Virtanen"
WORKSHOP, WAREHOUSE = "Workshop", "Warehouse"

PEOPLE = (
    Person(INGRID, "admin@globex.example", User.Role.ADMIN, shown=True),
    Person(JONAS, "employee@globex.example", shown=True),
    Person(AMARA, "amara.okafor@globex.example"),
    Person(PIA, "pia.virtanen@globex.example", joined=False),
)

ITEMS = (
    Item(MACBOOK_PRO, "GX-101", INGRID),
    Item(T14, "GX-102", JONAS),
    Item(
        LATITUDE,
        "GX-103",
        AMARA,
        then=(Report(2, AMARA, "battery", "Only runs with the charger plugged in."),),
    ),
    Item(
        T14,
        "GX-104",
        PIA,
        then=(
            Report(8, INGRID, "keyboard", "The touchpad clicks by itself."),
            BackUp(8, INGRID),
            TakeIn(7),
        ),
    ),
    Item(
        LATITUDE,
        "GX-105",
        JONAS,
        then=(
            Report(49, JONAS, "slow"),
            BackUp(49, JONAS),
            TakeIn(48),
            ReleaseFromMDM(47),
            Recycle(41),
        ),
    ),
    Item(T14, "GX-106", ago=9),
    Item(IPHONE_14, "GX-201", INGRID),
    Item(GALAXY_S23, "GX-202", JONAS, EMPLOYEE),
    Item(
        GALAXY_S23,
        "GX-203",
        AMARA,
        then=(
            Report(30, AMARA, "screen", "Cracked in the corner."),
            BackUp(29, AMARA),
            TakeIn(28),
            ReleaseFromMDM(28),
            Assign(20, AMARA),
        ),
    ),
    Item(IPHONE_14, "GX-204", PIA),
    Item(IPAD, "GX-301", WORKSHOP),
    Item(
        IPAD,
        "GX-302",
        WORKSHOP,
        then=(Report(15, INGRID, "battery"), TakeIn(14), ReleaseFromMDM(14), Finish(5)),
    ),
    Item(PRECISION, "GX-401", WORKSHOP),
    Item(ULTRASHARP, "GX-501", INGRID),
    Item(THINKVISION, "GX-502", JONAS),
    Item(THINKVISION, "GX-503", AMARA),
    Item(THINKVISION, "GX-504", WAREHOUSE),
    Item(BROTHER, "GX-601", WAREHOUSE, then=(WriteNote(60, "Toner: TN-2420, in the cupboard."),)),
    Item(JABRA, "GX-701", JONAS),
    Item(
        SCANNER,
        "GX-801",
        WAREHOUSE,
        then=(
            Report(24, INGRID, "other", "Does not read small labels."),
            TakeIn(24),
            NotEnrolled(24),
            Assign(22, WAREHOUSE),
        ),
    ),
)

GLOBEX = Story(
    name="Globex",
    slug="globex",
    plan=Company.Plan.STANDARD,
    released=True,
    began=120,
    people=PEOPLE,
    spaces={WORKSHOP: "", WAREHOUSE: "Gate 2"},
    cost_centres=("Field service",),
    colleagues_visible=True,
    items=ITEMS,
)
