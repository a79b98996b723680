"""People who make moves as fast as they are answered, and write down what they were told."""

import random
import threading
import time
from http.client import HTTPException
from itertools import pairwise

from tests.caller import Caller

from .moves import MOVES, POSSIBLE, fields_for

PAUSE = 0.05  # seconds, after something went wrong


class Journal:
    """What everybody did and heard. `moves` are those that were sent, `answers` the times of all good answers."""

    def __init__(self):
        self.moves, self.errors, self.answers = [], [], []

    @property
    def acknowledged(self):
        return [move for move in self.moves if move["heard"] == "done"]

    def longest_outage(self):
        """The longest time in seconds in which nobody got a good answer."""
        times = sorted(self.answers)
        return max((later - earlier for earlier, later in pairwise(times)), default=0)


class Mover(threading.Thread):
    """An IT admin who goes from device to device until `stop` is set."""

    def __init__(self, server, who, yard, journal, stop, seed):
        super().__init__(daemon=True)
        self.caller, self.who, self.yard = Caller(server, who["email"]).sign_in(), who, yard
        self.journal, self.stop, self.dice = journal, stop, random.Random(seed)
        self.number = 0

    def run(self):
        while not self.stop.is_set():
            device = self.dice.choice(self.yard["devices"])["pk"]
            try:
                self.act(device)
            except (OSError, HTTPException) as problem:
                self.note(type(problem).__name__)

    def act(self, device):
        """Look at the device, choose what its status allows, open its form, send it."""
        page = self.look(f"/devices/{device}/")
        if page is None or page.device_status not in POSSIBLE:
            return
        move = MOVES[self.dice.choice(POSSIBLE[page.device_status])]
        if move.page:
            page = self.look(f"/devices/{device}/{move.page}")
        if page is None or page.status != 200:  # somebody was quicker
            return
        self.number += 1
        word = f"word {self.who['pk']}-{self.number}"
        fields = fields_for(move, page, self.yard, word, self.dice)
        sent = {"device": device, "verb": move.verb, "by": self.who["pk"], "word": word, "fields": fields}
        sent |= {"sent": time.time(), "heard": "nothing"}
        self.journal.moves.append(sent)
        page = self.caller.send(f"/devices/{device}/{move.address}", **fields)
        sent["heard"] = self.heard(page)

    def look(self, address):
        """The page, or None where something went wrong."""
        page = self.caller.open(address)
        return page if self.heard(page) != "error" else None

    def heard(self, page):
        """ "done", "refused" (nothing was done), or "error" (nobody knows), which is noted."""
        if page.status >= 500:
            self.note(f"HTTP {page.status}")
            return "error"
        if page.status in (403, 404) or "/login/" in page.location:
            self.note("signed out" if page.location else f"HTTP {page.status}")
            return "refused"
        self.journal.answers.append(time.time())
        return "done" if page.status == 302 else "refused"

    def note(self, kind):
        self.journal.errors.append(kind)
        self.stop.wait(PAUSE)
