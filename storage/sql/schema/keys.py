"""Hashes of addresses and of outlets' own ids, for the archive's key columns."""

from storage.sql.schema.types import hashed


def url_key(url: str) -> bytes:
    """Return the key of `url` in `keys` and `refused_urls`."""
    return hashed("url", url)


def id_key(article_id: str) -> bytes:
    """Return the key of an outlet's own id in `keys`."""
    return hashed("id", article_id)
