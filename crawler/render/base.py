"""The nouns as plain data for JSON, and as short texts for tables. Pure."""

from datetime import datetime
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


def time_text(moment: datetime | None) -> str:
    """Return a local time to the minute, or a dash."""
    return f"{moment.astimezone(LOCAL):%Y-%m-%d %H:%M}" if moment else "–"


article_json = as_json.article_json  # the archive's exports print the same keys

_BLANK = article_json(Article("", "", "", (), Extraction("", "", "", 0)))
_UNKNOWN: dict[str, Any] = {
    key: [] if isinstance(value, list) else None for key, value in _BLANK.items()
}


def refusal_json(refusal: Refusal) -> dict[str, Any]:
    """Return a refusal with the same keys as an article; what is unknown is null or empty."""
    return _UNKNOWN | {
        "outlet": refusal.outlet,
        "url": refusal.url,
        "refusal": {"reason": refusal.reason.value, "evidence": refusal.evidence},
    }


def capture_json(capture: Capture) -> dict[str, Any]:
    """Return where and when a response was recorded."""
    return {
        "url": capture.url,
        "captured_at": time_json(capture.captured_at),
        "status": capture.status,
        "warc_file": capture.warc_file,
        "warc_offset": capture.warc_offset,
        "record_id": capture.record_id,
        "digest": capture.digest,
    }


def revision_json(revision: Revision) -> dict[str, Any]:
    """Return one state of an article without its text."""
    return {
        "number": revision.number,
        "first_seen_at": time_json(revision.first_seen_at),
        "last_seen_at": time_json(revision.last_seen_at),
        "changed": list(revision.changed),
        "fingerprint": revision.fingerprint,
        "capture": capture_json(revision.capture),
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
        "outlet": run.outlet,
        "kind": run.kind,
        "sections": list(run.sections),
        "since": time_json(run.since),
        "until": time_json(run.until),
        "replay": run.replay,
        "started_at": time_json(run.started_at),
        "ended_at": time_json(run.ended_at),
        "outcome": run.outcome.value if run.outcome else None,
        "error": run.error,
        "requested": counts.requested,
        "fetched": counts.fetched,
        "links": counts.links,
        "new": counts.new,
        "revised": counts.revised,
        "copies": counts.copies,
        "unchanged": counts.unchanged,
        "known": counts.known,
        "kept_apart": _kept_apart(run),
        "refused": dict(sorted(counts.refused.items())),
        "failed": counts.failed,
        "received_bytes": counts.received_bytes,
        "newest_published_at": time_json(run.newest_published_at),
        "robots": run.robots,
        "duration_seconds": _seconds(run),
        "exit_code": run.exit_code,
        "peak_memory_bytes": run.peak_memory_bytes,
        "log_file": run.log_file,
    }


def _seconds(run: Run) -> float | None:
    return (run.ended_at - run.started_at).total_seconds() if run.ended_at else None


_KEPT_APART = "kept_apart"  # crawler.health.signals
_REASONS = frozenset(reason.value for reason in RefusalReason)


def kept_apart_text(run: Run) -> str:
    """Return how many pages were kept apart from the article that they name, and their URLs."""
    urls = ", ".join(run.evidence.get(_KEPT_APART, ()))
    return f"{_kept_apart(run)} ({urls})" if urls else "–"


def _kept_apart(run: Run) -> int:
    return run.counts.signals.get(_KEPT_APART, 0)


def refused_text(refused: dict[str, int]) -> str:
    """Return the pages that were refused, such as "blocked 1, video 2", or a dash."""
    return _counts_text({key: count for key, count in refused.items() if key in _REASONS})


def skipped_text(refused: dict[str, int]) -> str:
    """Return what was never had, and why: "not_recorded 8", "robots 2", or a dash."""
    return _counts_text({key: count for key, count in refused.items() if key not in _REASONS})


def _counts_text(counts: dict[str, int]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items())) or "–"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun; many: its plural, `one` with an "s" if not given."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size_text(size: int) -> str:
    """Return a number of bytes as people read it."""
    value = float(size)
    for unit in ("B", "KB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
