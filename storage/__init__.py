"""The Python API of the archive.

    from storage import ArticleQuery, SearchQuery, open_archive, parse_words

    with open_archive("sqlite:///tinquan.db", create=False, read_only=True) as archive:
        for article in archive.articles.find(ArticleQuery(outlets=("tienphong",), limit=10)):
            print(article.id, article.latest.article.title)
        for hit in archive.search.find(SearchQuery(words=parse_words("đường sắt"))).hits:
            print(hit.article.latest.article.url)

`Archive` lists the parts of an archive; the docstrings of each part's methods say what they return
and raise. docs/query-cookbook.md has ten worked examples. Every error is a TinquanError.
"""

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
