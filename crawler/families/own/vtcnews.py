"""VTC News, its own CMS (facts of December 2025; selectors from code that was checked live)."""

import re

from crawler.families.base import Family, Layout, Paging, other_pages

LAYOUT = Layout(
    name="vtcnews-2020",
    title=("h1",),
    sapo=("h2.font18.bold.inline-nb", "h2.inline-nb"),
    body=(".edittor-content",),
    author=(".author-make", ".author-make .name"),
    time=(".time-update", "time[datetime]"),
    tags=(".keylink a", ".tags a"),
    drop=(".box-related, .news-relate, .related-news",),  # headlines of other stories
)

FAMILY = Family(
    name="vtcnews",
    marks=("edittor-content",),
    article_url=re.compile(r"-ar(?P<id>\d+)\.html$"),
    others=other_pages(video_page=r"/video/", tag_page=r"/tag/", listing_page=r"/trang-\d+\.html"),
    paging=Paging(template="https://{host}{path}/trang-{page}.html", first=2),
    hosts=("vtcnews.vn",),
    layouts=(LAYOUT,),
)
