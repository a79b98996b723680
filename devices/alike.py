"""What somebody may have meant who mistyped what a device is called, or its number (accounts/likeness.py).

What is compared with a word are the texts that have it as it may be written (accounts/slips.py). The search's index has
these, however many other devices there are; on PostgreSQL it is asked by a function of the owner's, for the reason that
devices/search_index.py gives. A number that differs by one slip is looked up as it is, in the indexes of numbers. The
latest devices are compared, too: they know what people say now, for a word that is not typed to its end, or badly.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections, router
from django.db.models import QuerySet

from accounts import likeness, slips
from accounts.access import PersonRequest
from accounts.finding import texts_of
from accounts.models import Company
from accounts.rights import OPEN_FUNCTIONS, open_function
from accounts.text import clean_search
from accounts.together import Statement, read_together

from .models import Device
from .search_index import SHORTEST, all_of, literal

_TABLE = Device._meta.db_table

# How many of the latest devices are compared, and how many that have a word in one of the ways to write it.
LATEST, EACH = 500, 30
# How many are looked through for a word of which the index knows but fragments.
TRIED = 300
# Where so many of so many first and latest devices have the fragments, PostgreSQL does not look them up.
BROAD, ASKED = 20, 100

# As PostgreSQL writes it back (accounts/rights.py).
_FUNCTION = f"""CREATE OR REPLACE FUNCTION public.velory_devices_alike(fragments text[], patterns text[])
 RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path TO 'public', 'pg_temp'
SET enable_seqscan TO 'off' SET enable_indexscan TO 'on'
AS $function$
DECLARE
    company bigint := nullif(current_setting('app.company_id', true), '')::bigint;
    latest text[];
    first text[];
    conditions text;
BEGIN
    EXECUTE format(
        -- An order by the company, too: else all devices may be read by their key until the company's come.
        'SELECT array_agg(search_text) FROM (SELECT search_text FROM {_TABLE} WHERE company_id BETWEEN %L AND %1$L '
        'ORDER BY company_id DESC, id DESC LIMIT {LATEST}) AS latest', company
    ) INTO latest;
    EXECUTE format(
        'SELECT array_agg(search_text) FROM (SELECT search_text FROM {_TABLE} WHERE company_id BETWEEN %L AND %1$L '
        'ORDER BY company_id, id LIMIT {ASKED}) AS first', company
    ) INTO first;
    RETURN QUERY SELECT unnest(latest);
    -- From here on the trigrams: it would read the company's devices in order, as if enough would soon match.
    PERFORM set_config('enable_indexscan', 'off', true);
    FOR number IN 1 .. cardinality(patterns) LOOP
        -- Its index gives out nothing before it has gathered all that match.
        CONTINUE WHEN {BROAD} <= (
            SELECT count(*) FROM unnest(first || latest[1:{ASKED}]) AS text
            WHERE ' ' || text || ' ' LIKE fragments[number]
        );
        -- A word may be the first one of its text, or the last one.
        SELECT string_agg(format('search_text LIKE %L', form), ' OR ') INTO conditions FROM (
            SELECT regexp_replace(regexp_replace(fragments[number], before, ''), after, '') AS form
            FROM unnest(ARRAY['^% ', '$.']) AS before, unnest(ARRAY[' %$', '$.']) AS after GROUP BY form
        ) AS forms;
        RETURN QUERY EXECUTE format(
            'SELECT search_text FROM (SELECT search_text FROM {_TABLE} WHERE company_id = %L AND (%s) LIMIT {TRIED}) '
            'AS tried WHERE '' '' || search_text || '' '' LIKE %L LIMIT {EACH}',
            company, conditions, patterns[number]
        );
    END LOOP;
END $function$"""
OPEN_FUNCTIONS.append(lambda: {"velory_devices_alike": _FUNCTION})

_LATEST_ON_SQLITE = f"SELECT search_text FROM {_TABLE} WHERE company_id = %s ORDER BY id DESC LIMIT {LATEST}"
# CROSS: SQLite keeps the order, and looks into the index once and not for each device of the company.
_ALIKE_ON_SQLITE = f"""SELECT search_text FROM (
    SELECT d.search_text FROM device_search s CROSS JOIN {_TABLE} d ON d.id = s.rowid
    WHERE s.search_text MATCH %s AND d.company_id = %s LIMIT {TRIED}
) WHERE ' ' || search_text || ' ' LIKE %s ESCAPE '\\' LIMIT {EACH}"""


def after_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Make the function on PostgreSQL. May run any number of times."""
    connection = connections[using]
    if connection.vendor == "postgresql" and _TABLE in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION IF EXISTS velory_devices_alike(text[])")  # what it took before
            cursor.execute(_FUNCTION)
            open_function(cursor, "velory_devices_alike(text[], text[])")


def alike(company: Company, asked: str) -> list[str]:
    """Other searches that find something where this one finds nothing, the likeliest first. On PostgreSQL within the
    company's scope."""
    if not (words := likeness.looked_for(asked)):
        return []
    with_numbers = _with_numbers(company, asked)
    lists = read_together(
        texts_of(company.users.known()), texts_of(company.spaces.all()), *with_numbers, *_written_alike(company, words)
    )
    return likeness.alike(asked, list(dict.fromkeys(text for rows in lists for (text,) in rows)))


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


def _with_numbers(company: Company, asked: str) -> Iterator[QuerySet[Any]]:
    """The devices that have a number which is written like what was asked for."""
    if number := likeness.as_number(asked):
        devices, keys = Device.objects.filter(company=company).order_by(), slips.keys(number.upper())
        for field, some in {"serial_key": keys, "asset_tag_key": keys, "imei": filter(str.isdigit, keys)}.items():
            yield devices.numbered(field, some).values_list("search_text")[:EACH]


class LookUp(NamedTuple):
    """One question to the index: the fragments that it knows, a blank where a word begins or ends, and for LIKE what a
    text with a blank around it has to be like."""

    fragments: tuple[str, ...]
    pattern: str

    @property
    def loose(self) -> str:
        """Likewise what a text is like that has the fragments."""
        return f"%{'%'.join(map(literal, self.fragments))}%"


def look_ups(words: Sequence[str]) -> list[LookUp]:
    """What is asked of the index for these words: not more than some dozens for each, whatever there is to find."""
    return list(dict.fromkeys(look_up for word in words for look_up in _of_word(word)))


def _of_word(word: str) -> Iterator[LookUp]:
    yield LookUp((word,), f"%{literal(word)}%")
    for way in slips.ways(word):
        for is_whole in (True, False) if word.isalpha() else (True,):  # half a number is like too many
            begin, end = f" {way.before}", f"{way.after} " if is_whole else way.after
            known = (begin, end) if way.unknown != 0 else (begin + end,)
            between = "%" if way.unknown is None else "_" * way.unknown
            fragments = tuple(fragment for fragment in known if len(fragment) >= SHORTEST)
            if fragments:
                yield LookUp(fragments, f"%{literal(begin)}{between}{literal(end)}%")
    if likeness.may_have_two(word):  # one of three pieces is as it was typed
        whole = f" {word} "
        third = len(whole) // 3
        for piece in (whole[:third], whole[third:-third], whole[-third:]):
            yield LookUp((piece,), f"%{literal(piece)}%")


def _written_alike(company: Company, words: Sequence[str]) -> Iterator[Statement]:
    """What reads the latest devices, and those that may have these words, written otherwise."""
    connection = connections[router.db_for_read(Device) or DEFAULT_DB_ALIAS]
    asked = look_ups(words)
    if connection.vendor == "postgresql":
        columns = [look_up.loose for look_up in asked], [look_up.pattern for look_up in asked]
        yield Statement("SELECT velory_devices_alike(%s::text[], %s::text[])", list(columns))
        return
    yield Statement(_LATEST_ON_SQLITE, [company.pk])
    for fragments, pattern in asked:
        yield Statement(_ALIKE_ON_SQLITE, [all_of(fragments), company.pk, pattern])
