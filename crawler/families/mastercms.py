"""MasterCMS, the CMS of Lao Động Thủ Đô, Công Thương, Thời báo Ngân hàng and others."""

import re

from crawler.families.base import Family, Layout, Paging, other_pages

LAYOUT = Layout(
    name="mastercms-2021",
    title=("h1.article-detail-title", "h1.detail-title", "h1.post-title", "h1"),
    sapo=(".article-detail-desc", ".article-desc", ".detail-sapo", ".post-desc", ".sabo"),
    body=(
        ".__MASTERCMS_CONTENT",
        ".__MASTERCMS_CONTENT_BODY",
        ".article-content",
        ".detail_info",
        ".post-content",
    ),
    author=("p.author", ".article-detail-author"),
    time=(
        ".datetime",
        ".article-detail-date",
        ".article-date",
        ".bx-time",
        ".content_detail .tool",
    ),
    section=("#breadcrumb a", ".breadcrumb a", ".bx-cat-link"),
    tags=(".tags a[href$='.tag']", ".boxTags a"),
    caption=(
        "table.__mb_article_in_image tr:nth-child(2) td",
        "table.MASTERCMS_TPL_TABLE tr:nth-child(2) td",
    ),
    credit=(".article-detail-source",),
    # Not `table.__MB_template_g`: a box that is part of the text.
    drop=(
        "table.__MB_ARTICLE_A",  # two related headlines at the start of the body
        ".article-detail-source",  # the credit, extracted separately
        ".__MB_ARTICLE_RELATED, .article-relate, .lst-news-relate",  # other stories
        ".fb-like, .__API_WIDGET",  # share button; comments' form
    ),
)

_SHARED_BY = (
    "laodongthudo.vn", "tuoitrethudo.vn", "phapluatxahoi.kinhtedothi.vn", "congthuong.vn",
    "baoquocte.vn", "thoibaonganhang.vn", "thoibaotaichinhvietnam.vn", "petrotimes.vn",
    "suckhoeviet.org.vn", "haiquanonline.com.vn"
)  # fmt: skip

FAMILY = Family(
    name="mastercms",
    marks=("MASTERCMS",),
    article_url=re.compile(r"^https?://[^/]+/[^/?&]+-(?P<id>\d{4,7})\.html$"),
    others=other_pages(
        tag_page=r"\.tag$",
        listing_page=r"&s_cond|&fv=",
        search_page=r"/search_enginer",
        print_copy=r"apicenter@/print_article",
        widget=r"apicenter@|widgets@|adsfw/",
        media_page=r"\.media$",  # a player or a row of pictures, without a text
    ),
    shared_by=_SHARED_BY,
    layouts=(LAYOUT,),
    paging=Paging(
        template="https://{host}{path}&s_cond=&BRSR={page}", first=15, step=15, form="html"
    ),
    # Seen on baoquocte only (2024); the first page's offset 0 is inferred.
    day_archive=Paging(
        template="https://{host}{path}&fv={day}&s_cond=&BRSR={page}", first=0, step=15, form="html"
    ),
)
