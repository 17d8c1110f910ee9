"""A small local news site over TLS, for tests of crawls, with pages of two CMS families.

`LocalSite` answers for any host name, by path; crawls reach it by the setting TINQUAN_RESOLVE, so
that the address guard stays on for everything else. `tests.support.sites` fills one with feeds,
listings, paging and articles about invented events.
"""

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Answer:
    """A response of the site. drip: seconds between single bytes of the body."""

    body: bytes | str = b""
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    drip: float = 0.0


Route = Answer | Callable[[dict[str, str]], Answer]


class LocalSite:
    """A server on a free port of an address, used as a context manager.

    routes: "host/path?query" → answer, or a function from the request's headers to one.
    asked: the requested addresses, in order. headers: those of each request. before: called with
    each address before it is answered.
    """

    def __init__(self, folder: Path, hosts: list[str], address: str = "127.0.0.1"):
        self.routes: dict[str, Route] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.before: Callable[[str], None] = lambda _: None
        self.authority = folder / "authority.pem"
        chain = _certificate(folder, hosts, self.authority)
        self._server = ThreadingHTTPServer((address, 0), _handler(self))
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.resolve = dict.fromkeys(hosts, f"{address}:{self._server.server_port}")

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, address: str, headers: dict[str, str]) -> Answer:
        self.asked.append(address)
        self.headers.append(headers)
        self.before(address)
        route = self.routes.get(address, Answer(f"<h1>404: {address}</h1>", 404))
        return route(headers) if callable(route) else route


def _handler(site: LocalSite) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = site.answer(f"{headers['host'].split(':')[0]}{self.path}", headers)
            body = answer.body.encode() if isinstance(answer.body, str) else answer.body
            self.send_response(answer.status)
            for name, value in ({"Content-Type": answer.kind} | answer.headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self._send(body, answer.drip)
            except OSError:  # the crawler has closed the connection, as it should
                self.close_connection = True

        def _send(self, body: bytes, drip: float) -> None:
            if not drip:
                self.wfile.write(body)
                return
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(drip)

        def log_message(self, *args: object) -> None:
            pass

    return Handler


def _certificate(folder: Path, hosts: list[str], authority: Path) -> Path:
    """Write a certificate for `hosts` with its key, and the CA certificate to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tinquan test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(h) for h in hosts]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    authority.write_bytes(public)
    chain = folder / "chain.pem"
    chain.write_bytes(private + public)
    return chain


# Pages in the markup of both families, about invented events.

PARAGRAPHS = (
    "Sáng nay, tổ công tác của phường Hồ Mây đã dựng thêm ba mươi chiếc ghế gỗ dọc con đường ven"
    " hồ để người lớn tuổi có chỗ nghỉ chân khi đi bộ buổi sớm.",
    "Theo ông Lê Văn Thử, tổ trưởng tổ dân phố số {number}, kinh phí do các hộ dân đóng góp trong"
    " hai tháng, mỗi hộ góp theo khả năng của mình.",
    "Dự kiến trong tuần tới, phường sẽ trồng thêm hai hàng cây bóng mát và lắp đèn chiếu sáng ở"
    " đoạn đường còn tối giữa hai ngõ nhỏ.",
)


def epi_article(number: int, title: str, published: str, text: str = "") -> str:
    """Return an article's page in ePi's markup. published: as "2026-09-14T08:00:00+0700"."""
    body = "".join(f"<p>{p.format(number=number)}</p>" for p in (*PARAGRAPHS, text) if p)
    return f"""<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"><title>{title}</title>
<link rel="canonical" href="https://tienphong.vn/{slug(title)}-post{number}.tpo">
<meta property="og:title" content="{title}"><meta property="og:type" content="article">
<meta property="article:published_time" content="{published}">
<meta property="article:section" content="Nhịp sống Thủ đô">
<link rel="amphtml" href="https://tienphong.vn/{slug(title)}-post{number}.amp">
<script>var cmsConfig={{domainDesktop:"https://tienphong.vn"}};</script></head>
<body class="normal-page"><div class="article__header">
<h1 class="article__title cms-title">{title}</h1>
<time class="time" datetime="{published}">{published}</time>
<span class="cms-author">Nguyễn Thị Mẫu</span></div>
<div class="article__sapo cms-desc">TPO - Bài số {number}: người dân một phường ven hồ cùng nhau làm
 đẹp con đường đi bộ.</div>
<div class="article__body zce-content-body cms-body">{body}</div></body></html>"""


def master_article(number: int, title: str, published: str, text: str = "") -> str:
    """Return an article's page in MasterCMS's markup."""
    body = "".join(f"<p>{p.format(number=number)}</p>" for p in (*PARAGRAPHS, text) if p)
    return f"""<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"><title>{title}</title>
<link rel="canonical" href="https://laodongthudo.vn/{slug(title)}-{number}.html">
<meta property="og:title" content="{title} | Lao Động Thủ Đô">
<meta property="article:published_time" content="{published}"></head>
<body><!-- MASTERCMS Ultimate Edition --><h1 class="article-detail-title">{title}</h1>
<div class="article-detail-desc">(LĐTĐ) Bài số {number}: người dân một phường ven hồ cùng nhau làm
 đẹp con đường đi bộ.</div><div class="__MASTERCMS_CONTENT">{body}</div></body></html>"""


def slug(title: str) -> str:
    """Return the slug of a title: its ASCII words, joined by hyphens."""
    return "-".join(word for word in title.lower().split() if word.isascii())


def feed(items: list[tuple[str, str, str]]) -> Answer:
    """Return a feed of (address, title, pubDate)."""
    entries = "".join(
        f"<item><title><![CDATA[{title}]]></title><link>{url}</link><pubDate>{date}</pubDate></item>"
        for url, title, date in items
    )
    head = '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
    text = f"{head}{entries}</channel></rss>"
    return Answer(text, kind="application/rss+xml; charset=utf-8")


def listing(urls: list[str]) -> Answer:
    """Return a section page with these links, and with a menu's links."""
    anchors = "".join(f'<article><h3><a href="{url}">Bài viết</a></h3></article>' for url in urls)
    return Answer(
        '<html><body><nav><a href="/">Trang chủ</a><a href="javascript:;">≡</a>'
        f'<a href="https://www.facebook.com/x">f</a></nav>{anchors}</body></html>'
    )
