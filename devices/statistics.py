"""What PostgreSQL knows of the tables that an import fills.

It looks at them by itself within some minutes, and at a large one only when a tenth of it has changed. Until then it
expects no row of a new company: with many indexes that begin with the company, it checks each key that points at a
device by an index of all the company's devices, so of ten thousand that come at once the checks would take more time
than all the rest. Only a table's owner may let it look, so a function of the owner's does.
"""

from typing import Any

from django.apps import AppConfig
from django.db import connection, connections

from accounts.models import User
from accounts.rights import OPEN_FUNCTIONS, open_function

from .models.device import Device
from .models.event import Nameplate

# What the rows of an import point at.
_TABLES = ", ".join(model._meta.db_table for model in (Device, Nameplate, User))

# As PostgreSQL writes it back (accounts/rights.py).
_FUNCTION = f"""CREATE OR REPLACE FUNCTION public.velory_look_at_devices(anew boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp'
AS $function$
BEGIN
    IF anew OR coalesce(pg_stat_get_last_analyze_time('{Device._meta.db_table}'::regclass),
        pg_stat_get_last_autoanalyze_time('{Device._meta.db_table}'::regclass)) IS NULL THEN
        ANALYZE {_TABLES};
    END IF;
END $function$"""
OPEN_FUNCTIONS.append(lambda: {"velory_look_at_devices": _FUNCTION})


# So many rows an import has stored when it lets PostgreSQL look, and then four times as many, and so on.
FIRST_LOOK, FURTHER = 1_000, 4


def look_at_devices(before: int, now: int) -> None:
    """Let PostgreSQL learn what stands in the tables, this transaction's rows included: if it knows nothing of them, or
    at some of the numbers of rows that an import has stored, before this step and now."""
    if connection.vendor == "postgresql":
        look = FIRST_LOOK
        while look <= before:
            look *= FURTHER
        with connection.cursor() as cursor:
            cursor.execute("SELECT velory_look_at_devices(%s)", [look <= now])


def after_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Make the function on PostgreSQL. May run any number of times."""
    database = connections[using]
    if database.vendor == "postgresql" and Device._meta.db_table in database.introspection.table_names():
        with database.cursor() as cursor:
            cursor.execute("DROP FUNCTION IF EXISTS velory_look_at_devices()")  # as it was once
            cursor.execute(_FUNCTION)
            open_function(cursor, "velory_look_at_devices(boolean)")
