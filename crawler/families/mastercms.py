"""MasterCMS, the CMS of Lao Động Thủ Đô, Công Thương, Thời báo Ngân hàng and others."""

import re

from crawler.families.base import Family, Layout, Paging

LAYOUT = Layout(
    name="mastercms-2021",
    title=("h1.article-detail-title", "h1.detail-title", "h1.post-title", "h1"),
    sapo=(".article-detail-desc", ".article-desc", ".detail-sapo", ".post-desc", ".sabo"),
    body=(
        ".__MASTERCMS_CONTENT",
        ".__MASTERCMS_CONTENT_BODY",
        ".article-content",
        ".detail_info",
        ".post-content",
    ),
    author=("p.author", ".article-detail-author"),
    time=("meta[property='article:published_time']", ".datetime", ".article-date", ".bx-time"),
    section=("meta[property='article:section']", "#breadcrumb a"),
    tags=(".tags a[href$='.tag']", ".boxTags a"),
    caption=(
        "table.__mb_article_in_image tr:nth-child(2) td",
        "table.MASTERCMS_TPL_TABLE tr:nth-child(2) td",
    ),
    drop=("table.__MB_ARTICLE_A", ".article-detail-source", "iframe", ".fb-like", "input"),
)

FAMILY = Family(
    name="mastercms",
    marks=("MASTERCMS", "__MB_ARTICLE", "/stores/news_dataimages/"),
    article_url=re.compile(r"^https?://[^/]+/[^/?&]+-(?P<id>\d{4,7})\.html$"),
    not_article_url=re.compile(r"\.tag$|&s_cond|/search_enginer|apicenter@|widgets@|adsfw/"),
    layouts=(LAYOUT,),
    paging=Paging(
        template="https://{host}{path}&s_cond=&BRSR={page}", first=15, step=15, form="html"
    ),
)
