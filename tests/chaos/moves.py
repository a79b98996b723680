"""What people of the round do to a device, each move with where its form stands and what it is filled in with."""

import random
from typing import NamedTuple


class Move(NamedTuple):
    """`page` and `address` are below the device's own address."""

    verb: str
    page: str
    address: str


_WINDOWS = {
    "take_in": "repair/intake/",
    "revert": "repair/revert/",
    "finish": "repair/finish/",
    "recycle": "repair/remove/",
    "restore": "restore/",
}
MOVES = {verb: Move(verb, address, address) for verb, address in _WINDOWS.items()} | {
    "report": Move("report", "support/", "support/"),
    "assign": Move("assign", "", "assign/"),
    "edit": Move("edit", "edit/", "edit/"),
    "note": Move("note", "", "notes/"),
}
# By status, more often what leads on.
POSSIBLE = {
    "active": ["report", "report", "assign", "edit", "note"],
    "needs_repair": ["take_in", "take_in", "take_in", "revert", "edit", "note"],
    "in_repair": ["assign", "assign", "finish", "recycle", "edit", "note"],
    "recycled": ["restore"],
}


def fields_for(move, page, yard, word, dice: random.Random):
    """What is sent, with `word`, which stands nowhere else, where the move has room for it."""
    seen = {"seen": page.seen}
    if move.verb == "report":
        return seen | {"needs_repair": "on", "problem": "screen", "description": word}
    if move.verb == "recycle":
        return seen | {"outcome": "recycled"}
    if move.verb == "assign":
        if dice.random() < 0.5:
            return seen | {"way": "space", "space": dice.choice(yard["spaces"]), "payor": yard["payors"]["company"]}
        to, payor = dice.choice(yard["employees"])["pk"], dice.choice(sorted(yard["payors"].values()))
        return seen | {"way": "user", "user": to, "payor": payor}
    if move.verb == "edit":
        return page.form("model") | {"model": word}
    return {"text": word} if move.verb == "note" else seen
