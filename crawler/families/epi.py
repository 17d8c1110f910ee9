"""ePi, the CMS of Tiền Phong, PLO, Nhân Dân and a dozen more (marks seen on real pages)."""

import re

from crawler.families.base import Family, Layout, Paging

LAYOUT = Layout(
    name="epi-2020",  # `cms-title`, `cms-desc` and `cms-body` have outlasted every theme since 2019
    title=("h1.article__title", "h1.cms-title", "h1"),
    sapo=(".article__sapo.cms-desc", ".cms-desc"),
    body=(".article__body.cms-body", ".cms-body", "[itemprop=articleBody]", "#abody"),
    author=(".article__header .cms-author", ".article__author .cms-author", ".cms-author"),
    time=(
        "meta[property='article:published_time']",
        "meta.cms-date[itemprop=datePublished]",
        ".article__header time[datetime]",
    ),
    section=("meta[property='article:section']", ".breadcrumbs h2.main a", ".breadcrumb h2.main a"),
    tags=(".article__tags a", ".article__tag a"),
    caption=("figcaption", ".fig em"),
    drop=(
        ".article-relate",
        ".related-topic",
        ".related-news",
        ".notebox.cms-note",
        ".article__meta",
        ".ads_middle",
        ".sda_middle",
        ".rennab",
        ".banner",
    ),
)

FAMILY = Family(
    name="epi",
    marks=("epicdn.me", "cmsConfig", "zce-content-body"),
    article_url=re.compile(r"-post(?P<id>\d+)\.(?:html|tpo|vnp|antd|amp)$"),
    not_article_url=re.compile(r"-tag\d+\.html|/rss|/topics?/"),
    layouts=(LAYOUT,),
    paging=Paging(
        template="https://api.{host}/api/morenews-zone-{zone}-{page}.html?phrase=",
        first=1,
        step=1,
        form="epi-json",
    ),
)
