"""One page → one article, or the reason why it is none. Pure: the same bytes, the same answer."""

from crawler.extract.article import VERSION, extract, extract_without

__all__ = ["VERSION", "extract", "extract_without"]
