"""What stands for an address or an outlet's own id in the archive's key columns."""

from storage.sql.schema.types import hashed


def url_key(url: str) -> bytes:
    """Return what stands for `url` in `keys` and `refused_urls`."""
    return hashed("url", url)


def id_key(article_id: str) -> bytes:
    """Return what stands for an outlet's own id in `keys`."""
    return hashed("id", article_id)
