"""VOV, on Drupal (a page of July 2026 was read; older selectors from public code of 2025)."""

import re

from crawler.families.base import Family, Layout, Paging, other_pages

LAYOUT = Layout(
    name="vov-2020",
    title=("h1",),
    sapo=(".article-summary h2", ".article__sapo"),
    body=(
        ".article-content .text-long",
        ".text-long",
        "[itemprop=articleBody]",
        ".article-content",
    ),
    author=(".article-author a",),
    time=(".article-date > div:first-child",),
    section=(".article-breadcrumb a",),
    tags=(".article-tags a",),
    drop=("article.inner-article",),  # another story with its lead
)

FAMILY = Family(
    name="vov",
    marks=("text-long", "articleBody", "article-content"),
    article_url=re.compile(r"-post(?P<id>\d+)\.vov$"),
    others=other_pages(video_page=r"/video/", podcast_page=r"/podcast/", tag_page=r"/tags?/"),
    paging=Paging(template="https://{host}{path}?page={page}"),  # page=0 is the first
    hosts=("vov.vn", "vov.gov.vn"),
    layouts=(LAYOUT,),
)
