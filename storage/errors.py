"""One tree for everything that can go wrong in a way the user can act on.

    TinquanError                exit code 1
    ├── UsageError              exit code 2: the command's words are wrong
    │   ├── ConfigError         a configuration or outlet file cannot be used
    │   ├── UnknownOutletError  no outlet has that slug
    │   ├── UnknownPlaceError   no place is called so
    │   └── QueryError          a search's query cannot be understood
    ├── ArchiveError            the database cannot be used as it is
    │   ├── SchemaError         its schema is newer, older or foreign
    │   ├── ArchiveBusyError    another process holds it
    │   ├── SlowQueryError      an answer took longer than the archive was opened for
    │   ├── RowError            the database does not take what one row says
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
    """The words of a command, or a file it was given, cannot be understood."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration or outlet file is missing, malformed or inconsistent."""


class UnknownOutletError(UsageError):
    """No outlet file has the slug that was asked for."""


class UnknownPlaceError(UsageError):
    """No unit of the gazetteer has the name or id that was asked for."""


class QueryError(UsageError):
    """A search's query cannot be understood, or asks for too much."""


class ArchiveError(TinquanError):
    """The archive's database cannot be opened, read or written."""


class SchemaError(ArchiveError):
    """The database's schema is not the one this version writes."""


class ArchiveBusyError(ArchiveError):
    """Another process holds the archive for longer than we wait."""


class SlowQueryError(ArchiveError):
    """A question took longer than `query_seconds`: ask for less."""


class RowError(ArchiveError):
    """The database does not take what one row says; it takes others."""


class NotFoundError(ArchiveError):
    """Nothing in the archive has that id or URL."""


class CaptureError(TinquanError):
    """A WARC file is missing, damaged, or cannot be written."""


class CrawlError(TinquanError):
    """A crawl could not be started, or ended without finishing."""


class ExportError(TinquanError):
    """A file of an export could not be written."""
