"""Open a database, run transactions, and hide what differs between SQLite and PostgreSQL."""

BUSY_SECONDS = 90.0
"""How long a write waits for another process's write before it raises ArchiveBusyError."""
