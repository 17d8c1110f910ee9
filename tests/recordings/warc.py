"""Write exchanges as a WARC 1.1 file, the same bytes each time."""

from collections.abc import Iterable
from datetime import timedelta
from io import BytesIO
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tests.recordings.exchange import USER_AGENT, Exchange
from tests.recordings.stories import Session

_SECONDS_BETWEEN = 3  # the outlets' own delay is 2 s, with jitter


def _record_id(*parts: str) -> str:
    return f"<urn:uuid:{uuid5(NAMESPACE_URL, ' '.join(parts))}>"


def _write_info(writer: WARCWriter, session: Session, filename: str) -> None:
    info = {
        "software": "tests.recordings.build",
        "format": "WARC File Format 1.1",
        "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "isPartOf": f"demo-{session.start:%Y-%m-%d}-{session.name}",
        "description": "Invented stories in the mark-up of two outlets; no event here is real.",
        "robots": "obeyed",
        "http-header-user-agent": USER_AGENT,
    }
    record = writer.create_warcinfo_record(filename, info)
    record.rec_headers.replace_header("WARC-Record-ID", _record_id("warcinfo", filename))
    record.rec_headers.replace_header("WARC-Date", f"{session.start:%Y-%m-%dT%H:%M:%SZ}")
    writer.write_record(record)


def _pair(
    writer: WARCWriter, exchange: Exchange, session: Session, number: int
) -> tuple[ArcWarcRecord, ArcWarcRecord]:
    at = session.start + timedelta(seconds=_SECONDS_BETWEEN * number)
    parts = urlsplit(exchange.url)
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    http = StatusAndHeaders(
        exchange.status_line, exchange.response_headers(at), protocol="HTTP/1.1"
    )
    asked = StatusAndHeaders(
        f"GET {path} HTTP/1.1", exchange.request_headers(), is_http_request=True
    )
    names = (session.name, str(number), exchange.url)

    def headers(kind: str) -> dict[str, str]:
        return {
            "WARC-Record-ID": _record_id(kind, *names),
            "WARC-Date": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        }

    response = writer.create_warc_record(
        exchange.url,
        "response",
        payload=BytesIO(exchange.payload),
        length=len(exchange.payload),
        http_headers=http,
        warc_headers_dict=headers("response"),
    )
    request = writer.create_warc_record(
        exchange.url, "request", http_headers=asked, warc_headers_dict=headers("request")
    )
    return request, response


def write_session(exchanges: Iterable[Exchange], session: Session, filename: str) -> bytes:
    """Return a session's WARC file, gzip per record, request and response for each exchange."""
    out = BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="1.1")
    _write_info(writer, session, filename)
    for number, exchange in enumerate(exchanges, start=1):
        writer.write_request_response_pair(*_pair(writer, exchange, session, number))
    return out.getvalue()
