"""OneCMS ({site}.1cdn.vn), the CMS of Hànộimới, Báo Hải Phòng, Đại Đoàn Kết and others."""

import re
from datetime import date

from crawler.families.base import Family, Layout, Paging, other_pages

LONGFORM = Layout(
    name="onecms-2022",
    title=("h1.block-sc-title", "h1.sc-longform-header-title", "h1"),
    sapo=(".block-sc-sapo", ".sc-longform-header-sapo"),
    body=(".c-news-detail .b-maincontent .entry", ".b-maincontent .entry", ".b-maincontent"),
    author=(".block-sc-author", ".sc-longform-header-author", ".c-detail-head__author"),
    time=(".block-sc-publish-time", ".sc-longform-header-date"),
    section=(".block-sc-cate-name", "meta[name='article:section']"),
    tags=(".c-widget-tags a[href$='ptag.html']", ".c-widget-tags li a", ".c-widget-tags a"),
    drop=(
        ".sc-longform-header",  # title, byline and lead, repeated inside the body
        ".c-box",  # "Bài liên quan", "Đọc tiếp", share bar
        ".c-news-topmore",  # headlines of other stories
        ".c-widget-tags",
        ".c-main-banner, .oneads",  # advertising, with its scripts' text
        ".sc-empty-layer ~ *",  # what follows the editor's end mark
    ),
)

# Themes before 2022: the same class for the body, others for the head.
CLASSIC = Layout(
    name="onecms-2019",
    title=("h1.c-detail-head__title", "h1"),
    sapo=(".c-detail-head__sapo", ".b-maincontent .sapo"),
    body=(".b-maincontent",),
    author=(".c-detail-head__author",),
    time=(".c-detail-head__time",),
    tags=LONGFORM.tags,
    drop=LONGFORM.drop,
    valid_to=date(2023, 1, 1),
)

_SHARED_BY = (
    "hanoimoi.vn", "baohaiphong.vn", "baodanang.vn", "baonghean.vn", "baoquangnam.vn",
    "daidoanket.vn", "congly.vn", "nguoiquansat.vn", "daibieunhandan.vn"
)  # fmt: skip

FAMILY = Family(
    name="onecms",
    marks=("b-maincontent",),
    article_url=re.compile(r"^https?://[^/]+/[^/]+-(?P<id>\d{4,})\.html$"),
    others=other_pages(
        event_page=r"-event\d+\.html",
        tag_page=r"-ptag\.html",
        print_copy=r"/print/\d+\.html",
        listing_page=r"/trang-\d+$",
    ),
    paging=Paging(template="https://{host}{path}/trang-{page}", first=2),
    shared_by=_SHARED_BY,
    layouts=(LONGFORM, CLASSIC),
)
