"""Reads back the pages that a killed crawl recorded, instead of requesting them again."""

from dataclasses import replace
from pathlib import Path

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response

from crawler.capture.reader import recorded_at
from crawler.capture.writer import WarcFiles
from crawler.fetch.middlewares.errors import OversizeError
from crawler.fetch.middlewares.meta import CAPTURE, RECORD
from crawler.fetch.middlewares.replay import as_response


class Adoption:
    """Answers a request whose meta names a WARC record with that record, without the network.

    captures: the folder that the paths of WARC files are relative to.
    """

    def __init__(self, captures: Path):
        self._captures = captures

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Adoption":
        """Return the middleware. Raises NotConfigured for a crawl that records nothing."""
        files: WarcFiles | None = getattr(crawler.spider, "warc_files", None)
        if files is None:
            raise NotConfigured("only a crawl that records pages reads recorded ones back")
        return cls(files.captures)

    def process_request(self, request: Request) -> Response | None:
        """Return the recorded response. Raises CaptureError, OversizeError."""
        if RECORD not in request.meta:
            return None
        file, offset = request.meta[RECORD]
        recorded = recorded_at(file, offset)
        name = file.relative_to(self._captures).as_posix()
        request.meta[CAPTURE] = replace(recorded.capture, warc_file=name)
        if recorded.is_cut:
            raise OversizeError(f"{request.url}: too large")
        return as_response(request, recorded)
