"""VietNamNet, its own CMS (a page of March 2026 was read)."""

import re

from crawler.families.base import Family, Layout, Paging, other_pages

LAYOUT = Layout(
    name="vietnamnet-2022",
    title=("h1.content-detail-title", "h1"),
    sapo=(".content-detail-sapo",),
    body=(".maincontent.main-content", "#maincontent", ".maincontent", ".ArticleContent"),
    author=(
        ".article-detail-author__info .name",
        ".article-detail-author__main .name",
        ".article-detail-author__main",
        ".article-detail-author .name",
    ),
    time=(".publish-date", ".bread-crumb-detail__time"),
    section=(".bread-crumb-detail a",),
    tags=(".tag-cotnent a", ".tag-content a", ".tag__list a"),
    drop=(
        ".insert-wiki-content, .vnn-template-noneditable",  # boxes of other stories
        ".inner-article, .article-relate, .related-news",
        ".banner-advertisement, .vmcadszone",
        "[data-widget]",
    ),
)

FAMILY = Family(
    name="vietnamnet",
    marks=("vnncdn.net",),
    article_url=re.compile(r"vietnamnet\.vn/.*-(?P<id>\d{5,9})\.html$"),
    others=other_pages(
        listing_page=r"-page\d+|-p\d+\?",
        tag_page=r"-tag\d+",
        event_page=r"/su-kien/|/tuyen-bai/",
        video_page=r"/video/",
    ),
    paging=Paging(template="https://{host}{path}-page{page}"),  # page1 is the second
    hosts=("vietnamnet.vn",),
    layouts=(LAYOUT,),
)
