"""Extraction of an article, or of a refusal, from a page. Pure and deterministic."""

from crawler.extract.article import VERSION, extract, extract_without

__all__ = ["VERSION", "extract", "extract_without"]
