"""What must not happen twice at the same moment, and has no row that could be locked for it."""

from django.db import connection


def wait_for_turn(what: str) -> None:
    """Wait until nobody else is at this, and keep them waiting to the end of the transaction. On SQLite the IMMEDIATE
    transaction is that lock."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [what])
