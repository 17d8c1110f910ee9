"""Turn every database error into one line: which archive, what is wrong, what to do."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    OperationalError,
    SQLAlchemyError,
    StatementError,
)

from storage.errors import ArchiveBusyError, ArchiveError, RowError, SlowQueryError

_WRITABLE = "check who owns the file and its folder, and that the disk is not mounted read-only"
_BUSY = "another process holds it; wait for that crawl to end, or stop it, and try again"
_LATER = "check that the server runs and can be reached, then start the command again"
_VIEWS = (
    "is not upgraded: a view of your own reads its views or tables; drop that view, upgrade, and"
    " create it again"
)
_CHANGED = (
    "lacks a table or column that this tinquan uses; if a newer tinquan has upgraded it meanwhile,"
    " start the command again with that one"
)

# Primary result codes, https://www.sqlite.org/rescode.html
_SQLITE = {
    3: f"has no rights on its file; {_WRITABLE}",
    8: f"cannot be written; {_WRITABLE}",
    10: "failed to read or write its disk; check the disk and its free space",
    11: "is damaged; restore it from a backup",
    13: "has no space left on its disk; free some and start the command again",
    14: f"cannot be opened or created; {_WRITABLE}",
    23: f"has no rights on its file; {_WRITABLE}",
    26: "is not a SQLite database; name another file",
}
# By how SQLite's message begins, where it has no code of its own. ALTER TABLE checks every view.
_SQLITE_MESSAGES = {
    "error in view ": _VIEWS,
    "no such column": _CHANGED,
    "no such table": _CHANGED,
}
# SQLSTATE, longest prefix first, https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL = {
    "28P01": "refuses that user and password; check both in its URL",
    "28": "refuses that user; check the URL and the server's pg_hba.conf",
    "3D000": "does not exist on that server; create it with createdb",
    "42501": "gives that user no rights for this; grant them to the user or name another",
    "25006": "is read-only (a standby?); name the primary server",
    "2BP01": _VIEWS,
    "42703": _CHANGED,
    "42P01": _CHANGED,
    "53100": "has no space left on its disk; free some and start the command again",
    "53": "has no resources left (memory or connections); free some and try again",
    "57P": f"lost its connection; {_LATER}",
    "58": "failed to read or write its disk; check the server's log",
    "08": "cannot be reached; check that the server runs, and the host, user, password and database"
    " in its URL",
    "XX": "is damaged or its server is at fault; check the server's log",
}
_STATEMENTS = ("21", "22", "42")  # too many rows, data that does not fit, syntax or unknown names
_POSTGRESQL_BUSY = ("55P03", "40P01", "40001")
_SLOW = "did not answer within the time limit; ask for less"
_PASSWORD = re.compile(r"(?<=:)[^:@/]+(?=@)")
_PASSWORD_OPTION = re.compile(r"(?i)(password=)[^&\s]+")


def name_of(url: URL) -> str:
    """Return the name for messages of the archive at `url`: a path, or a URL without password."""
    if url.get_backend_name() == "sqlite":
        return printable(str(url.database))
    return hide_password(url.render_as_string(hide_password=True))


def printable(text: str) -> str:
    """Return `text` on one line, with unprintable characters (line ends, lone bytes) escaped."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def hide_password(text: str) -> str:
    """Return `text` with the passwords in its URLs replaced by asterisks."""
    return _PASSWORD_OPTION.sub(r"\1***", _PASSWORD.sub("***", text))


@contextmanager
def plain_errors(name: str) -> Iterator[None]:
    """Raise database errors of the block as ArchiveError about the archive `name`.

    A value that never reached the database (a time without zone) stays a ValueError.
    """
    try:
        yield
    except StatementError as error:
        if isinstance(error.orig, ValueError):
            raise error.orig from None
        raise archive_error(name, error) from error
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise archive_error(name, error) from error


def archive_error(name: str, error: Exception) -> ArchiveError:
    """Return the ArchiveError to raise for a database error."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    if isinstance(error, (IntegrityError, DataError)):
        return RowError(f"archive {name} does not take a row ({_in_one_line(cause)})")
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        return _sqlite_error(name, code & 0xFF, cause)
    state = getattr(cause, "sqlstate", None) or ""
    if not state and isinstance(error, OperationalError):
        # psycopg has no code for a connection that failed or broke; its message names the reason.
        state = "57P" if error.connection_invalidated else "08"
    return _postgresql_error(name, state, cause)


def statement_fault(error: Exception) -> str | None:
    """Return the error in a statement itself, on one line; None where the database is at fault."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    code, state = getattr(cause, "sqlite_errorcode", None), getattr(cause, "sqlstate", None) or ""
    # Without a code, Python's driver refused it: several statements, or bytes that are not text.
    refused = (isinstance(cause, sqlite3.Error) and code is None) or state[:2] in _STATEMENTS
    if refused or state == "25006" or (code is not None and code & 0xFF in (1, 8, 23, 25)):
        return _in_one_line(cause)
    return None


def _sqlite_error(name: str, code: int, cause: BaseException) -> ArchiveError:
    if code in (5, 6):
        return ArchiveBusyError(f"archive {name} is busy: {_BUSY}")
    if code == 9:  # SQLITE_INTERRUPT, from the time limit `query_seconds`
        return SlowQueryError(f"archive {name} {_SLOW}")
    reason = _in_one_line(cause)
    matching = [text for start, text in _SQLITE_MESSAGES.items() if reason.startswith(start)]
    advice = matching[0] if matching else _SQLITE.get(code, "failed; see the reason")
    return ArchiveError(f"archive {name} {advice} ({reason})")


def _postgresql_error(name: str, state: str, cause: BaseException) -> ArchiveError:
    if state == "57014":  # canceled, by statement_timeout
        return SlowQueryError(f"archive {name} {_SLOW}")
    if state in _POSTGRESQL_BUSY:
        return ArchiveBusyError(f"archive {name} is busy: {_BUSY}")
    prefixes = sorted((p for p in _POSTGRESQL if state.startswith(p)), key=len)
    advice = _POSTGRESQL[prefixes[-1]] if prefixes else "failed; see the reason"
    return ArchiveError(f"archive {name} {advice} ({_in_one_line(cause)})")


def _in_one_line(cause: BaseException) -> str:
    message = " ".join(str(cause).split()) or type(cause).__name__
    return hide_password(message)[:300]
