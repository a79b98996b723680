"""How people, spaces and payors are found by fragments of their names, whatever the accents.

Both databases know `velory_search_key`, which makes of a text what a search compares; SQLite is taught it
(accounts/sqlite.py). On PostgreSQL an index keeps it of each person, of whom there may be many: trigrams, reached
through a function of the owner's for the reason that the devices' are (devices/search_index.py).
"""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from .models import User
from .rights import OPEN_FUNCTIONS, open_function

_TABLE = User._meta.db_table

# As accounts/text.py makes it: accents are letters of their own in NFKD (these are all of Latin, Greek and Cyrillic),
# and two letters have no other case but are folded all the same.
_KEY = """
CREATE OR REPLACE FUNCTION public.velory_search_key(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $function$
    SELECT replace(replace(
        lower(regexp_replace(normalize($1, NFKD), '[\\u0300-\\u036f]', '', 'g')), 'ς', 'σ'), 'ß', 'ss')
$function$;
"""
_PERSON = "velory_search_key(full_name || ' ' || email)"
_INDEX = f"""
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;
CREATE INDEX IF NOT EXISTS user_search ON {_TABLE} USING gin (company_id, ({_PERSON}) gin_trgm_ops);
"""

# As PostgreSQL writes it back (accounts/rights.py).
_FUNCTION = f"""CREATE OR REPLACE FUNCTION public.velory_people_found(patterns text[]) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
    company bigint := nullif(current_setting('app.company_id', true), '')::bigint;
    condition text;
BEGIN
    SELECT string_agg(format('{_PERSON.replace("'", "''")} LIKE velory_search_key(%L)', pattern), ' AND ')
    INTO condition FROM unnest(patterns) AS pattern;
    RETURN QUERY EXECUTE format('SELECT id FROM {_TABLE} WHERE company_id = %L AND %s', company, condition);
END $function$"""
OPEN_FUNCTIONS.append(lambda: {"velory_people_found": _FUNCTION})


def put_up(connection: BaseDatabaseWrapper) -> None:
    """Make the function and the index on PostgreSQL. May run at any time and any number of times."""
    if connection.vendor != "postgresql" or _TABLE not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        cursor.execute(_KEY)
        cursor.execute(_INDEX)
        cursor.execute(_FUNCTION)
        open_function(cursor, "velory_people_found(text[])")


def after_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    put_up(connections[using])
