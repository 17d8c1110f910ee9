"""The backlog of WARC files to push: as text, as JSON, and as a finding if it lasts."""

from datetime import datetime, timedelta
from typing import Any

from crawler.render.base import counted, size_text, time_json, time_text
from storage.model.alarms import Cause, Finding
from storage.model.maintenance import PushBacklog

_MAX_AGE = timedelta(hours=2)  # a store may be unreachable for an hour; nothing is lost


def backlog_findings(store: str, backlog: PushBacklog, now: datetime) -> list[Finding]:
    """Return a finding if files have waited for long to be pushed. store: its URL."""
    if backlog.oldest_at is None or now - backlog.oldest_at < _MAX_AGE:
        return []
    evidence = (backlog.error,) if backlog.error else ()
    text = backlog_text(store, backlog)
    return [Finding(Cause.NOT_PUSHED, None, text, backlog.oldest_at, evidence)]


def backlog_text(store: str, backlog: PushBacklog) -> str:
    """Return the backlog as one line of text; "" if it is empty."""
    if backlog.oldest_at is None:
        return ""
    files = counted(backlog.files, "WARC file waits", "WARC files wait")
    since = f"the first since {time_text(backlog.oldest_at)}"
    return f"{files} ({size_text(backlog.size_bytes)}) to be pushed to {store}, {since}"


def backlog_json(store: str, backlog: PushBacklog) -> dict[str, Any]:
    """Return the backlog as JSON data."""
    return {
        "url": store,
        "files": backlog.files,
        "bytes": backlog.size_bytes,
        "oldest_at": time_json(backlog.oldest_at),
        "error": backlog.error,
    }
