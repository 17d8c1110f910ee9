"""Answers that break HTTP's rules, as servers give them: read as browsers do, or named."""

import gzip
import socketserver
import ssl
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest

from crawler.capture.reader import read_record
from storage.model.runs import Outcome
from tests.support.site import Answer, LocalSite, epi_article
from tests.support.sites import SECTION, Desk, Story, articles, epi_site, last_run


def body_of(site: LocalSite, story: Story) -> bytes:
    answer = site.routes[story.epi_url.removeprefix("https://")]
    assert isinstance(answer, Answer)
    return str(answer.body).encode()


def encoded(body: bytes, name: str) -> Answer:
    return Answer(body, headers={"Content-Encoding": name})


def test_what_can_be_decoded_is_and_the_rest_is_named(desk: Desk, site: LocalSite) -> None:
    stories = epi_site(site, count=16, page=16)
    page = [body_of(site, story) for story in stories]
    raw = zlib.compressobj(wbits=-15)
    answers = [
        *(encoded(page[n], "gzip") for n in range(6)),  # no gzip at all
        encoded(page[6], "UTF-8"),
        encoded(gzip.compress(page[7])[:-8], "gzip"),
        encoded(zlib.compress(page[8]), "deflate"),
        encoded(raw.compress(page[9]) + raw.flush(), "deflate"),
        encoded(brotli.compress(page[10]), "br"),
        encoded(gzip.compress(gzip.compress(page[11])), "gzip, gzip"),
        encoded(page[12], "identity"),
        *(encoded(b"\x00\x01\x02" * 50, "gzip") for _ in range(3)),
    ]
    for story, answer in zip(stories, answers, strict=True):
        site.routes[story.epi_url.removeprefix("https://")] = answer
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    run = last_run(desk)
    assert (run.outcome, run.counts.new, run.counts.failed) == (Outcome.DONE, 13, 0)
    assert run.counts.refused == {"http_error": 3}
    with desk.open() as archive:
        assert sorted(articles(archive)) == sorted(story.epi_url for story in stories[:13])
        for capture, refused in archive.articles.refusals():
            assert "not the gzip that its Content-Encoding says" in refused.evidence
            assert capture.status == 200
        for found in (archive.articles.get(story.epi_url) for story in stories[:13]):
            capture = found.latest.capture
            again = read_record(desk.captures / capture.warc_file, capture.warc_offset)
            assert found.latest.article.title.encode() in again.body, "read the same years later"


class RawSite:
    """Answers for one host with bytes as given, by path; anything else is 404."""

    def __init__(self, folder: Path, pagination: Path):
        self.answers: dict[str, bytes] = {}
        self.asked: list[str] = []
        site = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                path = self.rfile.readline().split()[1].decode()
                while self.rfile.readline().strip():
                    pass
                site.asked.append(path)
                self.wfile.write(site.answers.get(path, NOT_FOUND))

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pagination)
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)


NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.fixture
def raw(desk: Desk, site: LocalSite) -> Iterator[RawSite]:
    """Yield a site that takes the place of tienphong.vn; its section's page is the local one's."""
    found = RawSite(desk.folder, desk.folder / "chain.pem")
    threading.Thread(target=found.server.serve_forever, args=(0.02,), daemon=True).start()
    site.resolve["tienphong.vn"] = f"127.0.0.1:{found.server.server_address[1]}"
    yield found
    found.server.shutdown()
    found.server.server_close()


def answer(body: bytes, *headers: bytes, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    head = [b"HTTP/1.1 200 OK", b"Content-Type: text/html; charset=utf-8", *headers]
    return b"\r\n".join([*head, b"Content-Length: %d" % size, b"Connection: close", b"", body])


def test_heads_and_lengths_that_are_wrong_lose_no_page(
    desk: Desk, site: LocalSite, raw: RawSite
) -> None:
    stories = [Story(1900000 + n) for n in range(8)]
    page = [
        epi_article(s.number, s.title, f"{s.published:%Y-%m-%dT%H:%M:%S%z}").encode()
        for s in stories
    ]
    anchors = "".join(f'<a href="{s.epi_url}">{s.title}</a>' for s in stories)
    raw.answers["/nhip-song-thu-do/"] = answer(anchors.encode())
    answers = [
        answer(page[0], b"Bad Name: x", "Tiêu đề: x".encode(), b"X-\x01: y"),
        answer(page[1], b"X-Long: " + b"a" * 40_000),
        answer(page[2], b"no header at all", b" nor its second line"),
        answer(page[3], b"Content-Type : text/html", b": nothing"),
        answer(page[4], length=len(page[4]) + 500),
        answer(page[5], length=len(page[5]) - 40),
        b"HTTP/1.1 200 OK\n goes on\nContent-Type: text/html\n\n" + page[6],
        answer(b"%x\r\n%b\r\n" % (len(page[7]), page[7]), b"Transfer-Encoding: chunked").replace(
            b"Content-Length", b"X-Length"
        ),
    ]
    for story, sent in zip(stories, answers, strict=True):
        raw.answers[story.epi_url.removeprefix("https://tienphong.vn")] = sent
    code, errors = desk.crawl("tienphong", SECTION, RETRY_TIMES=1)
    assert code == 0, errors
    run = last_run(desk)
    assert (run.counts.new, run.counts.failed) == (8, 0)
    assert run.counts.refused["cut"] == 2
    asked = [path for path in raw.asked if path.endswith("post1900004.tpo")]
    assert len(asked) == 2, "an answer that ends too early is asked for again first"
    with desk.open() as archive:
        for found in (archive.articles.get(story.epi_url) for story in stories):
            capture = found.latest.capture
            again = read_record(desk.captures / capture.warc_file, capture.warc_offset)
            assert found.latest.article.title.encode() in again.body
