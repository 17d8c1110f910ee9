"""The archive, for programs: `from storage import open_archive` (docs/query-cookbook.md)."""

from storage.archive import Archive, open_archive
from storage.errors import TinquanError
from storage.model.articles import ArticleQuery
from storage.model.clusters import ClusterQuery
from storage.model.edits import EditQuery
from storage.model.search import SearchQuery
from storage.search.query_syntax import parse_words

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
