"""Lao Động, its own CMS (a listing was read; article selectors from code checked in 2026)."""

import re

from crawler.families.base import Family, Layout, Paging, other_pages

LAYOUT = Layout(
    name="laodong-2021",
    title=("article.article-detail h1.title", "h1.title", "h1"),
    sapo=(".chappeau",),
    body=(".art-body", "#gallery-ctt"),
    author=(".art-info .authors",),
    time=(".art-info .time",),
    section=(".breadcrums a",),
    drop=(".tin-lien-quan",),  # headlines of other stories
)

FAMILY = Family(
    name="laodong",
    marks=("art-body", "gallery-ctt"),
    article_url=re.compile(r"laodong\.vn/.*-(?P<id>\d{5,8})\.ldo$"),
    others=other_pages(
        event_page=r"/event/",
        video_page=r"/video(?:-[a-z-]+)?/",
        podcast_page=r"/podcast/",
        tag_page=r"/tags?/",
    ),
    paging=Paging(template="https://{host}{path}?page={page}", first=2),
    hosts=("laodong.vn",),
    layouts=(LAYOUT,),
)
