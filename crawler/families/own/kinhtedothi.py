"""Kinh tế & Đô thị, its own CMS: three generations, from public code (no page was read)."""

import re
from datetime import date

from crawler.families.base import Family, Layout, other_pages

SPRING_2025 = Layout(
    name="kinhtedothi-2025",
    title=("h1.article-title", "h1"),
    sapo=(),
    body=("[itemprop=articleBody]",),
    time=("div.article-published-on",),
    valid_from=date(2025, 3, 1),  # the source says "spring": the earliest possible month
)
OF_2022 = Layout(
    name="kinhtedothi-2022",
    title=("h1",),
    sapo=(),
    body=("[itemprop=articleBody]",),
    author=("span.detail__author",),
    valid_from=date(2022, 1, 1),
    valid_to=date(2025, 6, 1),
)
OF_2020 = Layout(
    name="kinhtedothi-2020",
    title=("h1",),
    sapo=(),
    body=("#cotent_detail",),  # their spelling
    time=(".time_detail_news",),
    section=(".breadcump a",),
    tags=(".tag_detail a",),
    valid_to=date(2023, 1, 1),
)

FAMILY = Family(
    name="kinhtedothi",
    marks=("articleBody", "cotent_detail"),
    # Until 2025 without a number: the slug is the id.
    article_url=re.compile(
        r"kinhtedothi\.vn/(?:[^/]+\.(?=\d))?(?P<id>\d{5,7}|[a-z0-9]+(?:-[a-z0-9]+){3,})\.html$"
    ),
    others=other_pages(tag_page=r"/tags?/", video_page=r"/video/", topic_page=r"/chu-de/"),
    hosts=("kinhtedothi.vn",),
    layouts=(SPRING_2025, OF_2022, OF_2020),
)
