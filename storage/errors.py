"""The exceptions that a user can act on, in one hierarchy.

    TinquanError                exit code 1
    ├── UsageError              exit code 2: the command line is wrong
    │   ├── ConfigError         a configuration or outlet file cannot be used
    │   ├── UnknownOutletError  no outlet has that slug
    │   ├── UnknownPlaceError   no place has that name or id
    │   └── QueryError          a search query or SQL statement is wrong
    ├── ArchiveError            the database cannot be used as it is
    │   ├── SchemaError         its schema is newer, older or foreign
    │   ├── ArchiveBusyError    another process holds it
    │   ├── SlowQueryError      a query exceeded the time limit
    │   ├── RowError            the database rejects the values of one row
    │   └── NotFoundError       nothing has that id or URL
    ├── CaptureError            a WARC file is missing, damaged or cannot be written
    ├── ExportError             a file of an export could not be written
    └── CrawlError              a crawl could not be started or did not finish

Every message is one line: it names the input, what was expected, and what to do.
"""


class TinquanError(Exception):
    """Base of all errors that are shown as one line, never as a traceback."""

    exit_code = 1


class UsageError(TinquanError):
    """The arguments of a command, or a file it reads, cannot be understood."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration or outlet file is missing, malformed or inconsistent."""


class UnknownOutletError(UsageError):
    """No outlet file has the requested slug."""


class UnknownPlaceError(UsageError):
    """No unit of the gazetteer has the requested name or id."""


class QueryError(UsageError):
    """A search query cannot be parsed or exceeds a limit, or an SQL statement cannot be run."""


class ArchiveError(TinquanError):
    """The archive's database cannot be opened, read or written."""


class SchemaError(ArchiveError):
    """The database's schema is not the one that this version writes."""


class ArchiveBusyError(ArchiveError):
    """Another process held the archive for longer than `busy_seconds`."""


class SlowQueryError(ArchiveError):
    """A query took longer than `query_seconds`."""


class RowError(ArchiveError):
    """The database rejects the values of one row; other rows can still be stored."""


class NotFoundError(ArchiveError):
    """Nothing in the archive has that id or URL."""


class CaptureError(TinquanError):
    """A WARC file is missing, damaged, or cannot be written."""


class CrawlError(TinquanError):
    """A crawl could not be started, or ended without finishing."""


class ExportError(TinquanError):
    """A file of an export could not be written."""
