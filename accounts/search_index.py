"""The index in which people are found by fragments of their names and addresses: trigrams on PostgreSQL.

It is reached through a function of the owner's for the reason that the devices' is (devices/search_index.py). Of spaces
and payors there are so few that their keys are read.
"""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from .models import User
from .rights import OPEN_FUNCTIONS, open_function

_TABLE = User._meta.db_table

_INDEX = f"""
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;
CREATE INDEX IF NOT EXISTS user_search ON {_TABLE} USING gin (company_id, found_by gin_trgm_ops);
"""

# As PostgreSQL writes it back (accounts/rights.py).
_FUNCTION = f"""CREATE OR REPLACE FUNCTION public.velory_people_found(patterns text[]) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path TO 'public', 'pg_temp'
AS $function$
DECLARE
    company bigint := nullif(current_setting('app.company_id', true), '')::bigint;
    condition text;
BEGIN
    SELECT string_agg(format('found_by LIKE %L', pattern), ' AND ') INTO condition FROM unnest(patterns) AS pattern;
    RETURN QUERY EXECUTE format('SELECT id FROM {_TABLE} WHERE company_id = %L AND %s', company, condition);
END $function$"""
OPEN_FUNCTIONS.append(lambda: {"velory_people_found": _FUNCTION})


def put_up(connection: BaseDatabaseWrapper) -> None:
    """Make the function and the index on PostgreSQL. May run at any time and any number of times."""
    if connection.vendor != "postgresql" or _TABLE not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        cursor.execute(_INDEX)
        cursor.execute(_FUNCTION)
        open_function(cursor, "velory_people_found(text[])")


def after_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    put_up(connections[using])
