"""The state machine as docs/moves.md shows it: a diagram and a table of edges, read from the code that runs."""

from collections.abc import Callable
from typing import Any

from django.utils import translation
from django_fsm import Transition

from devices.edges import receivers_on
from devices.models import Device

BEGIN = "<!-- Drawn by `manage.py draw_moves --write`, from here … -->"
END = "<!-- … to here. -->"


def drawing() -> str:
    """The diagram and the table, in English, between their markers."""
    with translation.override("en"):
        return f"{BEGIN}\n\n{diagram()}\n\n{table()}\n\n{END}"


def redrawn(page: str) -> str:
    """The page with a fresh drawing in place of its old one. Raises ValueError where it has no markers."""
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("The page has no markers to draw between.")
    return before + drawing() + after


def diagram() -> str:
    """Statuses and moves in Mermaid. What stands in brackets is the move's guard beside role and status."""
    lines = ["stateDiagram-v2", "    direction LR"]
    lines += [f"    {status.value}: {status.label}" for status in Device.Status]
    lines.append(f"    [*] --> {Device._meta.get_field('status').default}: register")
    for move in moves():
        guard = " [gate]" if move.custom.get("gated") else ""
        lines.append(f"    {move.source} --> {move.target}: {move.name}{guard}")
    return "\n".join(["```mermaid", *lines, "```"])


def table() -> str:
    """One row for each edge: its verb, who may go along it, and what happens on it, in order."""
    rows = ["| move | from → to | who may | gate | then, in this order |", "|---|---|---|---|---|"]
    for move in moves():
        cells = [
            f"**{move.name}**<br>{reference(move.method)}",
            " → ".join(str(Device.Status(str(end)).label) for end in (move.source, move.target)),
            reference(move.permission) if callable(move.permission) else "anybody",
            "must be on" if move.custom.get("gated") else "–",
            "<br>".join(reference(function) for function in receivers_on(str(move.source), str(move.target))),
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def moves() -> list[Transition]:
    """The moves in the order in which the state machine lists them."""
    return sorted(Device.transitions().values(), key=lambda move: move.method.__code__.co_firstlineno)


def reference(function: Callable[..., Any]) -> str:
    """A link to the file that holds the function, from a page in docs/."""
    path = f"{function.__module__.replace('.', '/')}.py"
    return f"[`{path}:{function.__qualname__}`](../{path})"
