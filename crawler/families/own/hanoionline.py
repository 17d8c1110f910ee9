"""Hà Nội Online (Đài Hà Nội): its URLs and feeds are known, its markup is not."""

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
