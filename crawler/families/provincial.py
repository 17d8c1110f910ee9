"""Provincial papers that share a few templates: Cần Thơ, An Giang, Quảng Ninh, Hưng Yên, …"""

import re

from crawler.families.base import Family, Layout, Paging, other_pages

LAYOUT = Layout(
    name="provincial-2018",
    title=("#colcate1 > h1", "h1.fw700", "h1.detail-title", "h1"),
    sapo=(".sapo", ".detail-sapo", "#content-detail .desc"),
    body=(
        "#newscontents .content-fck",
        ".content-fck",
        "#newscontents",
        "#content-detail .content-article",
        "#contentNews .singular-content",
        "#editor-detail",
    ),
    author=(".author", ".detail-author"),
    time=(".pubdate", ".detail-time", ".post-date", "time[datetime]"),
    section=(".titlecate a",),
    tags=(".block_tag a.tag_item", ".tags a"),
    drop=(
        "[class^=AMN_]",  # slots of the advertising server
        ".sharemxh, #linkshare",
        ".detail-related, .related-list",
    ),
)

FAMILY = Family(
    name="provincial",
    marks=("content-fck", "newscontents", "content-article", "editor-detail"),
    article_url=re.compile(r"-a(?P<id>\d+)\.html$"),
    others=other_pages(video_page=r"/video/", tag_page=r"/tags?/"),
    # Seen on a listing of Cần Thơ of 2026: `/thoi-su?p=2`.
    paging=Paging(template="https://{host}{path}?p={page}", first=2),
    shared_by=(
        "baocantho.com.vn",
        "baoangiang.com.vn",
        "baovinhlong.vn",
        "baoquangninh.vn",
        "baohungyen.vn",
    ),
    layouts=(LAYOUT,),
)
