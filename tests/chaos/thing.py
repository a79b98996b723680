"""What a device must have become by the moves that its log tells of: worked out without Velory's own code."""

IN_REPAIR, NEEDS_REPAIR, ACTIVE, RECYCLED = "in_repair", "needs_repair", "active", "recycled"


class Impossible(Exception):
    """No such move leads on from here."""


class Thing:
    """A device of the yard. `play` takes it through one move and returns the kinds of the lines that belong to it."""

    def __init__(self, made, yard):
        self.payors, self.payor = yard["payors"], made["payor"]
        self.user, self.space = made["user"], made["space"]
        self.status, self.revision, self.model = ACTIVE, made["revision"], ""
        self.returned = False
        self.repairs, self.notes = [], []
        self.stays = [(self.user, self.space)] if self.user or self.space else []

    @property
    def facts(self):
        """As `reckoning.stored` reads them from the rows."""
        held = bool(self.user or self.space)
        return {
            "status": self.status,
            "holder": (self.user, self.space),
            "payor": self.payor,
            "revision": self.revision,
            "model": self.model,
            "returned": self.returned,
            "repairs": self.repairs,
            "stays": self.stays,
            "open stays": int(held),
            "notes": sorted(self.notes),
        }

    def play(self, move):
        """Raises Impossible."""
        before = self.revision
        lines = getattr(self, move["verb"])(move, move["by"])
        if move["verb"] not in ("edit", "note") and move["fields"]["seen"] != before:
            raise Impossible(f"seen {move['fields']['seen']}, was {before}")
        return lines

    def report(self, move, by):
        self._go(ACTIVE, NEEDS_REPAIR)
        self.repairs.append(
            {
                "reporter": by,
                "description": move["word"],
                "holder": (self.user, self.space),
                "payor": self.payor,
                "taken in by": None,
                "closed by": None,
                "outcome": "",
                "mdm": None,
            }
        )
        return ["reported"]

    def revert(self, move, by):
        self._go(NEEDS_REPAIR, ACTIVE)
        self._close("not_needed", by)
        return ["not_in_repair"]

    def take_in(self, move, by):
        self._go(NEEDS_REPAIR, IN_REPAIR)
        lines = ["taken_in"]
        if self.user or self.space:
            lines.append("unassigned")
        self.user = self.space = None
        lines += self._pay(self.payors["company"])
        self.revision += 1
        self.repairs[-1] |= {"taken in by": by, "mdm": ("open", by, None)}
        return [*lines, "mdm_asked"]

    def finish(self, move, by):
        self._finish(by)
        return ["not_in_repair"]

    def recycle(self, move, by):
        self._go(IN_REPAIR, RECYCLED)
        self.returned = False
        self._close("recycled", by)
        return ["removed"]

    def restore(self, move, by):
        self._go(RECYCLED, ACTIVE)
        return ["restored"]

    def assign(self, move, by):
        fields, lines = move["fields"], []
        if self.status == IN_REPAIR:
            self._finish(by)
        elif self.status != ACTIVE:
            raise Impossible(self.status)
        to = (fields.get("user"), fields.get("space"))
        if to != (self.user, self.space):
            if self.user or self.space:
                lines.append("unassigned")
            lines.append("assigned_repaired" if self.returned else "assigned")
            self.user, self.space = to
            self.stays.append(to)
            self.returned = False
        self.revision += 1
        return lines + self._pay(fields["payor"])

    def edit(self, move, by):
        self.model = move["word"]
        return ["field_changed"]

    def note(self, move, by):
        self.notes.append(move["word"])
        return ["note_added"]

    def _go(self, source, target):
        if self.status != source:
            raise Impossible(f"{self.status}, not {source}")
        self.status = target
        self.revision += 1

    def _finish(self, by):
        self._go(IN_REPAIR, ACTIVE)
        self.returned = True
        self._close("repaired", by)
        _state, asked, _closed = self.repairs[-1]["mdm"]
        self.repairs[-1]["mdm"] = ("not_needed", asked, by)

    def _close(self, outcome, by):
        self.repairs[-1] |= {"outcome": outcome, "closed by": by}

    def _pay(self, payor):
        changed = payor != self.payor
        self.payor = payor
        return ["payor_changed"] if changed else []
