"""Hà Nội Online (Đài Hà Nội): addresses and feeds are known, nobody has noted the markup."""

import re

from crawler.families.base import Family, other_pages

FAMILY = Family(
    name="hanoionline",
    marks=(),
    # `/amp/…` is a copy with the same id.
    article_url=re.compile(r"hanoionline\.vn/(?:amp/)?[^/]+-(?P<id>\d{5,7})\.htm$"),
    others=other_pages(
        video_page=r"/video/", podcast_page=r"/podcast/", tag_page=r"/tags?/", feed=r"/rss/"
    ),
    hosts=("hanoionline.vn",),
    layouts=(),
)
