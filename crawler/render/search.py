"""Search results and facets as plain data for JSON. Pure."""

from typing import Any

from crawler.render.base import archived_json, time_json
from storage.model.search import Facets, SearchHit, SearchResult


def result_json(result: SearchResult) -> dict[str, Any]:
    """Return a search's hits, with their total and its limits (docs/json.md)."""
    return {
        "total": result.total,
        "total_is_exact": result.total_is_exact,
        "complete": result.complete,
        "ranked_since": time_json(result.ranked_since),
        "hits": [hit_json(hit) for hit in result.hits],
    }


def hit_json(hit: SearchHit) -> dict[str, Any]:
    """Return an article with its score, its matches and a snippet."""
    snippet = hit.snippet
    return archived_json(hit.article) | {
        "score": hit.score,
        "marks": [{"in": mark.field, "start": mark.start, "end": mark.end} for mark in hit.marks],
        "snippet": snippet
        and {
            "in": snippet.field,
            "text": snippet.text,
            "marks": [{"start": start, "end": end} for start, end in snippet.marks],
        },
    }


def facets_json(facets: Facets) -> dict[str, Any]:
    """Return a search's facets: the number of articles by value."""
    return {
        "total": facets.total,
        "complete": facets.complete,
        "counted_since": time_json(facets.counted_since),
        "facets": {
            kind: [{"value": value, "articles": count} for value, count in counts]
            for kind, counts in facets.counts.items()
        },
    }
