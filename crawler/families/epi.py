"""ePi, the CMS of Tiền Phong, PLO, Nhân Dân and a dozen more (marks seen on real pages)."""

import re

from crawler.families.base import Family, Layout, Paging, other_pages

LAYOUT = Layout(
    name="epi-2020",  # `cms-title`, `cms-desc` and `cms-body` have outlasted every theme since 2019
    title=("h1.article__title", "h1.cms-title", "h1"),
    sapo=(".article__sapo.cms-desc", ".cms-desc"),
    body=(".article__body.cms-body", ".cms-body", "[itemprop=articleBody]", "#abody"),
    author=(
        ".article__header .cms-author",
        ".article__author .cms-author",
        ".cms-author",
        ".article__header .author",
    ),
    # Of some twenty <time> on a page, only the header's is the article's.
    time=("meta.cms-date[itemprop=datePublished]", ".article__header time"),
    section=(".breadcrumbs h2.main a", ".breadcrumb h2.main a"),
    tags=(".article__tags a", ".article__tag a"),
    caption=("figcaption", ".fig em"),
    # Not `a.cms-relate`: a link inside a sentence.
    drop=(
        ".article-relate, .related-topic, .related-news, div.cms-relate",  # other stories
        ".article__meta",  # byline and time, repeated at the end of the body
        ".ads_middle, .sda_middle, .rennab, .banner",  # advertising, with its scripts' text
    ),
)

_SHARED_BY = (
    "tienphong.vn", "anninhthudo.vn", "plo.vn", "sggp.org.vn", "nhandan.vn", "vietnamplus.vn",
    "cand.vn", "congluan.vn", "baolaocai.vn", "baohatinh.vn", "baogialai.com.vn",
    "tinnhanhchungkhoan.vn", "viettimes.vn", "ngaynay.vn", "giaoducthoidai.vn"
)  # fmt: skip

FAMILY = Family(
    name="epi",
    marks=("cms-body", "cmsConfig"),
    # AMP and share copies (og:url of PLO) have the same id.
    article_url=re.compile(r"(?:-post|/share)(?P<id>\d+)\.(?:html|tpo|vnp|antd|amp)$"),
    others=other_pages(
        tag_page=r"-tag\d+\.html",
        topic_page=r"/topics?/|-topic\d+\.html",
        feed=r"/rss[/.]",
    ),
    shared_by=_SHARED_BY,
    layouts=(LAYOUT,),
    zone=("button.control__loadmore[data-zone]", "data-zone"),
    paging=Paging(
        template="https://api.{site}/api/morenews-zone-{zone}-{page}.html?phrase=", form="epi-json"
    ),
)
