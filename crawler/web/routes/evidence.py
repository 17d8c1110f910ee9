"""`/bai/ID/ban-ghi`: the WARC record of a state; `/ban-goc`: the page as it was captured."""

import re

from starlette.responses import Response

from crawler.capture.objects.files import WarcSource
from crawler.capture.reader import Recorded, decoded_body, recorded_at
from crawler.capture.single import record_bytes
from crawler.web.asked import ref_of
from crawler.web.page import Page
from crawler.web.routes.articles import state_of
from crawler.web.security import FRAMING, SANDBOX
from storage.errors import CaptureError
from storage.model.articles import ArchivedArticle, Capture, Revision

# ASCII-compatible encodings: in others (UTF-7, ISO-2022) the pattern below would miss attributes.
_CHARSET = re.compile(
    rb"charset\s*=\s*[\"']?(utf-?8|us-ascii|(?:windows|iso-8859)-\d+)\b", re.IGNORECASE
)
# The policy blocks the request, but Chromium opens a connection before it checks the policy: for
# frames at once, for links on a click. A renamed attribute has no effect.
# All matches are renamed, even outside of tags: a quote or a repeated name can make any parser but
# the browser's own misjudge where a tag ends. Inline pictures (src="data:…") stay.
_URL_ATTRIBUTES = re.compile(
    rb"(?<![-\w])(?:(?:href|srcdoc|data|action|formaction)(?=\s*=)"
    rb"|src(?=\s*=)(?!\s*=\s*[\"']?\s*data:))",
    re.IGNORECASE,
)
_BOMS = (b"\xff\xfe", b"\xfe\xff")


def record(page: Page) -> Response:
    """Answer `/bai/ID/ban-ghi/N`. Raises NotFoundError."""
    archived, state = _state(page)
    problem = ""
    if state.capture.warc_file:
        try:
            _recorded(page, state.capture)
        except CaptureError as error:
            problem = str(error)
    return page.render(
        "record.html", id=archived.id, state=state, capture=state.capture, is_whole=not problem
    )


def download(page: Page) -> Response:
    """Answer `/bai/ID/ban-ghi/N/tai-ve`: the record as a separate WARC file.

    Raises NotFoundError, CaptureError.
    """
    archived, state = _state(page)
    _recorded(page, state.capture)  # raises if it is another record, or damaged
    data = record_bytes(_file(page, state.capture), state.capture.warc_offset)
    extension = "warc.gz" if data.startswith(b"\x1f\x8b") else "warc"
    name = f"tinquan-{archived.id}-{state.number}.{extension}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="application/warc", headers=headers)


def captured(page: Page) -> Response:
    """Answer `/ban-goc/ID/N`: the captured page in a frame, below a bar that explains it."""
    archived, state = _state(page)
    _recorded(page, state.capture)
    headers = {"Content-Security-Policy": FRAMING}
    values = {"id": archived.id, "state": state, "capture": state.capture}
    return page.render("captured.html", 200, headers, **values)


def captured_page(page: Page) -> Response:
    """Answer `/ban-goc/ID/N/trang`: the captured page, sandboxed.

    Links and frames are disabled; the record for download has the original bytes.
    Raises NotFoundError, CaptureError.
    """
    _, state = _state(page)
    found = _recorded(page, state.capture)
    given = next(iter(found.header_values(b"content-type")), b"")
    body, charset = decoded_body(found), _CHARSET.search(given)
    named = f"; charset={charset[1].decode('ascii')}" if charset else ""
    if body.startswith(_BOMS):
        body, named = body.decode("utf-16", "replace").encode(), "; charset=utf-8"
    kind = "text/plain" if given.lower().startswith(b"text/plain") else "text/html"
    body = _URL_ATTRIBUTES.sub(rb"data-was-\g<0>", body.translate(None, b"\x1b"))
    headers = {
        "Content-Security-Policy": SANDBOX,
        "Content-Type": kind + named,
        "Cross-Origin-Embedder-Policy": "require-corp",
    }
    return Response(body, headers=headers)


def _state(page: Page) -> tuple[ArchivedArticle, Revision]:
    archived = page.reader.archive.articles.get(ref_of(page.path["ref"]).id)
    return archived, state_of(archived, page.path["state"])


def _file(page: Page, capture: Capture) -> WarcSource:
    return page.reader.captures.find(capture.warc_file)


def _recorded(page: Page, capture: Capture) -> Recorded:
    """Return a capture's record. Raises CaptureError if it is missing or another record."""
    if not capture.warc_file:
        raise CaptureError("an imported article has no record")
    found = recorded_at(_file(page, capture), capture.warc_offset)
    if found.capture.record_id != capture.record_id:
        raise CaptureError(f"{capture.warc_file}: another record is at {capture.warc_offset}")
    return found
