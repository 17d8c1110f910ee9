"""VnExpress, its own CMS (pages of 2019, 2025 and 2026 were read)."""

import re

from crawler.families.base import Family, Layout, Paging, other_pages

LAYOUT = Layout(
    name="vnexpress-2019",
    title=("h1.title-detail", "h1.title_news_detail", "h1.title-news", "h1"),
    sapo=("p.description", "h2.description", ".lead_post_detail"),
    body=("article.fck_detail", ".fck_detail", "#article_content"),
    author=(".author_mail strong", "p.author", ".author_top"),
    time=(".header-content .date", "span.date", ".time.left"),
    section=(".breadcrumb li a",),
    tags=(".tags h4 a", ".block_tag a"),
    caption=("p.Image", ".desc_cation", ".wrap_video p"),
    drop=(
        "#article-end ~ *",  # what follows the end mark
        ".box-tinlienquanv2, .box_tinlienquan, .list-news, .list_link",  # related headlines
        ".box_embed_video, .icon_blockvideo, .box-quiz, .box_brief_info",  # players, polls
        ".width_common.box-poll, [data-component-type=article_relate]",
        ".block-banner, .banner-ads",
    ),
)

FAMILY = Family(
    name="vnexpress",
    marks=("fck_detail",),
    article_url=re.compile(r"vnexpress\.net/.*-(?P<id>\d{6,8})\.html$"),
    others=other_pages(
        listing_page=r"-p\d+$|/category/",
        topic_page=r"/topic/",
        tag_page=r"/tag/",
        video_page=r"/video/|//video\.",
        podcast_page=r"/podcast/",
    ),
    paging=Paging(template="https://{host}{path}-p{page}", first=2),
    hosts=("vnexpress.net",),
    layouts=(LAYOUT,),
)
