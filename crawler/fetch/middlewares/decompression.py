"""Undoes Content-Encoding as browsers do, and exactly as recordings are decoded later."""

from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response, TextResponse
from scrapy.responsetypes import responsetypes

from crawler.capture.decode import UndecodableError, decode
from crawler.fetch.middlewares.errors import OversizeError, UndecodableContentError


class Decompression:
    """Replaces Scrapy's middleware, which drops responses with a wrong header or a cut stream.

    It runs above the capture (650), so that bodies are recorded as they were sent.
    """

    def __init__(self, max_bytes: int):
        self._max_bytes = max_bytes

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the middleware (setting DOWNLOAD_MAXSIZE, bytes)."""
        return cls(crawler.settings.getint("DOWNLOAD_MAXSIZE"))

    def process_response(self, request: Request, response: Response) -> Response:
        """Return the response decoded. Raises UndecodableContentError, OversizeError."""
        encodings = response.headers.getlist("Content-Encoding")
        if not encodings:
            return response
        try:
            body = decode(response.body, encodings)
        except UndecodableError as error:
            raise UndecodableContentError(f"{request.url}: {error}") from None
        if len(body) > self._max_bytes:
            raise OversizeError(f"{request.url}: too large")
        del response.headers["Content-Encoding"]
        kind = responsetypes.from_args(headers=response.headers, url=response.url, body=body)
        changes: dict[str, Any] = {"body": body}
        if issubclass(kind, TextResponse):
            changes["encoding"] = None  # detected again from the decoded body
        return response.replace(cls=kind, **changes)
