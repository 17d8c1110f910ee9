"""VCCorp's CMS (mediacdn.vn, `data-role`): Tuổi Trẻ, Thanh Niên, NLĐ, Báo Chính phủ, CafeF, …"""

import re

from crawler.families.base import Family, Layout, Paging, other_pages

LAYOUT = Layout(
    name="vccorp-2022",
    title=("h1[data-role=title]", "h1.detail-title", "h1.title", "h1.kbwc-title", "h1"),
    sapo=("[data-role=sapo]", ".detail-sapo", ".knc-sapo"),
    body=(
        "[data-role=content][itemprop=articleBody]",
        ".detail-cmain [data-role=content]",
        "[data-role=content]",
        ".detail-content.afcbc-body",
        "#mainContent",
        ".knc-content",
        "#entry-body",
    ),
    author=(
        ".box-author-detail .name",  # all of them; the header names one "and 1 more"
        "[data-role=author]",
        ".author-info a.name",
        ".author-info a",
        ".detail-author",
        "p.author",
        ".kbwcm-author",
    ),
    time=("[data-role=publishdate]", ".detail-time", ".pdate", ".kbwcm-time"),
    section=("a[data-role=cate-name]", ".detail-cate a"),
    tags=(".detail-tab a.item", ".tagdetail a", ".detail-tag a", ".tags-item a", ".tags a"),
    caption=(".PhotoCMS_Caption",),
    credit=(".link-source-wrapper .link-source-text-name", ".link-source-name", ".kbwcm-source"),
    drop=(
        "[type=RelatedOneNews], [type=RelatedNewsBox]",  # headlines of other stories in the text
        ".kbwscwl-relatedbox, .kbwscwlrl, .knc-relate-wrapper, .detail__related",
        "#listNewsInContent, .tindnd",  # cafef's "TIN MỚI"
        ".readmore-body-box",  # "Đọc tiếp", "Về trang Chủ đề"
        ".link-source-wrapper",  # the credit, extracted separately
        ".VCObjectBoxRelatedNewsItemSapo",
        "[type=boxquiz], [type=BoxQuiz], [type=quizv2]",  # polls
        ".h-show-pc, .h-show-mobile",  # advertising per kind of screen
        ".detail-cover",
        "zone",  # slots of the advertising server
    ),
)

_SHARED_BY = (
    "tuoitre.vn", "thanhnien.vn", "nld.com.vn", "baochinhphu.vn", "vtv.vn", "kenh14.vn",
    "cafef.vn", "cafebiz.vn", "soha.vn", "genk.vn", "suckhoedoisong.vn", "hanoi.gov.vn"
)  # fmt: skip

FAMILY = Family(
    name="vccorp",
    marks=("VCSortableInPreviewMode", "hdZoneId"),
    article_url=re.compile(r"-(?P<id>\d{15,20})\.(?:htm|chn)$"),
    others=other_pages(
        listing_page=r"/timelinelist/|/timeline/|/trang-\d+\.(?:htm|chn)$",
        video_page=r"/video/|//video\.|/tv/|//tv\.",
        podcast_page=r"/podcasts?/|//podcast\.",
        tag_page=r"/tags?/",
        author_page=r"/tac-gia/",
        topic_page=r"/(?:chu-de|su-kien|dong-su-kien)/",
    ),
    shared_by=_SHARED_BY,
    layouts=(LAYOUT,),
    zone=("input#hdZoneId[value]", "value"),
    paging=Paging(template="https://{host}/timelinelist/{zone}/{page}.htm"),
)
