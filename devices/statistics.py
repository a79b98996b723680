"""What PostgreSQL knows of the tables that a first import fills, when it has never looked at them.

It looks by itself within some minutes. Until then, with many indexes that begin with the company, it checks each key
that points at a device by an index of all the company's devices: of ten thousand that come at once, the checks would
take more time than all the rest. Only a table's owner may let it look, so a function of the owner's does, and only
where that has never been done.
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
_FUNCTION = f"""CREATE OR REPLACE FUNCTION public.velory_look_at_devices() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path TO 'public', 'pg_temp'
AS $function$
BEGIN
    IF coalesce(pg_stat_get_last_analyze_time('{Device._meta.db_table}'::regclass),
        pg_stat_get_last_autoanalyze_time('{Device._meta.db_table}'::regclass)) IS NULL THEN
        ANALYZE {_TABLES};
    END IF;
END $function$"""
OPEN_FUNCTIONS.append(lambda: {"velory_look_at_devices": _FUNCTION})


def look_at_devices() -> None:
    """Let PostgreSQL learn what stands in the tables, this transaction's rows included, if it knows nothing of them."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT velory_look_at_devices()")


def after_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Make the function on PostgreSQL. May run any number of times."""
    database = connections[using]
    if database.vendor == "postgresql" and Device._meta.db_table in database.introspection.table_names():
        with database.cursor() as cursor:
            cursor.execute(_FUNCTION)
            open_function(cursor, "velory_look_at_devices()")
