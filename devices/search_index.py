"""The index in which a search finds fragments of words: trigrams on PostgreSQL, FTS5 on SQLite.

On PostgreSQL the index is reached through a function of the owner's. Row level security lets no condition but a few
that can't leak be looked up in an index before the policy has had its say, and LIKE is none of them; so the function
takes the company from the same setting as the policy does, and gives out nothing but keys of that company's devices.

Both are put up after every migrate, as triggers are (accounts/walls.py): a remake of a table on SQLite drops those.
On SQLite the index has a blank around each text, so that it knows where words begin and end, as PostgreSQL's does.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections, router
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.rights import OPEN_FUNCTIONS, open_function

from .models import Device

# Shorter fragments are in no index.
SHORTEST = 3
# Nor are those that have no trigram on PostgreSQL: it knows letters and digits, and where these begin and end.
_TRIGRAM = re.compile(r"[^\W_]{3}|[^\W_]{2}[\W_]|[\W_][^\W_]")
# The first so many devices are tried; where so many of them match, the fragments count as broad.
TRIED, BROAD = 300, 10
# No more devices than these are looked up one by one.
MOST = 2000

_TABLE = Device._meta.db_table

_INDEX = f"""
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;
CREATE INDEX IF NOT EXISTS device_search ON {_TABLE} USING gin (company_id, search_text gin_trgm_ops);
"""

# As PostgreSQL writes it back (accounts/rights.py). It expects so little of a LIKE that it would read and sort all
# devices of the company for the first ones.
_FUNCTION = f"""CREATE OR REPLACE FUNCTION public.velory_devices_found(fragments text[]) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path TO 'public', 'pg_temp'
SET enable_seqscan TO 'off' SET enable_sort TO 'off' SET enable_incremental_sort TO 'off'
AS $function$
DECLARE
    company bigint := nullif(current_setting('app.company_id', true), '')::bigint;
    condition text;
    met integer;
BEGIN
    SELECT string_agg(format('search_text LIKE %L', '%' || fragment || '%'), ' AND ') INTO condition
    FROM unnest(fragments) AS fragment;
    EXECUTE format(
        -- An order by the company, too: else all devices may be read by their key until the company's come.
        'SELECT count(*) FROM (SELECT 1 FROM (SELECT search_text FROM {_TABLE} WHERE company_id BETWEEN %L AND %1$L '
        'ORDER BY company_id, id LIMIT {TRIED}) AS first WHERE %s LIMIT {BROAD}) AS met', company, condition
    ) INTO met;
    IF met >= {BROAD} THEN
        RETURN NEXT -met;
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT id FROM {_TABLE} WHERE company_id = %L AND %s LIMIT {MOST}', company, condition
    );
END $function$"""
OPEN_FUNCTIONS.append(lambda: {"velory_devices_found": _FUNCTION})

_SQLITE = {
    # What is looked up are keys alone: the index keeps no text.
    "table": "CREATE VIRTUAL TABLE device_search USING fts5(search_text, content='', tokenize='trigram')",
    "fill": f"INSERT INTO device_search(rowid, search_text) SELECT id, ' ' || search_text || ' ' FROM {_TABLE}",
    "insert": f"""CREATE TRIGGER device_search_insert AFTER INSERT ON {_TABLE}
        BEGIN INSERT INTO device_search(rowid, search_text) VALUES (NEW.id, ' ' || NEW.search_text || ' '); END""",
    "update": f"""CREATE TRIGGER device_search_update AFTER UPDATE OF search_text ON {_TABLE}
        WHEN OLD.search_text <> NEW.search_text
        BEGIN
            INSERT INTO device_search(device_search, rowid, search_text)
                VALUES ('delete', OLD.id, ' ' || OLD.search_text || ' ');
            INSERT INTO device_search(rowid, search_text) VALUES (NEW.id, ' ' || NEW.search_text || ' ');
        END""",
    "delete": f"""CREATE TRIGGER device_search_delete AFTER DELETE ON {_TABLE}
        BEGIN
            INSERT INTO device_search(device_search, rowid, search_text)
                VALUES ('delete', OLD.id, ' ' || OLD.search_text || ' ');
        END""",
}


def put_up(connection: BaseDatabaseWrapper) -> None:
    """Make the index and what keeps it. May run at any time and any number of times."""
    if _TABLE not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_INDEX)
            cursor.execute(_FUNCTION)
            open_function(cursor, "velory_devices_found(text[])")
            return
        take_down(connection)
        # Anew, with what was written while the triggers were down.
        cursor.execute("DROP TABLE IF EXISTS device_search")
        for statement in _SQLITE.values():
            cursor.execute(statement)


def take_down(connection: BaseDatabaseWrapper) -> None:
    """Before a migrate on SQLite, which trips over triggers while it remakes a table."""
    with connection.cursor() as cursor:
        for name in ("insert", "update", "delete"):
            cursor.execute(f"DROP TRIGGER IF EXISTS device_search_{name}")


def before_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    if connections[using].vendor == "sqlite":
        take_down(connections[using])


def after_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    put_up(connections[using])


def is_indexed(fragment: str) -> bool:
    """Whether the index knows where this is."""
    return len(fragment) >= SHORTEST and _TRIGRAM.search(fragment) is not None


class Broad(Exception):
    """Many devices have these fragments: reading them in order meets enough of them soon."""


def found(company_id: int, ways: Sequence[Sequence[str]]) -> list[list[int]]:
    """For each of these ways to write what is searched for, the keys of devices of the company whose search text has
    all of its fragments, each of them one that `is_indexed`; the first `MOST`. Raises Broad where one is. On
    PostgreSQL within the company's scope, and by one statement."""
    connection = connections[router.db_for_read(Device) or DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            return _found_on_postgres(cursor, ways)
        return [_found_on_sqlite(cursor, company_id, fragments) for fragments in ways]


def _found_on_postgres(cursor: Any, ways: Sequence[Sequence[str]]) -> list[list[int]]:
    selects = (f"SELECT {number}, velory_devices_found(%s)" for number in range(len(ways)))
    cursor.execute(" UNION ALL ".join(selects), [list(map(literal, fragments)) for fragments in ways])
    keys: list[list[int]] = [[] for _way in ways]
    for number, key in cursor.fetchall():
        if key < 0:
            raise Broad
        keys[number].append(key)
    return keys


def _found_on_sqlite(cursor: Any, company_id: int, fragments: Sequence[str]) -> list[int]:
    conditions = " AND ".join(["search_text LIKE %s ESCAPE '\\'"] * len(fragments))
    first = f"SELECT search_text FROM {_TABLE} WHERE company_id = %s ORDER BY id LIMIT {TRIED}"
    likes = [f"%{literal(fragment)}%" for fragment in fragments]
    cursor.execute(f"SELECT count(*) FROM ({first}) WHERE {conditions}", [company_id, *likes])
    if cursor.fetchone()[0] >= BROAD:
        raise Broad
    cursor.execute(
        # CROSS: SQLite keeps the order, and looks into the index once and not for each device of the company.
        f"""SELECT d.id FROM device_search s CROSS JOIN {_TABLE} d ON d.id = s.rowid
        WHERE s.search_text MATCH %s AND d.company_id = %s LIMIT {MOST}""",
        [all_of(fragments), company_id],
    )
    return [key for (key,) in cursor.fetchall()]


def all_of(fragments: Iterable[str]) -> str:
    """For MATCH on SQLite: what has all of these fragments."""
    return " AND ".join('"{}"'.format(fragment.replace('"', '""')) for fragment in fragments)


def literal(fragment: str) -> str:
    """For LIKE, which takes some characters for others."""
    return fragment.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
