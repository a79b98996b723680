"""A company on a server of its own, with people who are signed in and act at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.caller import Caller

WAYS = {
    "active": [],
    "needs_repair": ["report"],
    "in_repair": ["report", "take in"],
    "recycled": ["report", "take in", "remove"],
}
# Where the form of an act stands that has no page of its own.
FORMS = {"assign/": "", "repair/backup/": "support/", "repair/mdm/": "support/"}


class Site:
    """`admins` are as many people as may ever race."""

    def __init__(self, server, yard):
        self.yard = yard
        self.admins = [Caller(server, who["email"]).sign_in() for who in yard["admins"]]
        self.founder = self.admins[0]
        self._number = 0
        self._pool = ThreadPoolExecutor(len(self.admins))

    def word(self):
        """One that stands nowhere yet."""
        self._number += 1
        return f"Word {self._number}"

    def device(self, status, held):
        """A new device, taken to this status by its pages; `held` by an employee until it is taken in. Returns its
        address."""
        fields = {"name": self.word(), "category": "Laptop"}
        if held:
            fields |= {"holder": f"user-{self.yard['employees'][0]['pk']}", "payor": self.yard["payors"]["company"]}
        address = self._did(self.founder.send("/devices/new/", **fields))
        for verb in WAYS[status]:
            below, fields = self.act(verb)
            self._did(self.founder.send(address + below, seen=self.form_of(address, below).seen, **fields))
        return address

    def page(self, address, below=""):
        page = self.founder.open(address + below)
        assert page.status == 200, (address + below, page.status)
        return page

    def form_of(self, address, below):
        """The page with the form of an act."""
        return self.page(address, FORMS.get(below, below))

    def at_once(self, requests):
        """Sends them at the same moment, each by somebody else: (address, fields). Returns the pages."""
        start = Barrier(len(requests))

        def run(caller, request):
            address, fields = request
            start.wait(timeout=20)
            return caller.send(address, **fields)

        return list(self._pool.map(run, self.admins, requests))

    def act(self, name):
        """What is sent, and where below the device's address, beside the `seen` that every form carries."""
        person, other = (one["pk"] for one in self.yard["employees"][:2])
        shelf, company = self.yard["spaces"][0], self.yard["payors"]["company"]
        new = {"name": "A new one", "category": "Laptop", "holder": f"user-{person}", "payor": company}
        acts = {
            "report": ("support/", {"needs_repair": "on", "problem": "screen"}),
            "take in": ("repair/intake/", {}),
            "revert": ("repair/revert/", {}),
            "finish": ("repair/finish/", {}),
            "remove": ("repair/remove/", {"outcome": "recycled"}),
            "replace": ("repair/replace/", new),
            "restore": ("restore/", {}),
            "unassign": ("unassign/", {}),
            "give": ("assign/", {"way": "user", "user": other, "payor": company}),
            "shelve": ("assign/", {"way": "space", "space": shelf, "payor": company}),
            "note": ("notes/", {"text": self.word()}),
            "backed up": ("repair/backup/", {"how": "done"}),
            "does not start": ("repair/backup/", {"how": "impossible"}),
            "released": ("repair/mdm/", {"state": "released"}),
            "not enrolled": ("repair/mdm/", {"state": "not_enrolled"}),
        }
        return acts[name]

    def _did(self, page):
        assert page.status == 302, (page.status, page.message)
        return page.location
