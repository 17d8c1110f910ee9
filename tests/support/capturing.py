"""HTTP exchanges as of a crawl, and WARC files of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crawler.capture.writer import Exchange, WarcFiles
from storage.model.articles import Capture

START = datetime(2026, 9, 14, 1, 2, 3, 456789, UTC)


AGENT = "tinquan/0.1 (+https://example.org/tests)"


HTML = (b"Content-Type", b"text/html; charset=utf-8")


def exchange(number: int = 1, body: bytes = b"<p>Tin</p>", **changes: object) -> Exchange:
    plain = Exchange(
        url=f"https://tienphong.vn/a-post{number}.tpo",
        method="GET",
        request_headers=((b"User-Agent", AGENT.encode()), (b"Accept-Encoding", b"gzip")),
        status=200,
        response_headers=(HTML,),
        body=body,
        received_at=START + timedelta(seconds=number),
        protocol="HTTP/1.1",
        ip_address="203.0.113.7",
    )
    return replace(plain, **changes)  # type: ignore[arg-type] # names of the class's own fields


def files(folder: Path, run: str = "run1", max_bytes: int = 10**9) -> WarcFiles:
    return WarcFiles(folder, "tienphong", run, AGENT, max_bytes, START)


def write(folder: Path, *exchanges: Exchange, run: str = "run1") -> tuple[Path, list[Capture]]:
    warc = files(folder, run)
    captures = [warc.write(each) for each in exchanges]
    warc.close()
    return folder / captures[0].warc_file, captures
