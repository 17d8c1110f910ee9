"""Lao Động Thủ Đô's site as one session finds it: feeds, sections, sitemap, articles."""

import base64
from collections.abc import Iterator
from datetime import UTC
from functools import partial
from typing import Any

from jinja2 import Environment

from crawler.outlets.model import Section
from tests.recordings.exchange import TEXT, Exchange
from tests.recordings.pages import Card, Shown, Site, environment, linked, load_site, summary
from tests.recordings.stories import Session, Story, slugify

HOST = "https://laodongthudo.vn"
_STEP = 15  # what the outlet's own links add to BRSR
_LISTED = 5  # fewer a page than the real one's 15, so that so few stories fill several pages
_PARENTS = {"dan-sinh": "Dân sinh"}
_XML = "text/xml; charset=utf-8"
_ROBOTS = """User-agent: *
Allow: /
Disallow: /ajax/
Disallow: /apiservice@/
Disallow: /apicenter@/
Disallow: /widgets@/
Disallow: /preview_article/
Disallow: /administrator/
Disallow: /adsfw/
Disallow: /tag/
Disallow: /*.pdf$

Sitemap: https://laodongthudo.vn/sitemap.xml
"""
_INDEX = """<?xml version="1.0" encoding="UTF-8"?>
<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>{loc}</loc><lastmod>{now}</lastmod></sitemap>
</sitemapindex>
"""


def image_url(file: str, size: str) -> str:
    """Return a picture's address as the CMS stores it."""
    return f"{HOST}/stores/news_dataimages/2026/092026/14/06/{size}/{file}?rt=20260914061500"


def picture_url(file: str) -> str:
    """Return a body picture's real address, which lazy loading hides in `data-src`."""
    return image_url(file, "in_article")


def _address(story: Story, slug: str) -> str:
    return f"{HOST}/{slug}-{story.id}.html"


def load(session: Session) -> Site:
    """Return the site in a session."""
    return load_site("laodongthudo", session, _address)


def section_names(site: Site, story: Story) -> tuple[str, ...]:
    """Return the names of a story's sections, outermost first."""
    return _path_names(site.outlet.section(story.section))


def _path_names(section: Section) -> tuple[str, ...]:
    above = section.path.strip("/").split("/")[:-1]
    return (*(_PARENTS[part] for part in above), section.name)


def modified(story: Story) -> str | None:
    """Return the time of change that the page gives, if it gives one."""
    return story.modified.isoformat() if story.modified else None


def templates(site: Site) -> Environment:
    """Return the family's templates, their links made from the site's stories."""

    def anchor(number: int, words: str) -> str:
        url = site.get(number).url
        return f'<a href="{url}" title="Xem thêm tin về {words}">{words}</a>'

    env = environment(
        "mastercms", image_url=image_url, card_of=lambda number: site.get(number).card()
    )
    env.globals["menu"] = site.raw["menu"]
    env.filters["inline"] = partial(linked, anchor=anchor, blank="&nbsp;")
    env.filters["b64"] = lambda number: base64.b64encode(str(number).encode()).decode()
    return env


def _crumbs(section: Section) -> list[dict[str, str]]:
    parts = section.path.strip("/").split("/")
    return [{"name": "Trang chủ", "url": f"{HOST}/"}] + [
        {"name": name, "url": f"{HOST}/{'/'.join(parts[:depth])}"}
        for depth, name in enumerate(_path_names(section), start=1)
    ]


def _page(url: str, title: str, section: Section, **more: Any) -> dict[str, Any]:
    base = {
        "url": url,
        "title": title,
        "summary": title,
        "keywords": "lao động thủ đô, Hà Nội",
        "id": "list-page",
        "section_name": section.name,
        "section_path": section.path,
        "crumbs": _crumbs(section),
    }
    return base | more


def _headlines(site: Site) -> list[Card]:
    """Return cards of stories elsewhere on the site, which nobody has recorded."""
    return [
        Card(
            id=215_000 + number,
            title=row["title"],
            url=f"{HOST}/{slugify(row['title'])}-{215_000 + number}.html",
            image=f"tin-{number}.jpg",
            summary=f"(LĐTĐ) {row['sapo']}",
        )
        for number, row in enumerate(site.raw["headline"], start=1)
    ]


def furniture(site: Site, shown: Shown) -> dict[str, list[Card]]:
    """Return the cards around an article, by the box they stand in."""
    others, start = site.others(shown.story), shown.story.id % 4
    return {
        "interest": others[start : start + 2],
        "others": others[start + 2 : start + 4],
        "must_see": _headlines(site)[start : start + 2],
        "hot": others[:2],
    }


def furniture_titles(site: Site, shown: Shown) -> list[str]:
    """Return the words around and between an article's text that are none of it."""
    cards = [card for row in furniture(site, shown).values() for card in row]
    cards += [site.get(number).card() for part in shown.story.parts for number in part.ids]
    words = ["Có thể bạn quan tâm", "Nên xem", "Tin khác", "Xem thêm", "Phiên bản di động"]
    words += ["Bài trước đó", "Bài sau đó"]
    words += [] if shown.story.theme == "old" else ["Lượt xem", "Chia sẻ Zalo"]
    return list(dict.fromkeys([*words, *(card.title for card in cards)]))


def _missing(site: Site, env: Environment, url: str) -> str:
    page = _page(url, "Trang không tồn tại", site.outlet.sections[0], id="page-404")
    hot = site.others(None)[:3]
    return env.get_template("mastercms/missing.html.j2").render(page=page, hot=hot)


def _article(site: Site, env: Environment, shown: Shown) -> Iterator[Exchange]:
    story = shown.story
    page = _page(
        shown.url,
        story.title,
        site.outlet.section(story.section),
        id="detail-page",
        summary=summary(story),
        keywords=", ".join(story.tags),
        image=shown.card().image,
        views=site.views(story),
    )
    if story.answer == "gone":
        yield Exchange(shown.url, _missing(site, env, shown.url), 410)
    else:
        values = {"page": page, "story": story} | furniture(site, shown)
        body = env.get_template("mastercms/article.html.j2").render(values)
        yield Exchange(shown.url, body, packed=story.id % 3 == 0)
    if shown.old_url:
        yield Exchange(shown.old_url, status=301, extra=(("Location", shown.url),))


def _in(site: Site, section: Section) -> list[Shown]:
    return [shown for shown in site.shown if shown.story.section == section.slug]


def _section_pages(site: Site, env: Environment, section: Section) -> Iterator[Exchange]:
    """Yield a section's pages; the last lists nothing."""
    stories = _in(site, section)
    count = -(-len(stories) // _LISTED) + 1
    offsets = [(number + 1, number * _STEP) for number in range(count - 1)]
    for number in range(count):
        rows = stories[number * _LISTED : (number + 1) * _LISTED]
        cards = [site.listed(shown) for shown in rows]
        if number == 0:
            cards += site.special_cards(section)
        tail = f"&s_cond=&BRSR={number * _STEP}" if number else ""
        page = _page(HOST + section.path + tail, section.name, section, offset=number * _STEP)
        body = env.get_template("mastercms/section.html.j2").render(
            page=page, cards=cards, offsets=offsets, hot=site.others(None)[:3]
        )
        yield Exchange(page["url"], body, packed=True)


def _feed(site: Site, env: Environment, section: Section) -> Exchange:
    stories = _in(site, section)
    page = _page(HOST + section.path, section.name, section, built=site.now)
    cards = [shown.card() for shown in stories[:10]]
    body = env.get_template("mastercms/feed.xml.j2").render(page=page, cards=cards)
    changed = stories[0].story.published.astimezone(UTC)
    return Exchange(f"{HOST}{section.feed}", body, content_type=_XML, changed=changed)


def _sitemaps(site: Site, env: Environment) -> Iterator[Exchange]:
    name = f"{HOST}/sitemaparticles-site-1.xml"
    index = _INDEX.format(loc=name, now=site.now.isoformat())
    yield Exchange(f"{HOST}/sitemap.xml", index, content_type=_XML)
    body = env.get_template("mastercms/sitemap.xml.j2").render(cards=site.others(None))
    yield Exchange(name, body, content_type=_XML, packed=True)


def exchanges(site: Site) -> Iterator[Exchange]:
    """Yield everything the site answers in its session, in the order a crawl would ask."""
    env = templates(site)
    yield Exchange(f"{HOST}/robots.txt", _ROBOTS, content_type=TEXT)
    for section in site.outlet.sections:
        yield _feed(site, env, section)
        yield from _section_pages(site, env, section)
    yield from _sitemaps(site, env)
    for shown in site.asked():
        yield from _article(site, env, shown)
    for special, status in site.special_exchanges():
        yield Exchange(special.url, _missing(site, env, special.url), status)
