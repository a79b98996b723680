"""Afterwards: is every acknowledged move there, once, with all its effects? `python -m tests.chaos.reckoning`.

Every line of a log that one of the people has written belongs to the request that they had sent last before it was
written, as nobody sends two at a time. Each device is played through these moves by a model of the rules
(tests/chaos/thing.py), and must have become what the model says: status, holder, payor, revision, repairs, MDM
prompts, stays, notes. Reads the journal as JSON, prints what it found as JSON. Run it as the owner; `reckon` does.
"""

import json
import subprocess
import sys
from bisect import bisect_right
from itertools import groupby

from tests.server import ROOT, as_owner, environment_for

from .thing import Impossible, Thing


def reckon(where, yard, journal):
    """In a process of its own. Returns how many moves were found in the logs, and sentences about moves that are
    "lost", "doubled" or "half" there."""
    answer = subprocess.run(
        [sys.executable, "-m", "tests.chaos.reckoning"],
        cwd=ROOT,
        env=environment_for(as_owner(where)),
        input=json.dumps({"yard": yard, "moves": journal.moves}),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(answer.stdout)


def main():
    import django

    django.setup()
    told = json.load(sys.stdin)
    found = {"moves": 0, "lost": [], "doubled": [], "half": []}
    by_person = _by_person(told["moves"])
    for number, move in enumerate(told["moves"]):
        move["number"] = number
    there = set()
    for made in told["yard"]["devices"]:
        thing = Thing(made, told["yard"])
        for move, kinds in _groups(made, by_person):
            problem = _play(thing, made, move, kinds)
            if problem:
                found["half"].append(f"{made['name']}: {problem}")
            elif move["number"] in there:
                found["doubled"].append(_named(move))
            there.add(move["number"] if move else None)
        found["half"] += [f"{made['name']}: {text}" for text in _differences(thing.facts, stored(made["pk"]))]
    found["moves"] = len(there - {None})
    found["lost"] = [_named(move) for move in told["moves"] if move["heard"] == "done" and move["number"] not in there]
    found["half"] += [
        f"refused, but done: {_named(move)}"
        for move in told["moves"]
        if move["heard"] == "refused" and move["number"] in there
    ]
    json.dump(found, sys.stdout)


def _by_person(moves):
    people = {}
    for move in sorted(moves, key=lambda move: move["sent"]):
        people.setdefault(move["by"], []).append(move)
    return people


def _groups(made, by_person):
    """What was done to a device since the yard was built: each move with the kinds of its lines, in their order.
    None for the move where nobody had sent one."""
    from devices.models import Event

    lines = Event.objects.filter(device=made["pk"], sequence__gt=made["lines"]).select_related("actor")
    pairs = [(_sent_by(line, by_person), line) for line in lines.order_by("sequence")]
    for _number, group in groupby(pairs, key=lambda pair: pair[0]["number"] if pair[0] else None):
        run = list(group)
        yield run[0][0], [line.kind for _move, line in run]


def _sent_by(line, by_person):
    sent = by_person.get(line.actor.reference, [])
    place = bisect_right([move["sent"] for move in sent], line.recorded_at.timestamp())
    return sent[place - 1] if place else None


def _play(thing, made, move, kinds):
    """What is wrong with this move, if anything."""
    if move is None or move["device"] != made["pk"]:
        return f"{kinds}, which nobody had asked for"
    try:
        wanted = thing.play(move)
    except Impossible as reason:
        return f"{_named(move)} is in the log, which can't be: {reason}"
    return "" if kinds == wanted else f"{_named(move)} has {kinds}, not {wanted}"


def stored(pk):
    """The facts of a device, as `Thing.facts` has them."""
    from devices.models import Device
    from repairs.models import Repair

    device = Device.objects.get(pk=pk)
    repairs = Repair.objects.filter(device=pk).select_related("mdm_release").order_by("opened_at", "pk")
    stays = device.assignments.order_by("started_at", "pk")
    return {
        "status": device.status,
        "holder": (device.holder_user_id, device.holder_space_id),
        "payor": device.payor_id,
        "revision": device.revision,
        "model": device.model,
        "returned": device.returned_from_repair,
        "repairs": [_repair(repair) for repair in repairs],
        "stays": [(stay.user_id, stay.space_id) for stay in stays],
        "open stays": stays.filter(ended_at=None).count(),
        "notes": sorted(device.notes.values_list("text", flat=True)),
    }


def _repair(repair):
    release = getattr(repair, "mdm_release", None)
    return {
        "reporter": repair.reporter_id,
        "description": repair.description,
        "holder": (repair.holder_user_id, repair.holder_space_id),
        "payor": repair.payor_id,
        "taken in by": repair.taken_in_by_id,
        "closed by": repair.closed_by_id,
        "outcome": repair.outcome,
        "mdm": release and (release.state, release.requested_of_id, release.closed_by_id),
    }


def _differences(wanted, found):
    return [f"{name} is {found[name]!r}, not {fact!r}" for name, fact in wanted.items() if found[name] != fact]


def _named(move):
    return f"{move['verb']} of device {move['device']} by {move['by']} ({move['word']}, heard: {move['heard']})"


if __name__ == "__main__":
    main()
