"""Hostile pages: 300 inputs of kinds that have hung, crashed or flooded parsers, from one seed."""

import gzip
import random
from collections.abc import Iterator

_TEXT = "<p>Đây là một đoạn văn bình thường, đủ dài để được coi là thân bài của một bản tin.</p>"
_PAGE = (
    "<!DOCTYPE html><html><head><meta charset='utf-8'><meta property='og:type' content='article'>"
    "{head}</head><body {attributes}><h1>Tiêu đề của một bản tin bình thường</h1>"
    "<div class='article__body cms-body'>{body}</div></body></html>"
)
_SHARDS = (b"<div>", b"</p>", b"<td>", b"&", b"\xc4\x90", b"<a href='/", b">", b"<p>", b"<!--",
           b"-->", b"<script>", b"</script>", b"'")  # fmt: skip
_SIZES = (100, 2_000, 7_000, 9_000, 20_000, 39_000, 60_000)


def page(body: str = _TEXT * 5, head: str = "", attributes: str = "") -> bytes:
    return _PAGE.format(body=body, head=head, attributes=attributes).encode()


def _floods(n: int) -> Iterator[bytes]:
    for tag in ("div", "span", "b", "a", "font", "blockquote", "section", "ul", "table", "li"):
        yield page(f"<{tag}>" * n + _TEXT)
        yield page(f"<{tag}>" * (n // 2) + _TEXT + f"</{tag}>" * (n // 2))
    yield page("<b><i><u>" * (n // 6) + _TEXT + "</b></i></u>" * (n // 6))
    yield page("<p><b>" * (n // 2) + _TEXT)
    yield page("<table><tr><td>" * (n // 3) + _TEXT)
    yield page("chữ<br>" * n + _TEXT)
    yield page("<br><br/><BR />" * (n // 3) + _TEXT)
    yield page(attributes=" ".join(f"a{i}" for i in range(n)))
    yield page(attributes=" ".join(f'a{i}=">"' for i in range(n)))
    yield page(attributes=" ".join(f"a{i}='<b>'" for i in range(n // 4)))
    yield page(body=f"<p {' '.join(f'x{i}=1' for i in range(n // 40))}>chữ</p>" * 40)
    yield page(body=f'<p title="{"x" * n * 8}">chữ</p>' + _TEXT)
    yield page(body='<a href="' * n + _TEXT)
    yield page(body="<" * n + _TEXT)
    yield page(body="&amp;" * n + "&lt;" * n)
    yield page(body="<!--" * n + _TEXT)
    yield page(body="<![CDATA[" * n)
    yield page(body="<img src=x>" * n + _TEXT)
    yield page(body=f"<p>{'Tin liên quan ' * n}</p>" + _TEXT)
    yield page(body="<figure><figcaption>chú thích</figcaption></figure>" * (n // 4))
    yield page(body="<li><a href='/x'>một liên kết dài hơn mười lăm chữ</a></li>" * (n // 4))
    yield page(body="<p><strong>A</strong></p>" * (n // 4))


def _scripts(n: int) -> Iterator[bytes]:
    kind = "<script type='application/ld+json'>{}</script>"
    yield page(head=kind.format('{"@type":"NewsArticle","headline":"' + '\\"' * n + '"'))
    yield page(head=kind.format('{"@type":"NewsArticle","headline":"' + "\\" * n))
    yield page(head=kind.format("[" * n))
    yield page(head=kind.format('{"a":' * n + "1" + "}" * n))
    yield page(head=kind.format('{"@type":"NewsArticle","author":' + '[{"name":"A"},' * n))
    yield page(head=kind.format('{"@graph":[' * n + "]}" * n))
    yield page(head=kind.format('{"datePublished":"' + "2026-" * n + '"}'))
    yield page(head=(kind.format('{"@type":"NewsArticle"}') * (n // 40)))
    yield page(head="<meta property='og:title' content='" + "&amp;" * n + "'>")
    yield page(head="<title>" + "&#x110;" * n + "</title>")
    yield page(head="<script>" + "a<b &&" * n + "</script>")


def _payloads(random_: random.Random) -> Iterator[bytes]:
    whole = page()
    for cut in (0, 1, 17, 120, len(whole) // 2, len(whole) - 9):
        yield whole[:cut]
    for charset in ("utf-16", "utf-16-be", "utf-8-sig", "windows-1258", "utf-32"):
        yield whole.decode().encode(charset, "replace")
    for declared in ("utf-16", "base64", "hex", "rot13", "idna", "unknown-charset", "zip"):
        yield whole.replace(b"charset='utf-8'", f"charset='{declared}'".encode()) + b"\xff\xfe\x80"
    yield b"\x00" * 5_000
    yield whole.replace(b"p", b"p\x00")
    yield b"<p>" + bytes(range(256)) * 400
    yield random_.randbytes(200_000)
    yield b"<html>" + random_.randbytes(300_000)
    yield gzip.compress(b"0" * 20_000_000)
    yield b"<p>x" * 5_000_000
    yield b"x" * 20_000_000
    yield whole + b" " * 2_500_000
    for _ in range(20):
        broken = bytearray(whole)
        for _ in range(60):
            broken[random_.randrange(len(broken))] = random_.randrange(256)
        yield bytes(broken)
    for _ in range(20):
        yield b"<html><body>" + b"".join(random_.choices(_SHARDS, k=4_000))


def hostile_pages(count: int = 300, largest: int = 60_000) -> list[bytes]:
    """Return `count` hostile payloads, always the same. largest: most repetitions in a flood."""
    random_ = random.Random(3)
    found = [*_payloads(random_)]
    for size in filter(lambda size: size <= largest, _SIZES):
        found += [*_floods(size), *_scripts(size)]
    while len(found) < count:
        found.append(b"<html><body>" + random_.randbytes(random_.randrange(50_000)))
    head, rest = found[:80], found[80:]
    return head + random_.sample(rest, count - len(head))
