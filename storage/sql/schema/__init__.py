"""The tables, all in one metadata: importing one of these modules registers all of them.

Code that iterates over `core.metadata` (copies, checks, comparisons) must not miss a table because
its part of the archive has not been used yet.
"""

from storage.sql.schema import clusters, core, maintenance, places, runs, search, watches

__all__ = ["clusters", "core", "maintenance", "places", "runs", "search", "watches"]
