"""Which errors of a database are no programmer's mistake: it can't be reached, is shutting down, is busy, or is full.

A deadlock or a column that isn't there is none of these. It is an error of ours and has to look like one. A statement
that is given up because it took too long, as one that waits for a lock, is busy. (docs/decisions.md)
"""

import sqlite3

import psycopg

# PostgreSQL's classes of errors: the connection; resources, such as connections or room; going down and coming up; and
# the one of a statement that took too long.
_CLASSES = ("08", "53", "57P", "57014")
# SQLite's primary results.
_RESULTS = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}


def is_outage(error: BaseException | None) -> bool:
    """Whether this is an outage of the database, or came of one."""
    while error is not None:
        if _says_the_driver(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _says_the_driver(error: BaseException) -> bool:
    """Django's own names tell too little: OperationalError is a lost connection and a missing column of SQLite alike.
    What the server never had a chance to number, because nobody reached it, has no number."""
    if isinstance(error, psycopg.OperationalError):
        return error.sqlstate is None or error.sqlstate.startswith(_CLASSES)
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in _RESULTS
    return False
