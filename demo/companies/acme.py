"""Acme: on Pro, the repair flow released, and something in every stage of it."""

from accounts.models import Company, User
from demo.products import (
    CAMERA,
    CONFERENCE_DISPLAY,
    DOCK,
    ELITEDESK,
    GALAXY_S23,
    GALAXY_TAB,
    IPAD,
    IPHONE_14,
    IPHONE_15,
    IPHONE_SE,
    JABRA,
    KEYBOARD,
    LASERJET,
    LATITUDE,
    MACBOOK_AIR,
    MACBOOK_PRO,
    POLY,
    PRECISION,
    T14,
    THINKVISION,
    ULTRASHARP,
    X1,
)
from demo.steps import (
    COMPANY,
    EMPLOYEE,
    Assign,
    BackUp,
    CannotBackUp,
    Edit,
    Finish,
    Lend,
    LetOrder,
    NotEnrolled,
    Recycle,
    ReleaseFromMDM,
    ReplaceWith,
    Report,
    Restore,
    Revert,
    TakeIn,
    Unassign,
    WriteNote,
)
from demo.stories import Item, Person, Story

NORA, SAMIR = "Nora Berg", "Samir Haddad"
MAYA, OSKAR, LEILA, TOMAS = "Maya Lindqvist", "Oskar Nyström", "Leila Farahani", "Tomás Rivera"
STORAGE, POLARIS, RECEPTION = "IT storage", "Meeting room Polaris", "Reception"
MARKETING, ENGINEERING = "Marketing 4100", "Engineering 4200"

PEOPLE = (
    Person(NORA, "admin@acme.example", User.Role.ADMIN, shown=True),
    Person(MAYA, "employee@acme.example", shown=True),
    Person(SAMIR, "samir.haddad@acme.example", User.Role.ADMIN),
    Person(OSKAR, "oskar.nystrom@acme.example"),
    Person(LEILA, "leila.farahani@acme.example"),
    Person(TOMAS, "tomas.rivera@acme.example", joined=False),
)

REPAIR_INSTRUCTIONS = """\
Bring the device and its charger to the IT storage on the second floor, Monday to Friday, 9 to 16.

Sign out of private accounts first. Nora and Samir lend you another device while yours is away."""

LAPTOPS = (
    Item(MACBOOK_PRO, "LT-001", NORA),
    Item(
        T14,
        "LT-002",
        SAMIR,
        then=(
            Report(96, SAMIR, "battery", "Runs for forty minutes, then shuts down."),
            BackUp(96, SAMIR),
            TakeIn(95),
            ReleaseFromMDM(94),
            Assign(86, SAMIR),
            WriteNote(86, "New battery under warranty."),
        ),
    ),
    Item(X1, "LT-003", MAYA, EMPLOYEE, ago=152),
    Item(
        MACBOOK_AIR,
        "LT-004",
        OSKAR,
        then=(
            Report(7, OSKAR, "screen", "Pink lines across the screen since this morning."),
            BackUp(7, OSKAR),
            TakeIn(6),
            ReleaseFromMDM(6),
            WriteNote(5, "With the service partner, they expect the panel next week."),
        ),
    ),
    Item(
        T14,
        "LT-005",
        LEILA,
        MARKETING,
        then=(
            Report(3, LEILA, "keyboard", "The keys E and R have to be pressed hard."),
            BackUp(2, LEILA),
        ),
    ),
    Item(
        LATITUDE,
        "LT-006",
        TOMAS,
        ENGINEERING,
        then=(
            Report(2, NORA, "does_not_start", "Tomás called: only a blinking light."),
            CannotBackUp(2, NORA),
        ),
    ),
    Item(
        LATITUDE,
        "LT-007",
        LEILA,
        MARKETING,
        then=(
            Report(5, LEILA, "does_not_start", "Black screen after the last update."),
            CannotBackUp(5, LEILA),
            TakeIn(3),
        ),
    ),
    Item(
        T14,
        "LT-008",
        RECEPTION,
        then=(
            Report(12, SAMIR, "damage", "Coffee over the keyboard."),
            TakeIn(12),
            NotEnrolled(11),
        ),
    ),
    Item(
        MACBOOK_AIR,
        "LT-009",
        TOMAS,
        then=(
            Report(71, NORA, "damage", "Fell down the stairs; the hinge is broken."),
            BackUp(71, NORA),
            TakeIn(70),
            ReleaseFromMDM(69),
            WriteNote(62, "A repair would cost more than the device is worth."),
            ReplaceWith(60, MACBOOK_AIR, "LT-017", TOMAS, COMPANY),
        ),
    ),
    Item(
        LATITUDE,
        "LT-010",
        STORAGE,
        then=(
            Report(44, SAMIR, "does_not_start", "The spare that nobody could start."),
            CannotBackUp(44, SAMIR),
            TakeIn(43),
            Recycle(31),
        ),
    ),
    Item(
        T14,
        "LT-011",
        LEILA,
        MARKETING,
        then=(
            Report(38, LEILA, "slow", "Freezes in every video call."),
            BackUp(38, LEILA),
            TakeIn(37),
            ReleaseFromMDM(36),
            LetOrder(28),
        ),
    ),
    Item(T14, "LT-012", STORAGE, then=(Lend(5, "LT-004"),)),
    Item(T14, "LT-013", STORAGE, then=(WriteNote(120, "Charger is in the second drawer."),)),
    Item(LATITUDE, "LT-014", STORAGE),
    Item(T14, "LT-015", ago=4, then=(WriteNote(4, "For the colleague who begins next month."),)),
    Item(
        T14,
        "LT-016",
        LEILA,
        then=(
            Unassign(110),
            Assign(104, TOMAS, ENGINEERING),
            Report(18, NORA, "network", "Loses the wireless network every few minutes."),
            BackUp(18, NORA),
            TakeIn(17),
            ReleaseFromMDM(17),
            Finish(1),
        ),
    ),
    Item(
        LATITUDE,
        "LT-018",
        SAMIR,
        then=(
            Report(58, SAMIR, "sound", "No sound from either loudspeaker."),
            BackUp(58, SAMIR),
            TakeIn(57),
            Recycle(49),
            Restore(48),
            WriteNote(48, "Removed by mistake: it was LT-010 that had to go."),
            Assign(47, STORAGE),
        ),
    ),
    Item(
        LATITUDE,
        "LT-019",
        OSKAR,
        ENGINEERING,
        then=(
            Report(33, OSKAR, "network", "The dock does not see the screens."),
            Revert(32, OSKAR),
            WriteNote(32, "It was the cable of the dock."),
        ),
    ),
)

PHONES = (
    Item(IPHONE_14, "PH-001", NORA),
    Item(GALAXY_S23, "PH-002", SAMIR),
    Item(IPHONE_15, "PH-003", MAYA, EMPLOYEE, ago=131),
    Item(
        GALAXY_S23,
        "PH-004",
        OSKAR,
        EMPLOYEE,
        then=(Report(1, OSKAR, "damage", "Dropped it; the back glass is cracked."),),
    ),
    Item(
        IPHONE_14,
        "PH-005",
        LEILA,
        EMPLOYEE,
        then=(
            Report(81, LEILA, "battery", "Empty by noon."),
            BackUp(80, LEILA),
            TakeIn(79),
            Finish(74),
            Assign(73, LEILA, EMPLOYEE),
        ),
    ),
    Item(IPHONE_SE, "PH-006", TOMAS),
    Item(
        IPHONE_SE,
        "PH-007",
        OSKAR,
        then=(
            Report(66, OSKAR, "screen", "Half of the screen does not react."),
            BackUp(66, OSKAR),
            TakeIn(65),
            ReleaseFromMDM(64),
            LetOrder(55),
        ),
    ),
    Item(
        GALAXY_S23,
        "PH-008",
        LEILA,
        EMPLOYEE,
        then=(
            Report(9, LEILA, "sound", "Callers can't hear me."),
            BackUp(9, LEILA),
            TakeIn(8),
            ReleaseFromMDM(7),
        ),
    ),
    Item(IPHONE_SE, "PH-009", STORAGE),
    Item(
        IPHONE_14,
        "PH-010",
        SAMIR,
        then=(
            Report(16, SAMIR, "battery"),
            BackUp(16, SAMIR),
            TakeIn(15),
            Finish(6),
        ),
    ),
)

TABLETS_AND_DESKTOPS = (
    Item(IPAD, "TB-001", POLARIS),
    Item(IPAD, "TB-002", RECEPTION),
    Item(IPAD, "TB-003", LEILA, MARKETING, ago=88),
    Item(
        GALAXY_TAB,
        "TB-004",
        RECEPTION,
        then=(
            Report(127, SAMIR, "battery", "Swollen battery."),
            TakeIn(127),
            NotEnrolled(126),
            Recycle(124),
        ),
    ),
    Item(ELITEDESK, "DT-001", RECEPTION),
    Item(
        PRECISION,
        "DT-003",
        TOMAS,
        ENGINEERING,
        then=(
            Report(92, SAMIR, "slow", "Stops in the middle of a rendering."),
            BackUp(92, SAMIR),
            TakeIn(90),
            ReleaseFromMDM(90),
            ReplaceWith(83, PRECISION, "DT-002", TOMAS, ENGINEERING),
        ),
    ),
)

MONITORS = (
    Item(ULTRASHARP, "MN-001", NORA),
    Item(ULTRASHARP, "MN-002", NORA, ago=140),
    Item(ULTRASHARP, "MN-003", SAMIR),
    Item(THINKVISION, "MN-004", MAYA),
    Item(ULTRASHARP, "MN-005", OSKAR, ENGINEERING),
    Item(
        THINKVISION,
        "MN-006",
        LEILA,
        MARKETING,
        then=(Report(4, LEILA, "screen", "Flickers as soon as it gets warm."), BackUp(4, LEILA)),
    ),
    Item(ULTRASHARP, "MN-007", TOMAS, ENGINEERING),
    Item(ULTRASHARP, "MN-008", TOMAS, ENGINEERING, ago=83),
    Item(CONFERENCE_DISPLAY, "MN-009", POLARIS),
    Item(THINKVISION, "MN-010", RECEPTION),
    Item(THINKVISION, "MN-011", STORAGE),
    Item(
        THINKVISION,
        "MN-012",
        MAYA,
        then=(
            Report(117, MAYA, "screen", "A dead stripe at the left edge."),
            BackUp(117, MAYA),
            TakeIn(115),
            NotEnrolled(115),
            Recycle(112),
        ),
    ),
)

THE_REST = (
    Item(
        LASERJET,
        "PR-001",
        RECEPTION,
        then=(Report(1, SAMIR, "other", "Pulls in three sheets at once."),),
    ),
    Item(LASERJET, "PR-002", STORAGE, then=(Edit(77, {"supplier": "Office Machines Stockholm"}),)),
    Item(JABRA, "HS-001", MAYA),
    Item(JABRA, "HS-002", OSKAR),
    Item(
        JABRA,
        "HS-003",
        LEILA,
        MARKETING,
        then=(
            Report(52, LEILA, "sound", "The left side is silent."),
            BackUp(52, LEILA),
            TakeIn(52),
            NotEnrolled(52),
            Assign(50, LEILA, MARKETING),
        ),
    ),
    Item(POLY, "HS-004", TOMAS),
    Item(
        POLY,
        "HS-005",
        SAMIR,
        then=(
            Report(10, SAMIR, "sound", "The microphone crackles."),
            BackUp(10, SAMIR),
            TakeIn(10),
            NotEnrolled(10),
        ),
    ),
    Item(JABRA, "HS-006", STORAGE, then=(Unassign(26),)),
    Item(DOCK, "AC-001", NORA),
    Item(DOCK, "AC-002", OSKAR, ENGINEERING),
    Item(CAMERA, "AC-003", POLARIS),
    Item(KEYBOARD, "AC-004", LEILA, MARKETING, ago=64),
    Item(DOCK, "AC-005", ago=4),
)

ACME = Story(
    name="Acme",
    slug="acme",
    plan=Company.Plan.PRO,
    released=True,
    began=180,
    people=PEOPLE,
    spaces={
        STORAGE: "Second floor, beside the stairs: spares, and what waits for its owner.",
        POLARIS: "Eight seats, ground floor.",
        RECEPTION: "Front desk and waiting area.",
    },
    cost_centres=(MARKETING, ENGINEERING),
    repair_instructions=REPAIR_INSTRUCTIONS,
    items=(*LAPTOPS, *PHONES, *TABLETS_AND_DESKTOPS, *MONITORS, *THE_REST),
)
