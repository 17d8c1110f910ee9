"""Fill the four families' local sites: feeds, listings, paging, sitemaps and day archives."""

import json
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from tests.support.family_sites import PAGE, FamilySite, Item
from tests.support.site import PARAGRAPHS, Answer, LocalSite, Route, feed, listing


def fill(local: LocalSite, site: FamilySite) -> None:
    """Add one family's site to the local server."""
    runs: list[None] = []

    def robots(_: dict[str, str]) -> Answer:
        runs.append(None)  # every crawl requests it once
        return Answer("User-agent: *\nAllow: /\n", kind="text/plain")

    local.routes[f"{site.host}/robots.txt"] = robots
    for item in (*site.fresh, *site.past, site.late):
        text = "".join(f"<p>{part.format(number=item.id)}</p>" for part in PARAGRAPHS)
        html = site.page(item.title, item.published.isoformat(), text)
        for url in (item.url, f"{item.url}?utm_source=trang-chu", site.twin(item)):
            local.routes[_at(url)] = Answer(html)
    moved = site.fresh[1]
    local.routes[_at(moved.old_url)] = Answer(status=301, headers={"Location": moved.url})

    def shown() -> list[Item]:
        return ([site.late] if len(runs) >= 3 else []) + site.fresh

    def feed_page(headers: dict[str, str]) -> Answer:
        if headers.get("if-none-match") == '"same"':
            return Answer(status=304, headers={"ETag": '"same"'})  # even if there is a new item
        rows = [
            (item.old_url if item.id == moved.id else item.url, item.title, _rss(item.published))
            for item in shown()[:PAGE]
        ]
        answer = feed(rows)
        return Answer(answer.body, kind=answer.kind, headers={"ETag": '"same"'})

    def section_page(_: dict[str, str]) -> Answer:
        rows = [
            site.twin(item) if n % 2 else f"{item.url}?utm_source=trang-chu"
            for n, item in enumerate(shown()[:PAGE])
        ]
        page = listing([*rows, f"{moved.url}#binh-luan"])
        assert isinstance(page.body, str)
        return Answer(page.body + '<input type="hidden" id="hdZoneId" value="1961014">')

    local.routes[f"{site.host}{site.feed}"] = feed_page
    local.routes[f"{site.host}{site.section}"] = section_page
    _PAGING[site.family](local, site, shown)
    _PAST[site.family](local, site)


def _at(url: str) -> str:
    return url.removeprefix("https://")


def _rss(moment: datetime) -> str:
    return f"{moment:%a, %d %b %Y %H:%M:%S} +07:00"


Shown = Callable[[], list[Item]]


def _page_of(shown: Shown, number: int) -> list[Item]:
    return shown()[(number - 1) * PAGE : number * PAGE]


def _epi_paging(local: LocalSite, site: FamilySite, shown: Shown) -> None:
    def page(number: int) -> Route:
        def answer(_: dict[str, str]) -> Answer:
            rows = [
                {"content_id": i.id, "title": i.title, "date": int(i.published.timestamp()),
                 "url": urlsplit(i.url).path}
                for i in _page_of(shown, number)
            ]  # fmt: skip
            return Answer(json.dumps({"data": {"contents": rows}}), kind="application/json")

        return answer

    for number in range(1, 9):
        address = f"api.{site.host}/api/morenews-zone-12-{number}.html?phrase="
        local.routes[address] = page(number)


def _master_paging(local: LocalSite, site: FamilySite, shown: Shown) -> None:
    def page(number: int) -> Route:
        # After the end the last page is repeated for ever.
        return lambda _: listing([i.url for i in _page_of(shown, min(number, 3))])

    for number in range(2, 40):
        offset = (number - 1) * PAGE
        local.routes[f"{site.host}{site.section}&s_cond=&BRSR={offset}"] = page(number)


def _onecms_paging(local: LocalSite, site: FamilySite, shown: Shown) -> None:
    def after(last: str) -> Route:
        def answer(_: dict[str, str]) -> Answer:
            ids = [item.id for item in shown()]
            begin = ids.index(last) + 1
            rows = [
                {"LinktoMe2": urlsplit(i.url).path, "TitleIcon16": i.title,
                 "TimeX2": f"{i.published:%d/%m/%Y %H:%M}"}
                for i in shown()[begin : begin + PAGE]
            ]  # fmt: skip
            return Answer(json.dumps(rows), kind="application/json")

        return answer

    for item in (site.late, *site.fresh):
        local.routes[f"{site.host}/api/getMoreArticle/24h_empty_{item.id}_0_0"] = after(item.id)


def _vccorp_paging(local: LocalSite, site: FamilySite, shown: Shown) -> None:
    def page(number: int) -> Route:
        return lambda _: Answer(
            "".join(f'<li><a href="{urlsplit(i.url).path}">Bài</a></li>'
                    for i in _page_of(shown, number)) or "<ul></ul>"
        )  # fmt: skip

    for number in range(1, 9):
        local.routes[f"{site.host}/timelinelist/1961014/{number}.htm"] = page(number)


def _urlset(items: list[Item]) -> Answer:
    rows = "".join(
        f"<url><loc>{i.url}</loc><lastmod>{i.published.isoformat()}</lastmod></url>" for i in items
    )
    return Answer(
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>',
        kind="text/xml",
    )


def _index(host: str, names: list[str]) -> Answer:
    rows = "".join(f"<sitemap><loc>https://{host}{name}</loc></sitemap>" for name in names)
    text = (
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</sitemapindex>'
    )
    return Answer(text, kind="text/xml")


def _epi_past(local: LocalSite, site: FamilySite) -> None:
    local.routes[f"{site.host}/sitemaps/news-2026-8.xml"] = _urlset(site.past)
    local.routes[f"{site.host}/sitemaps/news-2026-9.xml"] = _urlset(site.fresh)


def _onecms_past(local: LocalSite, site: FamilySite) -> None:
    names = ["/sitemap-article-08-2026.xml", "/sitemap-article-09-2026.xml", "/sitemap.xml"]
    local.routes[f"{site.host}/sitemap.xml"] = _index(site.host, names)  # it names itself
    local.routes[site.host + names[0]] = _urlset(site.past)
    local.routes[site.host + names[1]] = _urlset(site.fresh)


def _vccorp_past(local: LocalSite, site: FamilySite) -> None:
    shards = [(1, 5), (6, 10), (11, 15), (16, 20), (21, 25), (26, 31)]
    name = "/StaticSitemaps/sitemaps-2026-8-{}-{}.xml"
    names = [name.format(*days) for days in shards]
    local.routes[f"{site.host}/sitemap.xml"] = _index(site.host, names)
    for (first, last), path in zip(shards, names, strict=True):
        part = [i for i in site.past if first <= i.published.day <= last]
        local.routes[site.host + path] = _urlset(part)


def _master_past(local: LocalSite, site: FamilySite) -> None:
    for day in range(1, 32):
        part = [i.url for i in site.past if i.published.day == day]
        address = f"{site.host}{site.section}&fv=2026-08-{day:02}&s_cond=&BRSR="
        for offset in range(0, 60, PAGE):
            links = part[offset : offset + PAGE] or part[-PAGE:]
            local.routes[f"{address}{offset}"] = listing(links)


_PAGING = {
    "epi": _epi_paging,
    "mastercms": _master_paging,
    "onecms": _onecms_paging,
    "vccorp": _vccorp_paging,
}
_PAST = {
    "epi": _epi_past,
    "mastercms": _master_past,
    "onecms": _onecms_past,
    "vccorp": _vccorp_past,
}
