"""Local sites in the manner of four CMS families, with invented news.

Each has a feed whose ETag does not change with its content, a section page with AMP or mobile
variants and tracking parameters, a redirect from an old slug, its family's paging, and older
articles that only sitemaps (with MasterCMS: day archives) list.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from tests.support.site import slug

ZONE = timezone(timedelta(hours=7))
PAGE = 4  # links on a listing page
NOW = datetime(2026, 9, 14, 8, 0, tzinfo=ZONE)


@dataclass(frozen=True)
class Item:
    """One invented story. path: with "{slug}" and "{id}"."""

    id: str
    published: datetime
    host: str
    path: str

    @property
    def title(self) -> str:
        return f"Hang cay moi ben ho so {self.id[-4:]}"

    @property
    def url(self) -> str:
        return f"https://{self.host}{self.path.format(slug=slug(self.title), id=self.id)}"

    @property
    def old_url(self) -> str:
        return f"https://{self.host}{self.path.format(slug='ten-cu-cua-bai', id=self.id)}"


@dataclass(frozen=True)
class FamilySite:
    """What differs between the families' sites. twin: another URL of a story, used in listings.

    page: renders an article: (title, time, paragraphs) → HTML. toml: the outlet file without name,
    family and host.
    """

    family: str
    path: str
    toml: str
    section: str
    feed: str
    page: Callable[[str, str, str], str]
    id_of: Callable[[int], str]
    twin: Callable[[Item], str]

    @property
    def host(self) -> str:
        return f"bao{self.family}.vn"

    @property
    def slug(self) -> str:
        return f"bao{self.family}"

    def items(self, first: int, count: int, newest: datetime) -> list[Item]:
        return [
            Item(self.id_of(first - n), newest - timedelta(hours=7 * n), self.host, self.path)
            for n in range(count)
        ]

    @property
    def fresh(self) -> list[Item]:
        """The stories that listings show, newest first."""
        return self.items(5_600, 12, NOW)

    @property
    def late(self) -> Item:
        """The story that is published before the third crawl."""
        return self.items(5_601, 1, NOW + timedelta(hours=3))[0]

    @property
    def past(self) -> list[Item]:
        """August's stories, which only sitemaps or day archives list, newest first."""
        return self.items(4_400, 10, datetime(2026, 8, 31, 23, 30, tzinfo=ZONE))

    def outlet_file(self) -> str:
        domains = f'domains = [{{host = "{self.host}"}}]'
        return f'name = "Báo {self.family}"\nfamily = "{self.family}"\n{domains}\n{self.toml}'


def _html(head: str, body: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8">{head}</head>'
        f"<body>{body}</body></html>"
    )


def _meta(title: str, published: str) -> str:
    return (
        f'<title>{title}</title><meta property="og:title" content="{title}">'
        f'<meta property="article:published_time" content="{published}">'
    )


def _epi(title: str, published: str, text: str) -> str:
    head = _meta(title, published) + "<script>var cmsConfig={}</script>"
    return _html(
        head,
        f'<div class="article__header"><h1 class="article__title cms-title">{title}</h1></div>'
        f'<div class="article__sapo cms-desc">Người dân trồng thêm cây.</div>'
        f'<div class="article__body cms-body">{text}</div>',
    )


def _mastercms(title: str, published: str, text: str) -> str:
    return _html(
        _meta(title, published),
        f'<!-- MASTERCMS --><h1 class="article-detail-title">{title}</h1>'
        f'<div class="article-detail-desc">Người dân trồng thêm cây.</div>'
        f'<div class="__MASTERCMS_CONTENT">{text}</div>',
    )


def _onecms(title: str, published: str, text: str) -> str:
    data = {"@type": "NewsArticle", "headline": title, "datePublished": published}
    head = f'<script type="application/ld+json">{json.dumps(data)}</script><title>{title}</title>'
    return _html(
        head,
        f'<div class="c-news-detail"><div class="b-maincontent"><div class="entry">'
        f'<h1 class="block-sc-title">{title}</h1>{text}</div></div></div>',
    )


def _vccorp(title: str, published: str, text: str) -> str:
    return _html(
        _meta(title, published),
        f'<h1 data-role="title">{title}</h1><h2 data-role="sapo">Người dân trồng thêm cây.</h2>'
        f'<div data-role="content" itemprop="articleBody">{text}'
        '<div class="VCSortableInPreviewMode" type="RelatedOneNews">Tin khác</div></div>'
        '<input id="hdZoneId" value="1961014">',
    )


def _mobile(item: Item) -> str:
    return item.url.replace("https://", "https://m.")


SITES = (
    FamilySite(
        "epi",
        "/{slug}-post{id}.html",
        '[[sections]]\nslug = "doi-song"\nname = "Đời sống"\npath = "/doi-song/"\nzone = 12\n'
        'feed = "/rss/doi-song-12.rss"\n'
        '[sitemap]\nperiod = "month"\ntemplate = "/sitemaps/news-{year}-{month}.xml"\n',
        "/doi-song/",
        "/rss/doi-song-12.rss",
        _epi,
        lambda n: str(1_800_000 + n),
        lambda item: item.url.replace(".html", ".amp"),
    ),
    FamilySite(
        "mastercms",
        "/{slug}-{id}.html",
        f'page_size = {PAGE}\n[[sections]]\nslug = "doi-song"\nname = "Đời sống"\n'
        'path = "/doi-song"\nfeed = "/rss_feed/doi-song"\n',
        "/doi-song",
        "/rss_feed/doi-song",
        _mastercms,
        lambda n: str(200_000 + n),
        _mobile,
    ),
    FamilySite(
        "onecms",
        "/{slug}-{id}.html",
        '[paging]\ntemplate = "https://{host}/api/getMoreArticle/24h_empty_{last}_0_0"\n'
        'form = "onecms-json"\n'
        '[[sections]]\nslug = "doi-song"\nname = "Đời sống"\npath = "/doi-song"\n'
        'feed = "/rss/doi-song"\n[sitemap]\nperiod = "index"\ntemplate = "/sitemap.xml"\n',
        "/doi-song",
        "/rss/doi-song",
        _onecms,
        lambda n: str(700_000 + n),
        _mobile,
    ),
    FamilySite(
        "vccorp",
        "/{slug}-{id}.htm",
        '[[sections]]\nslug = "doi-song"\nname = "Đời sống"\npath = "/doi-song.htm"\n'
        'feed = "/rss/doi-song.rss"\n[sitemap]\nperiod = "index"\ntemplate = "/sitemap.xml"\n',
        "/doi-song.htm",
        "/rss/doi-song.rss",
        _vccorp,
        lambda n: f"1962609{n:010}",
        _mobile,
    ),
)
HOSTS = [f"{prefix}{site.host}" for site in SITES for prefix in ("", "m.", "api.")]
