"""`/tinh-trang`: is all well? For monitors: 200 or 503, one line for each thing that is not."""

from starlette.responses import PlainTextResponse, Response

from crawler.web.page import Page


def status(page: Page) -> Response:
    """Answer `/tinh-trang` in plain text."""
    faults = page.reader.faults()
    text = "\n".join(faults) or "ok"
    headers = {"Cache-Control": "no-store"}
    return PlainTextResponse(text + "\n", 503 if faults else 200, headers)
