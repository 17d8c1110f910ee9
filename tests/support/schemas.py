"""Compare a database's schema with the metadata."""

from storage.sql.schema import clusters as tables_clusters
from storage.sql.schema import search as tables_search


def is_in_the_metadata(_object: object, name: str | None, *_: object) -> bool:
    return not str(name).startswith(tables_search.OWN_TABLES + tables_clusters.OWN_TABLES)
