"""The nouns as plain data for JSON, and as short texts for tables. Pure."""

from datetime import datetime
from enum import Enum
from typing import Any

from storage.model import json as as_json
from storage.model.articles import (
    ArchivedArticle,
    Article,
    Capture,
    Extraction,
    Refusal,
    RefusalReason,
    Revision,
)
from storage.model.runs import Run

LOCAL = as_json.LOCAL
time_json = as_json.time_json


def fields_json(noun: Any, names: str) -> dict[str, Any]:
    """Return attributes of a noun as plain data. names: in order, separated by blanks."""
    return {name: _plain(getattr(noun, name)) for name in names.split()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return time_json(value)
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def time_text(moment: datetime | None) -> str:
    """Return a local time to the minute, or a dash."""
    return f"{moment.astimezone(LOCAL):%Y-%m-%d %H:%M}" if moment else "–"


article_json = as_json.article_json  # the archive's exports print the same keys

_BLANK = article_json(Article("", "", "", (), Extraction("", "", "", 0)))
_UNKNOWN: dict[str, Any] = {
    key: [] if isinstance(value, list) else None for key, value in _BLANK.items()
}


def refusal_json(refusal: Refusal) -> dict[str, Any]:
    """Return a refusal with the same keys as an article; the article's are null or empty."""
    return _UNKNOWN | {
        "outlet": refusal.outlet,
        "url": refusal.url,
        "refusal": {"reason": refusal.reason.value, "evidence": refusal.evidence},
    }


def capture_json(capture: Capture) -> dict[str, Any]:
    """Return a capture: when a response was recorded, and where its bytes are."""
    return fields_json(capture, "url captured_at status warc_file warc_offset record_id digest")


def revision_json(revision: Revision) -> dict[str, Any]:
    """Return one state of an article without its text."""
    return fields_json(revision, "number first_seen_at last_seen_at changed fingerprint") | {
        "capture": capture_json(revision.capture)
    }


def archived_json(archived: ArchivedArticle) -> dict[str, Any]:
    """Return an article's newest state with its short id and the history of its states."""
    return (
        {"id": archived.id}
        | article_json(archived.latest.article)
        | {
            "removed_at": time_json(archived.removed_at),
            "revisions": [revision_json(revision) for revision in archived.revisions],
        }
    )


def run_json(run: Run) -> dict[str, Any]:
    """Return one run with its counts."""
    counts = run.counts
    return {
        "run": run.id,
        **fields_json(
            run, "outlet kind sections since until replay started_at ended_at outcome error"
        ),
        **fields_json(counts, "requested fetched links new revised copies unchanged known"),
        "kept_apart": _kept_apart(run),
        "refused": dict(sorted(counts.refused.items())),
        "failed": counts.failed,
        "received_bytes": counts.received_bytes,
        **fields_json(run, "newest_published_at robots"),
        "duration_seconds": _seconds(run),
        **fields_json(run, "exit_code peak_memory_bytes log_file"),
    }


def _seconds(run: Run) -> float | None:
    return (run.ended_at - run.started_at).total_seconds() if run.ended_at else None


_KEPT_APART = "kept_apart"  # crawler.health.signals
_REASONS = frozenset(reason.value for reason in RefusalReason)


def kept_apart_text(run: Run) -> str:
    """Return the count and URLs of pages kept apart from the article that they name, or a dash."""
    urls = ", ".join(run.evidence.get(_KEPT_APART, ()))
    return f"{_kept_apart(run)} ({urls})" if urls else "–"


def _kept_apart(run: Run) -> int:
    return run.counts.signals.get(_KEPT_APART, 0)


def refused_text(refused: dict[str, int]) -> str:
    """Return the counts of refused pages, such as "blocked 1, video 2", or a dash."""
    return _counts_text({key: count for key, count in refused.items() if key in _REASONS})


def skipped_text(refused: dict[str, int]) -> str:
    """Return the counts of URLs without a page, by reason, such as "robots 2", or a dash."""
    return _counts_text({key: count for key, count in refused.items() if key not in _REASONS})


def _counts_text(counts: dict[str, int]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items())) or "–"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun. many: the plural; by default `one` with an "s"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size_text(size: int) -> str:
    """Return a number of bytes with a decimal unit, such as "1.2 MB"."""
    value = float(size)
    for unit in ("B", "KB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
