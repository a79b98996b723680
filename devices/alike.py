"""What somebody may have meant who mistyped what a device is called, or its number (accounts/likeness.py).

A word that many devices have stands in the latest ones. One that few have is found by what a slip leaves of it: taken
out piece by piece, the slip lies in one of the pieces, and the rest stands in the device's text as it was typed. What
many have is not looked up. On PostgreSQL all this is read by a function of the owner's, for the reason that
devices/search_index.py gives.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections, router

from accounts import likeness
from accounts.access import PersonRequest
from accounts.finding import texts_of
from accounts.models import Company
from accounts.rights import OPEN_FUNCTIONS, open_function
from accounts.text import clean_search
from accounts.together import Statement, read_together

from .models import Device
from .search_index import SHORTEST

_TABLE = Device._meta.db_table

# How many of the latest devices are read, and how many that have what is left of a word.
LATEST, EACH = 1500, 30
# How much is taken out of a word at once, and what is too long to be taken for one.
PIECE, LONGEST = 3, 40

# As PostgreSQL writes it back (accounts/rights.py).
_FUNCTION = f"""CREATE OR REPLACE FUNCTION public.velory_devices_alike(patterns text[]) RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path TO 'public', 'pg_temp' SET enable_seqscan TO 'off'
AS $function$
DECLARE
    company bigint := nullif(current_setting('app.company_id', true), '')::bigint;
    latest text[];
    pattern text;
BEGIN
    -- An order by the company, too: else all devices may be read by their key until the company's come.
    EXECUTE format(
        'SELECT array_agg(search_text) FROM (SELECT search_text FROM {_TABLE} WHERE company_id BETWEEN %L AND %1$L '
        'ORDER BY company_id DESC, id DESC LIMIT {LATEST}) AS latest', company
    ) INTO latest;
    RETURN QUERY SELECT unnest(latest);
    FOREACH pattern IN ARRAY patterns LOOP
        IF (SELECT count(*) FROM unnest(latest) AS text WHERE text LIKE pattern) < {EACH} THEN
            RETURN QUERY EXECUTE format(
                'SELECT search_text FROM {_TABLE} WHERE company_id = %L AND search_text LIKE %L LIMIT {EACH}',
                company, pattern
            );
        END IF;
    END LOOP;
END $function$"""
OPEN_FUNCTIONS.append(lambda: {"velory_devices_alike": _FUNCTION})

_LATEST_ON_SQLITE = f"""SELECT search_text FROM (SELECT search_text FROM {_TABLE}
    WHERE company_id = %s ORDER BY id DESC LIMIT {LATEST}) AS latest"""
_ALIKE_ON_SQLITE = f"""SELECT search_text FROM (SELECT d.search_text FROM device_search s
    JOIN {_TABLE} d ON d.id = s.rowid WHERE s.search_text MATCH %s AND d.company_id = %s LIMIT {EACH})"""


def after_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Make the function on PostgreSQL. May run any number of times."""
    connection = connections[using]
    if connection.vendor == "postgresql" and _TABLE in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(_FUNCTION)
            open_function(cursor, "velory_devices_alike(text[])")


def alike(company: Company, asked: str) -> list[str]:
    """Other searches that find something where this one finds nothing, the likeliest first. On PostgreSQL within the
    company's scope."""
    if not (words := likeness.looked_for(asked)):
        return []
    lists = read_together(texts_of(company.users.known()), texts_of(company.spaces.all()), _texts(company.pk, words))
    return likeness.alike(asked, [text for rows in lists for (text,) in rows])


def ask_instead(request: PersonRequest) -> dict[str, Any]:
    """Where nothing in a table has what somebody searches it for: put what they may have meant in its place, so that
    whatever leads on from the page, such as its export, is about what it shows. Returns what the page says of it;
    nothing where they were not mistyped."""
    asked = clean_search(request.GET.get("q"))
    if not (meant := alike(request.user.company, asked)):
        return {}
    changed = request.GET.copy()
    changed["q"] = meant[0]
    request.GET = changed  # type: ignore[assignment]
    return {"asked": asked, "meant": meant}


def _texts(company_id: int, words: Sequence[str]) -> Statement:
    """What reads the texts of devices in which these words may stand, written otherwise."""
    connection = connections[router.db_for_read(Device) or DEFAULT_DB_ALIAS]
    left = [rest for word in words for rest in _left_of(word[:LONGEST])]
    if connection.vendor == "postgresql":
        escaped = ([connection.ops.prep_for_like_query(part) for part in rest] for rest in left)
        return Statement("SELECT velory_devices_alike(%s)", [[f"%{'%'.join(rest)}%" for rest in escaped]])
    parameters: list[Any] = [company_id]
    for rest in left:
        parameters += [" AND ".join('"{}"'.format(part.replace('"', '""')) for part in rest), company_id]
    return Statement(" UNION ALL ".join([_LATEST_ON_SQLITE, *[_ALIKE_ON_SQLITE] * len(left)]), parameters)


def _left_of(word: str) -> Iterator[tuple[str, ...]]:
    """What is left of the word when a piece is taken out of it, piece by piece."""
    for start in range(0, len(word) - 1, PIECE - 1):
        parts = word[:start], word[start + PIECE :]
        if rest := tuple(part for part in parts if len(part) >= SHORTEST):
            yield rest
