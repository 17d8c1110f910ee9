"""Dân trí, its own CMS: three generations, known from real pages or public code."""

import re
from datetime import date

from crawler.families.base import Family, Layout, Paging, other_pages

_DROP = (
    "aside",  # related stories, filled by a script
    ".dantri-widget",  # price tables and polls, filled by a script
    "[data-module=related-article-in-content], .article-business, .article-related",
    ".news-related, .article-care",
)

TAILWIND = Layout(
    name="dantri-2026",
    title=("h1[data-slot=title]", "h1"),
    sapo=("[data-slot=sapo]",),
    body=("[data-slot=content]", "#desktop-in-article"),
    author=("[data-slot=author]", "a[href*='/tac-gia/']"),
    time=("time[datetime]",),
    tags=("[data-slot=tags] a", ".tags-wrap a"),
    drop=_DROP,
)
SINGULAR = Layout(
    name="dantri-2021",
    title=("h1.title-page", "h1.e-magazine__title", "h1"),
    sapo=(".singular-sapo", ".e-magazine__sapo"),
    body=(".singular-content", ".e-magazine__body"),
    author=(".author-name", ".singular-author .author", ".e-magazine__meta strong"),
    time=("time.author-time", ".author-time", "time[datetime]"),
    section=(".breadcrumbs a", ".dt-breadcrumb a"),
    tags=(".tags-wrap a", ".tags a"),
    drop=_DROP,
    valid_to=date(2026, 3, 7),  # a page of that day has the next layout
)
FIRST = Layout(
    name="dantri-2015",
    title=("h1.dt-news__title", "h1"),
    sapo=(".dt-news__sapo",),
    body=(".dt-news__content",),
    author=(".dt-news__author",),
    time=(".dt-news__time",),
    drop=_DROP,
    valid_to=date(2022, 1, 1),
)

FAMILY = Family(
    name="dantri",
    marks=("dantri.com.vn",),
    article_url=re.compile(r"dantri\.com\.vn/.*-(?P<id>\d{15,20})\.htm$"),
    others=other_pages(
        video_page=r"/video/",
        tag_page=r"/tag/",
        listing_page=r"/trang-\d+\.htm",
        author_page=r"/tac-gia/",
        topic_page=r"/(?:su-kien|dong-su-kien|chu-de)/",
    ),
    paging=Paging(template="https://{host}{path}/trang-{page}.htm", first=2),
    hosts=("dantri.com.vn",),
    layouts=(TAILWIND, SINGULAR, FIRST),
)
