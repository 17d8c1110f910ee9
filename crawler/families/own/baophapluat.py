"""Báo Pháp luật Việt Nam since it left ePi: its URLs are known, its markup is not."""

import re

from crawler.families.base import Family, other_pages

FAMILY = Family(
    name="baophapluat",
    marks=(),
    # No numbers: the slug is the id. Slugs of sections have fewer words.
    article_url=re.compile(r"baophapluat\.vn/(?P<id>[a-z0-9]+(?:-[a-z0-9]+){3,})\.html$"),
    others=other_pages(
        section_page=r"/chuyen-muc/", media_page=r"/media/", podcast_page=r"/podcasts/"
    ),
    hosts=("baophapluat.vn",),
    layouts=(),
)
