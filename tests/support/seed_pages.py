"""Render the two seed texts as pages in their outlets' markup; the texts are read at run time."""

import html
from dataclasses import dataclass


@dataclass(frozen=True)
class Seed:
    """A parsed seed text: the parts of the article, and the boxes around it."""

    title: str
    sapo: str
    paragraphs: list[str]
    captions: list[str]
    boxes: list[str]
    byline: str | None = None


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def read_mastercms_seed(text: str) -> Seed:
    """Parse title, lead with dateline, two related headlines in one line, text, and boxes."""
    lines = _lines(text)
    title, sapo, related, rest = lines[0], lines[1], lines[2], lines[3:]
    end = rest.index("Có thể bạn quan tâm")
    body, boxes = rest[: end - 1], [related, *rest[end:]]
    captions = [body[n + 1] for n, line in enumerate(body) if line == title]
    paragraphs = [line for line in body if line != title and line not in captions]
    return Seed(title, sapo, paragraphs, captions, boxes, byline=rest[end - 1])


def read_epi_seed(text: str) -> Seed:
    """Parse title, lead with dateline, text with subheads and captions ("… ảnh 1"), and a box."""
    lines = _lines(text)
    title, sapo, rest = lines[0], lines[1], lines[2:]
    captions = [rest[n + 1] for n, line in enumerate(rest) if line.startswith(f"{title} ảnh")]
    alts = [line for line in rest if line.startswith(f"{title} ảnh")]
    paragraphs = [line for line in rest[:-1] if line not in captions and line not in alts]
    return Seed(title, sapo, paragraphs, captions, [*alts, rest[-1]])


def mastercms_page(seed: Seed) -> bytes:
    """Return a laodongthudo page: related table in the body, image tables, byline, boxes after."""
    paragraphs = [f'<p style="text-align: justify;">{html.escape(p)}</p>' for p in seed.paragraphs]
    for number, caption in enumerate(seed.captions):
        paragraphs.insert(
            1 + number,
            '<table class="MASTERCMS_TPL_TABLE" style="width: 100%;"><tbody><tr><td>'
            f'<img src="/stores/news_dataimages/{number}.jpg" alt="{html.escape(seed.title)}">'
            f"</td></tr><tr><td>{html.escape(caption)}</td></tr></tbody></table>",
        )
    related, *boxes = seed.boxes
    cards = "".join(
        f'<div class="article"><a href="/x-{n}.html" title="">{html.escape(line)}</a></div>'
        if not line.startswith("(LĐTĐ)")
        else f'<div class="article-desc-box">{html.escape(line)}</div>'
        for n, line in enumerate(boxes)
    )
    return (
        "<!DOCTYPE html><!-- MASTERCMS --><html><head><meta charset='utf-8'>"
        "<meta property='article:published_time' content='2024-06-26T15:00:00+07:00'></head><body>"
        f'<h1 class="article-detail-title">{html.escape(seed.title)}</h1>'
        f'<div class="article-detail-desc">{html.escape(seed.sapo)}</div>'
        '<div class="__MASTERCMS_CONTENT"><div class="__MB_MASTERCMS_EL item-content">'
        '<table class="__MB_ARTICLE_A"><tbody><tr><td>'
        f'<a href="/r-1.html">{html.escape(related)}</a></td></tr></tbody></table>'
        f"{''.join(paragraphs)}</div>"
        f'<p align="right"><strong>{html.escape(seed.byline or "")}</strong></p></div>'
        f"{cards}</body></html>"
    ).encode()


def epi_page(seed: Seed) -> bytes:
    """Return a tienphong page: lazy images with captions, subheads as <h2>, then a box."""
    parts = []
    for text in seed.paragraphs:
        tag = "h2" if len(text) < 60 else "p"
        parts.append(f"<{tag}>{html.escape(text)}</{tag}>")
    for number, caption in enumerate(seed.captions):
        alt = html.escape(seed.boxes[number])
        parts.insert(
            2 + 2 * number,
            f'<figure><img class="lazyload cms-photo" src="data:image/gif;base64,AA" alt="{alt}" '
            f'data-src="https://cdn.tienphong.vn/{number}.jpg">'
            f"<figcaption>{html.escape(caption)}</figcaption></figure>",
        )
    return (
        "<!DOCTYPE html><html><head><meta charset='utf-8'><script>cmsConfig={}</script>"
        "<meta property='article:published_time' content='2024-07-10T06:00:00+0700'></head><body>"
        f'<h1 class="article__title cms-title">{html.escape(seed.title)}</h1>'
        f'<div class="article__sapo cms-desc">{html.escape(seed.sapo)}</div>'
        f'<div class="article__body zce-content-body cms-body">{"".join(parts)}'
        f'<div class="article-relate"><h3>{html.escape(seed.boxes[-1])}</h3></div></div>'
        f"<div class='box'><h3>{html.escape(seed.boxes[-1])}</h3></div></body></html>"
    ).encode()
