"""Znews (zing.vn until 2023), its own CMS (pages of 2025 were read)."""

import re

from crawler.families.base import Family, Layout, Paging, other_pages

LAYOUT = Layout(
    name="znews-2016",
    title=(".the-article-title", "h1"),
    sapo=(".the-article-summary",),
    body=(".the-article-body",),
    author=(".the-article-credit .author", ".the-article-author .author", ".the-article-credit"),
    time=(".the-article-publish",),
    section=(".the-article-category a",),
    tags=(".the-article-tags a",),
    caption=("td.pCaption", ".pCaption"),
    drop=(
        "table.article",  # a related story with its lead
        ".notebox",  # promotion of the outlet's book section
        ".inner-article, #innerarticle",  # headlines between paragraphs
        ".z-widget, .znews-banner, .the-article-related",
    ),
)

FAMILY = Family(
    name="znews",
    marks=("the-article-body",),
    article_url=re.compile(r"(?:znews|zing|zingnews)\.vn/.*-post(?P<id>\d+)\.html$"),
    others=other_pages(
        listing_page=r"/trang\d+\.html",
        video_page=r"/video-",
        series_page=r"/series/",
        topic_page=r"/tieu-diem",
    ),
    # The last page is 50; later ones repeat it.
    paging=Paging(template="https://{host}{path}/trang{page}.html", first=2),
    hosts=("znews.vn", "zingnews.vn", "zing.vn"),
    layouts=(LAYOUT,),
)
