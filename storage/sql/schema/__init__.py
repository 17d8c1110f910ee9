"""The tables, all of one metadata: whoever imports one of these modules knows them all.

What walks through `core.metadata` (copies, checks, comparisons) must not miss a table because
nobody has asked for its part of the archive yet.
"""

from storage.sql.schema import clusters, core, maintenance, places, runs, search, watches

__all__ = ["clusters", "core", "maintenance", "places", "runs", "search", "watches"]
