"""VOV, on Drupal (selectors from public code of 2025; no page was read)."""

import re

from crawler.families.base import Family, Layout, Paging, other_pages

LAYOUT = Layout(
    name="vov-2020",
    title=("h1",),
    sapo=(".article__sapo",),
    body=(".text-long", "[itemprop=articleBody]", ".article-content"),
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
