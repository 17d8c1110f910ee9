"""Fill an archive with captures that have real WARC records, of an invented outlet's pages."""

from datetime import timedelta
from pathlib import Path

from crawler.capture.writer import Exchange, WarcFiles
from storage.archive import Archive
from storage.model.articles import Article, Capture, Refusal
from tests.support.samples import T0, article, run, url_of


class Recorder:
    """Records pages below `captures` and stores their articles, as one run would."""

    def __init__(
        self, archive: Archive, captures: Path, max_bytes: int = 1_000_000, run_id: str = "r1"
    ) -> None:
        self.archive = archive
        self.captures = captures
        self.run_id = run_id
        archive.runs.start(run(run_id))
        self.files = WarcFiles(captures, "baothu", run_id, "tinquan/0.1 (+x@y.vn)", max_bytes, T0)

    def write(self, minutes: float, url: str, text: str) -> Capture:
        """Record a page without storing it."""
        return self.files.write(
            Exchange(
                url=url,
                method="GET",
                request_headers=((b"Accept", b"text/html"),),
                status=200,
                response_headers=((b"Content-Type", b"text/html"),),
                body=f"<html><body><p>{text}</p></body></html>".encode(),
                received_at=T0 + timedelta(minutes=minutes),
            )
        )

    def store(
        self, minutes: float, number: int, text: str, refusal: Refusal | None = None
    ) -> Capture:
        """Record a page of article `number` and store its result."""
        capture = self.write(minutes, url_of(number), text)
        item: Article | Refusal = refusal or article(number, text)
        self.archive.articles.store(self.run_id, capture, item)
        return capture
