"""What stands beside a device on Overview: who has had it lately, and what was noted last."""

from typing import Any

from django.db.models import CharField, DateTimeField, F, QuerySet, TextField, Value

from accounts.models import Space, User

from .models import Assignment, Device, Note

NOTES, ASSIGNMENTS = 20, 10


def read_past(device: Device) -> tuple[list[Note], list[Assignment]]:
    """The latest of both, the newest first, in one query. Of the rows that they refer to they know the names only."""
    notes = _latest(device.notes.all(), NOTES, "-written_at").annotate(
        part=Value("note", CharField()),
        words=F("text"),
        since=F("written_at"),
        until=Value(None, DateTimeField()),
        person=F("author__full_name"),
        erased_at=F("author__erased_at"),
        place=Value(None, CharField()),
    )
    assignments = _latest(device.assignments.all(), ASSIGNMENTS, "-started_at").annotate(
        part=Value("assignment", CharField()),
        words=Value("", TextField()),
        since=F("started_at"),
        until=F("ended_at"),
        person=F("user__full_name"),
        erased_at=F("user__erased_at"),
        place=F("space__name"),
    )
    columns = ("part", "pk", "words", "since", "until", "person", "erased_at", "place")
    rows = list(notes.values_list(*columns).union(assignments.values_list(*columns), all=True))
    noted, had = [], []
    for part, pk, words, since, until, person, erased_at, place in sorted(rows, key=_newest_first, reverse=True):
        somebody = User(full_name=person, erased_at=erased_at) if person is not None else None
        if part == "note":
            noted.append(Note(pk=pk, text=words, written_at=since, author=somebody))
        else:
            space = Space(name=place) if somebody is None else None
            had.append(Assignment(pk=pk, user=somebody, space=space, started_at=since, ended_at=until))
    return noted, had


def _latest(rows: QuerySet[Any], most: int, order: str) -> QuerySet[Any]:
    """SQLite takes a limit within a part of a query, but not for one."""
    return rows.filter(pk__in=rows.order_by(order, "-pk").values("pk")[:most]).order_by()


def _newest_first(row: tuple[Any, ...]) -> tuple[Any, ...]:
    _part, pk, _words, since, *_rest = row
    return since, pk
