"""Opening a database, its transactions, and what belongs to one of the two databases."""

BUSY_SECONDS = 90.0
"""How long a write waits for another process's before it gives up as busy."""
