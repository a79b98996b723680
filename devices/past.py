"""What stands beside a device on Overview: who has had it lately, and what was noted last."""

from typing import Any

from accounts.models import Space, User

from .models import Assignment, Device, Note

NOTES, ASSIGNMENTS = 20, 10

_NOTES, _ASSIGNMENTS, _PEOPLE, _SPACES = (model._meta.db_table for model in (Note, Assignment, User, Space))
# By hand, as Django takes several times as long to write this query as any database to answer it. A note takes the
# columns of an assignment. The company stands in it (accounts/planning.py).
_SQL = f"""
SELECT * FROM (
    SELECT note.id, note.written_at AS started_at, CAST(NULL AS timestamp with time zone) AS ended_at,
        note.text AS note, author.full_name AS person, author.erased_at AS erased_at, NULL AS place
    FROM {_NOTES} note JOIN {_PEOPLE} author ON author.id = note.author_id
    WHERE note.company_id = %(company)d AND note.device_id = %%(device)s
    ORDER BY note.written_at DESC, note.id DESC LIMIT {NOTES}
) AS notes
UNION ALL SELECT * FROM (
    SELECT had.id, had.started_at, had.ended_at, NULL, person.full_name, person.erased_at, space.name
    FROM {_ASSIGNMENTS} had
    LEFT JOIN {_PEOPLE} person ON person.id = had.user_id
    LEFT JOIN {_SPACES} space ON space.id = had.space_id
    WHERE had.company_id = %(company)d AND had.device_id = %%(device)s
    ORDER BY had.started_at DESC, had.id DESC LIMIT {ASSIGNMENTS}
) AS assignments
"""


def read_past(device: Device) -> tuple[list[Note], list[Assignment]]:
    """The latest of both, the newest first, in one query. Of the rows that they refer to they know the names only."""
    rows: Any = Assignment.objects.raw(_SQL % {"company": device.company_id}, {"device": device.pk})
    noted, had = [], []
    for row in sorted(rows, key=lambda row: (row.started_at, row.pk), reverse=True):
        somebody = User(full_name=row.person, erased_at=row.erased_at) if row.person is not None else None
        if row.note is not None:
            noted.append(Note(pk=row.pk, text=row.note, written_at=row.started_at, author=somebody))
        else:
            space = Space(name=row.place) if somebody is None else None
            period = {"started_at": row.started_at, "ended_at": row.ended_at}
            had.append(Assignment(pk=row.pk, user=somebody, space=space, **period))
    return noted, had
