"""The pages for people keep what they promise: what they name exists, what they draw is so, nothing is missing."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils.translation import override

from accounts import triggers
from devices.edges import receivers_on
from devices.models import Device
from devices.wording import SENTENCES
from velory.templatetags.icons import pictures

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")])
MOVES = ROOT / "docs" / "moves.md"

# What docs/moves.md has to cover: every row of the product's tables and every rule beside them, by heading. Whoever
# adds a rule adds its row, here and there.
ROWS = {
    "The state machine": ["report", "revert", "take_in", "finish", "recycle", "restore"],
    "Words": [
        "Company",
        "User",
        "Space",
        "Holder",
        "Payor",
        "Device",
        "Repair",
        "MDM release",
        "Event",
        "Replacement device",
    ],
    "Statuses": ["active", "needs_repair", "in_repair", "recycled"],
    "Moves": ["report", "revert", "intake", "finish", "finish and assign", "recycle", "restore"],
    "Assigning": [
        "back to the previous holder in one click",
        "to another user or space",
        "payor required each time, and preselected",
        "unassigning by any road sets the repair payor",
        "only to active people and open spaces",
        "where the previous holder can't have it any more",
        "while it needs repair, holder and payor stand still",
        "who has their device back and still holds a replacement",
        "as a replacement, while somebody's own is in repair",
        "a finish without assignment reminds at once",
    ],
    "Replaced": [
        "Register replacement",
        "its form is prefilled",
        "Remove device asks which it is",
        "Overview offers the same two beside assigning",
    ],
    "Backup prompt": [
        "only admins report what a space or nobody holds",
        "the prompt goes to the user who holds it",
        "it stands on My devices and the Support tab until",
        "after intake an admin reads not backed up",
    ],
    "MDM prompt": [
        "opens at intake, and never blocks",
        "an admin answers",
        "while open it stands on the Support tab",
        "a finish closes it",
        "after recycling it stays open",
    ],
    "No other way": [
        "no move but these exists",
        "a stale page or a second click",
        "a device that was sold or lost",
        "a serial number is unique in its company",
    ],
    "Event log": [
        "… registered device.",
        "… registered device, in repair.",
        "… registered device, in need of repair.",
        "… reported device in need of repair.",
        "… marked device as not in repair.",
        "… moved device to In repair.",
        "… unassigned device from <holder>.",
        "… changed payor from <before> to <after>.",
        "… was asked to release device from MDM.",
        "… released device from MDM.",
        "… marked device as not enrolled in MDM.",
        "… assigned device to <holder>.",
        "… assigned repaired device to <holder>.",
        "… removed device from Velory.",
        "… registered <device> as replacement.",
        "… assigned <device> as replacement to <user>.",
        "… restored device to Velory.",
        "… confirmed a backup.",
        "… could not back up device: it does not start.",
        "… added a note.",
        "… added a late entry: “<text>”.",
        "… corrected line <line>: “<text>”.",
        "… noted that device went into repair.",
        "… noted that device was repaired.",
        "… noted that device could not be repaired.",
        "… noted that device was replaced.",
        "… noted that device did not need a repair.",
        "… took back what was noted of past repairs by an import.",
        "… changed <field> from <before> to <after>.",
        "the assignment after a repair says all",
        "automatic steps are lines of their own",
        "a step that changed nothing has no line",
        "in the reader's language; exports are English",
        "a line keeps the names as they were",
        "both times show where they differ",
        "append-only",
    ],
    "Who sees what": [
        "employees see what they hold",
        "of a device that is away they see the steps",
        "employees never see notes and costs",
        "a company setting, off by default",
        "admins see and run everything of their own company",
        "the last active admin",
        "what you may not see is 404",
        "what you see but may not do is 403",
        "a move that the status forbids is 409",
        "signed out",
        "an address in use elsewhere",
        "used people, spaces and payors are closed",
        "refused with the reason",
        "support staff",
        "the rest is read-only",
    ],
    "The gate": [
        "on when",
        "off: report and intake are refused",
        "off: the Support tab says so",
        "off: what is in the flow can still be ended",
        "off: a repair table stays in the menu",
    ],
    "Screens": [
        "Sidebar",
        "Search",
        "Hardware tables",
        "Sort, filter, page, and export",
        "Acting on many",
        "Device page",
        "Support tab, employee",
        "Support tab, admin",
        "Repairs",
        "Earlier repairs",
        "Archived shows the outcome",
        "No repair instructions",
        "Confirmation windows",
        "Overview, in repair",
        "My devices",
    ],
}


def read(page):
    return page.read_text(encoding="utf-8")


def named(page):
    return str(page.relative_to(ROOT))


def test_the_icons_are_drawn_as_they_are_named():
    for path, picture in pictures().items():
        assert read(ROOT / "static" / path) == picture, "run manage.py draw_icons"


# The state machine, drawn


def test_the_drawing_is_in_step_with_the_code():
    call_command("draw_moves", check=True)


def test_a_drawing_that_is_out_of_step_is_refused_and_redrawn(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    page = tmp_path / "docs" / "moves.md"
    page.parent.mkdir()
    page.write_text(read(MOVES).replace("needs_repair --> active: revert", "needs_repair --> active"), encoding="utf-8")
    with pytest.raises(CommandError, match="draw_moves --write"):
        call_command("draw_moves", check=True)
    call_command("draw_moves", write=True)
    assert read(page) == read(MOVES)
    page.write_text("# Moves\n", encoding="utf-8")
    with pytest.raises(CommandError, match="markers"):
        call_command("draw_moves", write=True)


def test_the_drawing_is_printed_in_english():
    output = StringIO()
    with override("sv"):
        call_command("draw_moves", stdout=output)
    assert "needs_repair: Active - needs repair" in output.getvalue()
    assert output.getvalue().strip() in read(MOVES)


def test_an_edge_names_its_receivers_in_the_order_of_their_calls():
    names = [function.__name__ for function in receivers_on("needs_repair", "in_repair")]
    assert names == ["log_intake", "unassign", "remember_intake", "prompt_mdm_release"]


# Every row


def rows_by_heading(text):
    """The cells of the tables' rows by heading, without the tables' own heads. The first cell is plain text."""
    rows: dict[str, list[list[str]]] = {}
    heading, below = "", False
    for line in text.splitlines():
        if line.startswith("#"):
            heading, below = line.lstrip("# "), False
        elif not line.startswith("|"):
            below = False
        elif line.startswith("|---"):
            below = True
        elif below:
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            cells[0] = re.sub(r"[*`\\]|<br>.*", "", cells[0])
            rows.setdefault(heading, []).append(cells)
    return rows


@pytest.mark.parametrize("heading", ROWS)
def test_every_rule_has_its_row_and_whoever_holds_it(heading):
    rows = rows_by_heading(read(MOVES))[heading]
    assert len(rows) == len(ROWS[heading])
    for wanted, cells in zip(ROWS[heading], rows, strict=True):
        assert cells[0].startswith(wanted)
        assert any(REFERENCE.search(cell) for cell in cells), f"nothing holds: {cells[0]}"


def test_the_rows_are_the_codes_own():
    assert ROWS["Statuses"] == Device.Status.values
    assert set(ROWS["The state machine"]) == set(Device.transitions())
    with override("en"):
        code = {re.sub(r"%\((\w+)\)s", r"<\1>", str(words)).replace("<actor>", "…") for words in SENTENCES.values()}
    assert {line for line in ROWS["Event log"] if line.startswith("…")} == code


def test_what_the_database_is_said_to_hold_stands_there():
    standing = {"SameCompany", *triggers.statements("sqlite"), *triggers.statements("postgresql")}
    for app in ("accounts", "devices", "repairs"):
        for model in apps.get_app_config(app).get_models():
            standing |= {constraint.name for constraint in model._meta.constraints}
    named_there = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", read(MOVES))) - set(Device.Status.values)
    assert named_there <= standing


# What a page names


# `repairs/receivers.py:prompt_mdm_release`, `templates/base.html`
REFERENCE = re.compile(r"`((?:[\w.-]+/)*[\w-]+\.(?:py|html|js|css|md|toml|txt))(?::([\w.]+))?`")


@cache
def names_in(path):
    """Everything that a module defines, classes with what they define: {"Repair", "Repair.Meta", "Repair.outcome"}."""

    def names(body, prefix=""):
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                yield prefix + node.name
            if isinstance(node, ast.ClassDef):
                yield from names(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield from (prefix + target.id for target in targets if isinstance(target, ast.Name))

    return set(names(ast.parse(read(path)).body))


@pytest.mark.parametrize("document", PAGES, ids=named)
def test_every_file_and_function_that_a_page_names_exists(document):
    missing = []
    for path, name in REFERENCE.findall(read(document)):
        file = ROOT / path
        if "/" in path and not (file.exists() and (not name or name in names_in(file))):
            missing.append(f"{path}:{name}")
    assert missing == []


def anchors(page):
    """The headings of a page as addresses, the way GitHub and its like make them."""
    headings = re.findall(r"^#+ (.+)$", read(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", PAGES, ids=named)
def test_every_link_leads_somewhere(document):
    dead = []
    for words, address in re.findall(r"\[([^\]]*)\]\(([^)\s]+)\)", read(document)):
        if re.match(r"[a-z]+:", address):
            continue
        path, _, anchor = address.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(address)
        elif reference := REFERENCE.fullmatch(words):
            assert target == ROOT / reference[1], f"{words} leads to {address}"
    assert dead == []


def test_the_readme_gives_a_reason_for_each_dependency():
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    packages = [re.match(r"[\w-]+", requirement)[0] for requirement in wanted]
    rows = rows_by_heading(read(ROOT / "README.md"))["Dependencies"]
    assert sorted(cells[0] for cells in rows) == sorted(packages)
    assert all(len(cells[1]) > 3 for cells in rows)


def test_every_make_target_that_a_page_names_exists():
    makefile = read(ROOT / "Makefile")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    asked = {target for page in PAGES for target in re.findall(r"\bmake ([a-z-]+)\b(?=[`\s:])", code_of(page))}
    assert {"demo", "test"} <= asked <= targets
    offered = set(re.findall(r'@echo "make ([a-z-]+)', makefile))
    assert offered <= asked, "README leaves out what `make help` offers"


@pytest.mark.one_database
@pytest.mark.parametrize("settings", [{}, {"DJANGO_SETTINGS_MODULE": "tests.settings"}], ids=["without", "with"])
def test_what_a_make_target_runs_of_the_tests_can_begin(settings):
    """Imported outside pytest, which has set Django up before anything else; with settings where the target has."""
    runs = [line for line in read(ROOT / "Makefile").splitlines() if "/python -m tests" in line]
    lines = [line for line in runs if ("DJANGO_SETTINGS_MODULE=" in line) == bool(settings)]
    modules = {module for line in lines for module in re.findall(r"/python -m (tests[\w.]*)", line)}
    assert modules >= ({"tests.chaos", "tests.races", "tests.bench.hardware"} if settings else {"tests"})
    packages = {module for module in modules if (ROOT / module.replace(".", "/")).is_dir()}
    imports = "\n".join(f"import {module}" for module in [*modules, *(f"{package}.__main__" for package in packages)])
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "PYTEST"))}
    command = [sys.executable, "-c", imports]
    done = subprocess.run(command, cwd=ROOT, env=kept | settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def code_of(page):
    """What stands in code font on a page, or in a block of code."""
    text = read(page)
    return "\n".join(re.findall(r"```\w*\n(.*?)```", text, re.DOTALL) + re.findall(r"(?<!`)`[^`\n]+`(?!`)", text))


def test_the_changelog_tells_of_this_version():
    version = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]["version"]
    heading = rf"^## \[{re.escape(version)}\] - (Unreleased|\d{{4}}-\d\d-\d\d)$"
    assert re.search(heading, read(ROOT / "CHANGELOG.md"), re.MULTILINE)


# What no page and no other file names

# Package indexes, and paths that only exist on somebody's own machine. (None of these patterns matches itself.)
FOREIGN = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:com|org)|(?<!no-emit-)(?:extra-)?index[-]url|https?://\S+/simple/"
    r"|(?<![\w.])/(?:home|root|work|Users)/\w",
)
OURS = {".ci", ".env.example", ".gitignore", ".github"}
NOT_TEXT = {".png", ".mo", ".pyc", ".sqlite3"}


def files():
    """Every file of the project, without hidden ones that aren't ours and what an installation keeps to itself."""
    for folder, folders, names in os.walk(ROOT):
        kept = [name for name in folders if (name in OURS or not name.startswith(".")) and name != "__pycache__"]
        folders[:] = [name for name in kept if Path(folder, name) not in (ROOT / "var", ROOT / "test-results")]
        for name in names:
            path = Path(folder, name)
            if (name in OURS or not name.startswith(".")) and path.suffix not in NOT_TEXT:
                yield path


def test_no_file_names_a_package_index_or_somebodys_own_machine():
    found = [
        f"{named(path)}:{number}: {line.strip()[:80]}"
        for path in files()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if FOREIGN.search(line)
    ]
    assert found == []
