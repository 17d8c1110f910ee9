"""Read the recordings back, for tests."""

import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from warcio.archiveiterator import ArchiveIterator

from crawler.families import FAMILIES, FAMILY_NAMES
from crawler.outlets.model import load_outlets
from crawler.page.urls import article_id
from tests.recordings.build import DEMO
from tests.recordings.pages import ROOT

_SHIPPED = load_outlets(ROOT / "config" / "outlets", FAMILY_NAMES)
OUTLETS = {slug: _SHIPPED[slug] for slug in ("laodongthudo", "tienphong")}  # those recorded
Recorded = dict[str, tuple[int, dict[str, str], bytes]]


def path(name: str) -> Path:
    return DEMO / f"{name}.warc.gz"


def read(name: str) -> Recorded:
    """Return status, headers and decoded body of each response, by URL."""
    found: Recorded = {}
    with path(name).open("rb") as stream:
        for record in ArchiveIterator(stream):
            if record.rec_type == "response":
                url = record.rec_headers.get_header("WARC-Target-URI")
                status = int(record.http_headers.get_statuscode())
                headers = dict(record.http_headers.headers)
                found[url] = (status, headers, record.content_stream().read())
    return found


def family_id(url: str) -> str | None:
    host = urlsplit(url).netloc
    family = {"tienphong.vn": "epi", "laodongthudo.vn": "mastercms"}.get(host)
    return article_id(url, FAMILIES[family]) if family else None


def text_of(row: dict[str, Any]) -> tuple[str, ...]:
    return (row["title"], row["sapo"], *row["paragraphs"])


def squeeze(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


def links(url: str, content_type: str, body: str) -> set[str]:
    if "json" in content_type:
        return {
            urljoin("https://tienphong.vn/", found)
            for found in re.findall(r'"url": "([^"]+)', body)
        }
    found = re.findall(r"<(?:loc|link|guid[^>]*)>([^<]+)<", body) + re.findall(
        r'href="([^"]+)"', body
    )
    return {urljoin(url, unescape(link)) for link in found}


def page_url(outlet: str, section: str, number: int) -> str:
    found = OUTLETS[outlet]
    paging, part = FAMILIES[found.family].paging, found.section(section)
    assert paging is not None
    path = part.path.rstrip("/")
    return paging.template.format(
        host=found.host, site=found.host, path=path, zone=part.zone, page=number
    )


def main_list(page: bytes) -> bytes:
    """Return the main list of a MasterCMS section page, without the boxes around it."""
    return page.partition(b'<ul class="list-news layout1">')[2].partition(b"</ul>")[0]
