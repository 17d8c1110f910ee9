"""`/tinh-trang`: health for monitors: 200, or 503 with one line for each problem."""

from starlette.responses import PlainTextResponse, Response

from crawler.web.page import Page


def status(page: Page) -> Response:
    """Answer `/tinh-trang` in plain text."""
    faults = page.reader.faults()
    text = "\n".join(faults) or "ok"
    headers = {"Cache-Control": "no-store"}
    return PlainTextResponse(text + "\n", 503 if faults else 200, headers)
