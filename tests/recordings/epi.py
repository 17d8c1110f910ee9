"""Tiền Phong's site as one session finds it: feeds, sections, paging API, sitemaps, articles."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment

from crawler.outlets.model import Section
from tests.recordings.epi_pages import (
    HOST,
    MAIN,
    amp_url,
    article,
    image_url,
    missing,
    page_values,
    templates,
)
from tests.recordings.exchange import TEXT, Exchange
from tests.recordings.pages import Shown, Site

API = "https://api.tienphong.vn"
_API_SIZE = 8
_LISTED = 6  # a section page shows the newest; the rest is for the API's pages
_ROBOTS = """User-agent: *
Disallow: /search/
Disallow: /api/
Disallow: /tu-khoa/
Disallow: /*?utm_
Crawl-delay: 1

Sitemap: https://tienphong.vn/sitemap.xml
"""
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"


def _in(site: Site, section: Section) -> list[Shown]:
    """Return a section's stories, newest first; the main one holds those of its parts."""
    slugs = {section.slug}
    if section.slug == MAIN:
        slugs |= {other.slug for other in site.outlet.sections if other.slug.startswith("nstd-")}
    return [shown for shown in site.shown if shown.story.section in slugs]


def _newest(stories: list[Shown]) -> datetime:
    return stories[0].story.published.astimezone(UTC)


def _section_page(site: Site, env: Environment, section: Section) -> Exchange:
    stories = _in(site, section)
    cards = [site.listed(shown) for shown in stories[:_LISTED]]
    if site.first:
        cards += [shown.card(amp_url(shown.story)) for shown in stories if shown.story.amp]
    url = HOST + section.path
    body = env.get_template("epi/section.html.j2").render(
        page=page_values(url, f"{section.name} | Báo điện tử Tiền Phong", section),
        cards=cards + site.special_cards(section),
        hot=site.others(None)[:4],
    )
    return Exchange(url, body, packed=True, changed=_newest(stories))


def _feed(site: Site, env: Environment, section: Section) -> Exchange:
    stories = _in(site, section)
    cards = [
        shown.card(related=tuple(other.card() for other in stories[:2] if other != shown))
        for shown in stories[:10]
    ]
    page = page_values(HOST + section.path, section.name, section, built=site.now)
    body = env.get_template("epi/feed.xml.j2").render(page=page, cards=cards)
    kind = "application/rss+xml; charset=utf-8"
    return Exchange(f"{HOST}{section.feed}", body, content_type=kind, changed=_newest(stories))


def _row(shown: Shown, section: Section) -> dict[str, Any]:
    card = shown.card()
    return {
        "content_id": card.id,
        "title": card.title,
        "sub_title": "",
        "description": f"<p>{card.summary}</p>",
        "date": int(card.published.timestamp()),
        "update_time": int(card.modified.timestamp()),
        "url": card.url.removeprefix(HOST),
        "avatar_url": image_url(card.image, "340x191"),
        "zone": {"zone_id": section.zone, "name": section.name, "url": section.path},
    }


def _api_pages(site: Site, section: Section) -> Iterator[Exchange]:
    """Yield the paging API's pages; the last is empty, as the real one's is."""
    stories = _in(site, section)
    for number in range(1, -(-len(stories) // _API_SIZE) + 2):
        rows = stories[(number - 1) * _API_SIZE : number * _API_SIZE]
        contents = [_row(shown, section) for shown in rows]
        answer = {"error_code": 0, "error_message": "", "data": {"contents": contents}}
        yield Exchange(
            f"{API}/api/morenews-zone-{section.zone}-{number}.html?phrase=",
            json.dumps(answer, ensure_ascii=False),
            content_type="application/json; charset=utf-8",
            packed=True,
        )


def _sitemaps(site: Site, env: Environment) -> Iterator[Exchange]:
    months: dict[tuple[int, int], list[Shown]] = {}
    for shown in site.shown:
        day = shown.story.published
        months.setdefault((day.year, day.month), []).append(shown)
    names = {month: f"{HOST}/sitemaps/news-{month[0]}-{month[1]}.xml" for month in months}
    index = "\n".join(
        f"<sitemap><loc>{name}</loc><lastmod>{site.now.isoformat()}</lastmod></sitemap>"
        for name in names.values()
    )
    body = f'{_XML}<sitemapindex xmlns="{_SITEMAPS}">\n{index}\n</sitemapindex>\n'
    yield Exchange(f"{HOST}/sitemap.xml", body, content_type="application/xml")
    for month, stories in months.items():
        cards = [shown.card() for shown in stories]
        body = env.get_template("epi/sitemap.xml.j2").render(cards=cards)
        yield Exchange(names[month], body, content_type="application/xml", packed=True)


def exchanges(site: Site) -> Iterator[Exchange]:
    """Yield everything the site answers in its session, in the order a crawl would ask."""
    env = templates(site)
    yield Exchange(f"{HOST}/robots.txt", _ROBOTS, content_type=TEXT)
    yield Exchange(f"{API}/robots.txt", "404 page not found\n", 404, TEXT)
    for section in site.outlet.sections:
        yield _feed(site, env, section)
        yield _section_page(site, env, section)
        yield from _api_pages(site, section)
    yield from _sitemaps(site, env)
    for shown in site.asked():
        yield from article(site, env, shown)
    for special, status in site.special_exchanges():
        yield Exchange(special.url, missing(site, env, special.url), status)
