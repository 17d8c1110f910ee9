"""Quân đội nhân dân, its own CMS (selectors from code checked in 2026; no page was read)."""

import re

from crawler.families.base import Family, Layout, other_pages

LAYOUT = Layout(
    name="qdnd-2020",
    title=("h1",),
    sapo=(".post-summary",),
    body=(".post-content",),
    author=(".author-top",),
    time=(".post-subinfo span",),
)

FAMILY = Family(
    name="qdnd",
    marks=("post-content",),
    # No extension: the URL ends with the id. The host has "www.", which stored URLs drop.
    article_url=re.compile(r"qdnd\.vn/[^?#]+-(?P<id>\d{6,7})/?$"),
    others=other_pages(video_page=r"/video/", tag_page=r"/tag/", author_page=r"/tac-gia/"),
    hosts=("qdnd.vn",),
    layouts=(LAYOUT,),
)
