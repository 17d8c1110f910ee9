"""The archive, for programs: `from storage import open_archive` (docs/query-cookbook.md)."""

from storage.archive import Archive, open_archive
from storage.clusters import ClusterQuery
from storage.edits import EditQuery
from storage.errors import TinquanError
from storage.model import ArticleQuery
from storage.search import SearchQuery
from storage.search_syntax import parse_words

__all__ = [
    "Archive",
    "ArticleQuery",
    "ClusterQuery",
    "EditQuery",
    "SearchQuery",
    "TinquanError",
    "open_archive",
    "parse_words",
]
